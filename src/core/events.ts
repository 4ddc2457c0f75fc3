/** What happens on a connection, as plain objects told apart by `type`. */
import { CloseCode } from "./closeCodes.ts";
import type { ProtocolError } from "./errors.ts";
import type { AgreedExtension } from "./extension.ts";

/** Server: a valid opening request came (RFC 6455 §4.2.1). Answer it with `accept` or `reject`. */
export interface ConnectionRequested {
  readonly type: "connectionRequested";
  /** The request-target as it came, such as `/chat?room=1`. */
  readonly target: string;
  /**
   * What `target` and `host` ask for, parsed, with the scheme `ws`, or what a target in absolute form has itself: `wss` for
   * `https`. Whether the transport is encrypted is not known here.
   */
  readonly url: URL;
  /** The authority of a target in absolute form, else the `Host` header (RFC 9112 §3.2.2). */
  readonly host: string;
  /** Who asks, where a browser asks (§10.2). `"null"` is an opaque origin. Check it: the protocol does not. */
  readonly origin: string | undefined;
  readonly headers: Headers;
  /** What the client offers, in its order of preference. */
  readonly subprotocols: readonly string[];
  /** The extensions that the client offers, in its order of preference. */
  readonly extensions: readonly AgreedExtension[];
}

/** Both sides: the connection is open (§4.1, §4.2.2). */
export interface ConnectionEstablished {
  readonly type: "connectionEstablished";
  readonly subprotocol: string | undefined;
  readonly extensions: readonly AgreedExtension[];
  /** Client: the server's response headers. Server: the ones it sent. Empty where there was no handshake. */
  readonly headers: Headers;
}

/** Client: the server answered with another status than 101 (§4.1). Its body follows as {@link RejectionData}. */
export interface ConnectionRejected {
  readonly type: "connectionRejected";
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
}

/** Client: a piece of the rejection's body. The last one has `finished`, and may be empty. */
export interface RejectionData {
  readonly type: "rejectionData";
  readonly data: Uint8Array<ArrayBuffer>;
  readonly finished: boolean;
}

/**
 * A piece of a text message, whole characters only. Pieces come as the bytes do; concatenated they are the message. Texts of
 * up to 1,000 bytes that came in one chunk may be parts of one string, of up to 2,096 characters, which whoever keeps one
 * of them keeps.
 */
export interface TextReceived {
  readonly type: "textReceived";
  readonly data: string;
  readonly frameFinished: boolean;
  readonly messageFinished: boolean;
}

/** A piece of a binary message. `data` may view the chunk that was given to `receiveBytes`: copy what is kept. */
export interface BytesReceived {
  readonly type: "bytesReceived";
  readonly data: Uint8Array<ArrayBuffer>;
  readonly frameFinished: boolean;
  readonly messageFinished: boolean;
}

/** The event of a piece, or of a whole message. */
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

/** A Ping came (§5.5.2). Its Pong is queued already, unless `autoPong` is off or `maxQueuedReplies` of them wait. */
export interface PingReceived {
  readonly type: "pingReceived";
  readonly payload: Uint8Array<ArrayBuffer>;
}

/** A Pong came (§5.5.3), asked for or not. */
export interface PongReceived {
  readonly type: "pongReceived";
  readonly payload: Uint8Array<ArrayBuffer>;
  /** For the answer to a keepalive ping: the time since it was sent, in milliseconds. */
  readonly roundTripMs?: number;
}

/** The body of a Close frame; an empty one has the code 1005 (§7.1.5). */
export interface CloseFrame {
  readonly code: number;
  readonly reason: string;
}

/** The end, exactly once and always last (§7.1). */
export interface ConnectionClosed {
  readonly type: "connectionClosed";
  /** The code of the peer's Close frame; 1005 if it had none, 1006 if no Close frame came (§7.1.5). */
  readonly code: number;
  readonly reason: string;
  /** Whether both Close frames were exchanged, and nothing failed. */
  readonly wasClean: boolean;
  /** Whose Close frame came first; absent if there was none at all. */
  readonly initiator?: "local" | "remote";
  /** The Close frame that this side sent. */
  readonly sent?: CloseFrame;
  /** The Close frame that the peer sent. */
  readonly received?: CloseFrame;
  /**
   * Why the connection failed, if it did. A `RemoteProtocolError` says what the peer did wrong. A `LocalProtocolError`
   * says that an extension or `random` has thrown; its `cause` is the thrown value, and its `closeCode` 1011.
   */
  readonly error?: ProtocolError;
}

/** The end, after these Close frames, if any were exchanged. */
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
