/** The events of a connection: plain objects, distinguished by `type`. */
import { CloseCode } from "./closeCodes.ts";
import type { ProtocolError } from "./errors.ts";
import type { AgreedExtension } from "./extension.ts";

/**
 * Server: a valid opening request has arrived (RFC 6455 §4.2.1). Answer it with `accept` or `reject`.
 *
 * @see {@link WSEvent}
 */
export interface ConnectionRequested {
  readonly type: "connectionRequested";
  /** The request-target as received, such as `/chat?room=1`. */
  readonly target: string;
  /**
   * The URL of the request, built from `target` and `host`. The scheme is `ws`, unless a target in absolute form names
   * another: `https` becomes `wss`. The connection does not know whether the transport is encrypted.
   */
  readonly url: URL;
  /** The authority of a target in absolute form, otherwise the `Host` header (RFC 9112 §3.2.2). */
  readonly host: string;
  /** The origin of the page, if a browser asks (§10.2); `"null"` if opaque. Check it: the connection does not. */
  readonly origin: string | undefined;
  readonly headers: Headers;
  /** The subprotocols that the client offers, in its order of preference. */
  readonly subprotocols: readonly string[];
  /** The extensions that the client offers, in its order of preference. */
  readonly extensions: readonly AgreedExtension[];
}

/**
 * Both sides: the connection is open (§4.1, §4.2.2).
 *
 * @see {@link WSEvent}
 */
export interface ConnectionEstablished {
  readonly type: "connectionEstablished";
  readonly subprotocol: string | undefined;
  readonly extensions: readonly AgreedExtension[];
  /**
   * Client: the server's response headers. Server: the response headers that it sent. Empty if there was no handshake.
   */
  readonly headers: Headers;
}

/**
 * Client: the server answered with a status other than 101 (§4.1). Its body follows as {@link RejectionData}.
 *
 * @see {@link WSEvent}
 */
export interface ConnectionRejected {
  readonly type: "connectionRejected";
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
}

/**
 * Client: a piece of the rejection's body. The last piece has `finished` set, and may be empty.
 *
 * @see {@link WSEvent}
 */
export interface RejectionData {
  readonly type: "rejectionData";
  readonly data: Uint8Array<ArrayBuffer>;
  readonly finished: boolean;
}

/**
 * A piece of a text message, in whole characters. Pieces arrive as the bytes do; join them to get the message. Texts of
 * up to 1,000 bytes that arrived in one chunk may be slices of one string of up to 2,096 characters. Keeping one of
 * them then keeps the whole string in memory.
 *
 * @see {@link WSEvent}
 */
export interface TextReceived {
  readonly type: "textReceived";
  readonly data: string;
  readonly frameFinished: boolean;
  readonly messageFinished: boolean;
}

/**
 * A piece of a binary message. `data` may view the chunk passed to `receiveBytes`: copy it if you keep it.
 *
 * @see {@link WSEvent}
 */
export interface BytesReceived {
  readonly type: "bytesReceived";
  readonly data: Uint8Array<ArrayBuffer>;
  readonly frameFinished: boolean;
  readonly messageFinished: boolean;
}

/** Creates the event for a piece, or for a whole message. */
export function textReceived(
  data: string,
  frameFinished = true,
  messageFinished: boolean = frameFinished,
): TextReceived {
  return { type: "textReceived", data, frameFinished, messageFinished };
}

export function bytesReceived(
  data: Uint8Array<ArrayBuffer>,
  frameFinished = true,
  messageFinished: boolean = frameFinished,
): BytesReceived {
  return { type: "bytesReceived", data, frameFinished, messageFinished };
}

/**
 * A Ping has arrived (§5.5.2). Its Pong is queued, unless `autoPong` is off or `maxQueuedReplies` are waiting.
 *
 * @see {@link WSEvent}
 */
export interface PingReceived {
  readonly type: "pingReceived";
  readonly payload: Uint8Array<ArrayBuffer>;
}

/**
 * A Pong has arrived (§5.5.3), solicited or not.
 *
 * @see {@link WSEvent}
 */
export interface PongReceived {
  readonly type: "pongReceived";
  readonly payload: Uint8Array<ArrayBuffer>;
  /** Set if this answers a keepalive ping: the time since the ping was sent, in milliseconds. */
  readonly roundTripMs?: number;
}

/**
 * The body of a Close frame. An empty body has the code 1005 (§7.1.5).
 *
 * @see {@link WSEvent}
 */
export interface CloseFrame {
  readonly code: number;
  readonly reason: string;
}

/**
 * The connection has ended. Emitted exactly once, always last (§7.1).
 *
 * @see {@link WSEvent}
 */
export interface ConnectionClosed {
  readonly type: "connectionClosed";
  /** The code of the peer's Close frame: 1005 if the frame had none, 1006 if no Close frame arrived (§7.1.5). */
  readonly code: number;
  readonly reason: string;
  /** Whether both Close frames were exchanged and nothing failed. */
  readonly wasClean: boolean;
  /** Which side's Close frame came first; absent if there was none. */
  readonly initiator?: "local" | "remote";
  /** The Close frame that this side sent. */
  readonly sent?: CloseFrame;
  /** The Close frame that the peer sent. */
  readonly received?: CloseFrame;
  /**
   * Why the connection failed, if it did. A `RemoteProtocolError` says what the peer did wrong. A `LocalProtocolError`
   * says that an extension or `random` threw; its `cause` is the thrown value, its `closeCode` is 1011.
   */
  readonly error?: ProtocolError;
}

/** Creates the last event, from the Close frames that were exchanged. */
export function connectionClosed(
  error?: ProtocolError,
  initiator?: "local" | "remote",
  sent?: CloseFrame,
  received?: CloseFrame,
): ConnectionClosed {
  return {
    type: "connectionClosed",
    code: received?.code ?? CloseCode.ABNORMAL_CLOSURE,
    reason: received?.reason ?? "",
    wasClean: received !== undefined && error === undefined,
    ...(initiator && { initiator }),
    ...(sent && { sent }),
    ...(received && { received }),
    ...(error && { error }),
  };
}

/**
 * What `events()` of a {@link WSConnection} yields: plain objects that differ in `type`. They can be cloned to a worker.
 *
 * @example
 * ```ts
 * import { WSConnection, type WSEvent } from "websocket-over";
 *
 * function tell(event: WSEvent): void {
 *   if (event.type === "textReceived") console.log("text:", event.data); // → text: hello
 *   else if (event.type === "connectionClosed") console.log("closed:", event.code, event.wasClean); // → closed: 1000 true
 * }
 * const client = new WSConnection("client", { handshake: "none" });
 * const server = new WSConnection("server", { handshake: "none" });
 * client.sendData("hello");
 * client.close(1000);
 * server.receiveBytes(client.bytesToSend());
 * for (const event of server.events()) tell(event);
 * ```
 */
export type WSEvent =
  | ConnectionRequested
  | ConnectionEstablished
  | ConnectionRejected
  | RejectionData
  | TextReceived
  | BytesReceived
  | PingReceived
  | PongReceived
  | ConnectionClosed;
