/**
 * An existing WebSocket as a byte transport: a tunnel through a WebSocket server that you have already.
 *
 * @module websocket-over/websocket-transport
 */
import { advice, checkOptions, requireKind, type OptionTable } from "../core/options.ts";
import type { ByteTransport } from "./byteTransport.ts";
import { CarrierLink, type EndingCarrier } from "./carrierLink.ts";
import { controlProtocol, receiveMessage, textOf } from "./controlText.ts";
import { listenTo } from "./listeners.ts";
import { windowOf, type Control } from "./messageStreams.ts";

export type { ByteTransport } from "./byteTransport.ts";
export { TransportError, type TransportErrorCode } from "./transportError.ts";

/**
 * The subprotocol by which both ends recognize this library's transports, so that each can pause the other and end one
 * direction. The client offers it, the server chooses it. With any other subprotocol, or none, the peer is a plain one
 * and is sent only bytes.
 *
 * @example
 * ```ts
 * import { pipe } from "websocket-over/pipe";
 * import { accept } from "websocket-over/stream";
 * import { webSocketOver } from "websocket-over/websocket";
 * import { webSocketProtocol } from "websocket-over/websocket-transport";
 *
 * const [near, far] = pipe();
 * void accept(far).then((request) => {
 *   const isOurs = request.subprotocols.includes(webSocketProtocol);
 *   return request.accept(isOurs ? { subprotocol: webSocketProtocol } : {});
 * });
 * const socket = webSocketOver(near, { protocols: webSocketProtocol });
 * socket.onopen = () => {
 *   console.log(socket.protocol === webSocketProtocol); // → true
 *   socket.close();
 * };
 * ```
 */
export const webSocketProtocol: string = controlProtocol;

/**
 * The part of a WebSocket that is used: the platform's, that of a server such as ws, or this library's.
 *
 * @see {@link webSocketTransport}
 */
export interface CarrierSocket {
  binaryType: string;
  readonly readyState: number;
  readonly protocol: string;
  readonly bufferedAmount: number;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code: number, reason?: string): void;
  // The event types of the sockets differ.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  addEventListener(type: string, listener: (event: any) => void): void;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  removeEventListener?(type: string, listener: (event: any) => void): void;
}

/** The options of {@link webSocketTransport}. */
export interface WebSocketTransportOptions {
  /**
   * How much may wait unread, in bytes. Each message counts 256 bytes more, and at most one message may exceed the
   * limit. The other end pauses there. 2 MiB by default, at least 64 KiB. Limits the speed to one window per round
   * trip.
   */
  readonly windowBytes?: number | undefined;
  /**
   * The same for a plain peer, which can't be paused: if more is unread, the transport fails with `overflow`. 16 MiB by
   * default.
   */
  readonly maxUnreadBytes?: number | undefined;
  /**
   * The largest message to send, in bytes; 64 KiB by default. Lower it if the peer or a server in between accepts less.
   */
  readonly maxMessageBytes?: number | undefined;
}

const table: OptionTable<WebSocketTransportOptions> = {
  windowBytes: "a number",
  maxUnreadBytes: "a number",
  maxMessageBytes: "a number",
};

/** `WebSocket.CONNECTING` and `WebSocket.OPEN`. */
const CONNECTING = 0;
const OPEN = 1;

/** The close codes for the stream's end (RFC 6455 §7.4.1), for an abort, and of a Close frame without a code. */
const ENDED = 1000;
const GIVEN_UP = 4000;
const NO_CODE = 1005;

/** The longest reason of a Close frame, in bytes of UTF-8 (RFC 6455 §5.5). */
const LONGEST_REASON = 123;

/** The most unsent bytes to leave in the socket, which itself has no limit. */
const HIGH_WATER_BYTES = 2 * 1024 * 1024;

/** Below this many bytes the socket gets more: early enough that the network never waits. */
const LOW_WATER_BYTES = 512 * 1024;

/** How often to check `bufferedAmount` while it is not 0, in milliseconds. No event reports it. */
const POLL_MS = 4;

/**
 * Makes a byte transport from a WebSocket that is connecting or open. Use it to carry a WebSocket, or any other byte
 * stream, through an existing WebSocket server. The transport owns the socket, and closes it with code 1000 when both
 * directions have ended and everything has been sent. Call it in the task in which the socket was created or arrived.
 *
 * With `webSocketProtocol` negotiated, a write waits while the other end has a window of unread bytes, and each
 * direction ends separately. `close()` of the writer ends the stream at the other end. `abort(reason)` fails the other
 * end's reader with a `TransportError` (`reset`), `cancel(reason)` its writer (`stopped`); both pass on a reason that
 * is a string. If the socket closes without an end message, both streams fail with `lost`.
 *
 * If a plain peer closes with code 1000, or without a code, both directions end. With another code they fail with
 * `reset`; if the connection breaks off, with `lost`. `close()` of the writer closes the socket with code 1000 once
 * everything has been sent. `abort(reason)` closes it at once with code 4000 and the reason; after either, nothing more
 * is read. A plain peer is not paused when you stop reading: see `maxUnreadBytes`.
 *
 * Writing a chunk gives it away; the reader owns the chunks that it reads. Fails with `neverOpened` if the socket
 * closes before it opens, and with `badMessage` for text that is not one of the control messages. Throws `RangeError`
 * if a size is invalid.
 *
 * @example
 * ```ts
 * import { accept, connect } from "websocket-over/stream";
 * import { webSocketPair } from "websocket-over/websocket";
 * import { webSocketProtocol, webSocketTransport } from "websocket-over/websocket-transport";
 *
 * const [client, server] = webSocketPair({ protocol: webSocketProtocol }); // or any WebSocket, and its server's end
 * server.accept();
 * void accept(webSocketTransport(server)).then(async (request) => (await request.accept()).send(`for ${request.target}`));
 * const session = await connect(webSocketTransport(client), { url: "ws://inside/terminal" });
 * console.log(await session.receive()); // → for /terminal
 * await session.close();
 * ```
 */
export function webSocketTransport(socket: CarrierSocket, options: WebSocketTransportOptions = {}): ByteTransport {
  requireKind(
    "webSocketTransport() takes a WebSocket,",
    socket,
    "{ binaryType, readyState, bufferedAmount }",
    advice({
      charAt: "make one with new WebSocket(url)",
      searchParams: "make one with new WebSocket(url)",
      label: "use dataChannelTransport() of websocket-over/webrtc",
    }),
  );
  checkOptions("webSocketTransport()", options, table);
  const { maxMessageBytes = 64 * 1024 } = options;
  const window = windowOf(options.windowBytes ?? 2 * 1024 * 1024);
  const plainWindow = windowOf(options.maxUnreadBytes ?? 16 * 1024 * 1024);
  if (!(maxMessageBytes >= 1))
    throw new RangeError(`maxMessageBytes must be at least 1, not ${String(maxMessageBytes)}`);

  return {
    ...new SocketCarrier(socket, { window, plainWindow, maxMessageBytes }).transport,
    // The platform's socket copies what it sends; others may read it until it is sent.
    copiesChunks: typeof WebSocket === "function" && socket instanceof WebSocket,
  };
}

interface SocketSizes {
  readonly window: number;
  /** The window of a plain peer. */
  readonly plainWindow: number;
  readonly maxMessageBytes: number;
}

class SocketCarrier implements EndingCarrier {
  readonly name = "WebSocket";
  readonly #socket: CarrierSocket;
  readonly #sizes: SocketSizes;
  readonly #link: CarrierLink;
  #poll: ReturnType<typeof setTimeout> | undefined;
  /** Whether this end has started to close the socket. */
  #closing = false;
  readonly #stopListening: () => void;

  constructor(socket: CarrierSocket, sizes: SocketSizes) {
    this.#socket = socket;
    this.#sizes = sizes;
    this.#link = new CarrierLink(this, Math.max(sizes.window, sizes.plainWindow));
    socket.binaryType = "arraybuffer";
    this.#stopListening = listenTo(socket, {
      open: () => this.#open(),
      message: ({ data }: { data: unknown }) => receiveMessage(this.#link, data),
      error: ({ error }: { error?: unknown }) => {
        if (error !== undefined) this.#link.fault ??= { cause: error };
      },
      close: (event: CarrierClose) => this.#over(event),
    });
    if (socket.readyState === OPEN) this.#open();
    else if (socket.readyState !== CONNECTING) this.#link.over("neverOpened");
  }

  get transport(): ByteTransport {
    return this.#link.transport;
  }

  get hasRoom(): boolean {
    return this.#socket.readyState === OPEN && this.#socket.bufferedAmount < HIGH_WATER_BYTES;
  }

  get isDrained(): boolean {
    const { readyState, bufferedAmount } = this.#socket;
    return readyState !== CONNECTING && (this.#link.isOurs === true || bufferedAmount === 0);
  }

  send(bytes: Uint8Array<ArrayBuffer>): number {
    const message = bytes.subarray(0, this.#sizes.maxMessageBytes);
    this.#socket.send(message);
    this.#watch();
    return message.length;
  }

  tell(control: Control): void {
    if (this.#link.isOurs === true) {
      if (this.#socket.readyState !== OPEN) return; // it would only count in `bufferedAmount`, for ever
      this.#socket.send(textOf(control));
      this.#watch();
    } else this.#link.tellPlainly(control);
  }

  shut(): void {
    this.#link.hangUp(); // the socket sends its buffered messages before the Close frame
  }

  hangUp(reason?: string): void {
    this.#closing = true;
    if (reason === undefined) this.#socket.close(ENDED);
    else this.#socket.close(GIVEN_UP, closeReason(reason));
  }

  release(): void {
    clearTimeout(this.#poll);
    this.#stopListening();
  }

  #watch(): void {
    this.#poll ??= setTimeout(() => {
      this.#poll = undefined;
      const { bufferedAmount, readyState } = this.#socket;
      if (readyState !== OPEN) return; // the `close` event is to come
      if (bufferedAmount > 0) this.#watch();
      if (bufferedAmount <= LOW_WATER_BYTES) this.#link.wake();
    }, POLL_MS);
  }

  #open(): void {
    const ours = this.#socket.protocol === webSocketProtocol;
    this.#link.begin(ours ? this.#sizes.window : this.#sizes.plainWindow, ours);
    this.#link.speak();
  }

  #over({ code, reason, wasClean }: CarrierClose): void {
    const why = !wasClean ? "lost" : this.#closing || code === ENDED || code === NO_CODE ? "stopped" : "reset";
    this.#link.over(
      this.#link.isOurs === undefined ? "neverOpened" : why,
      `, with code ${code}${reason === "" ? "" : `: ${reason}`}`,
    );
  }
}

type CarrierClose = Pick<CloseEvent, "code" | "reason" | "wasClean">;

/** Cuts the reason to the whole characters that fit in a Close frame. */
function closeReason(reason: string): string {
  const bytes = new Uint8Array(LONGEST_REASON);
  const { written } = new TextEncoder().encodeInto(reason, bytes);
  return new TextDecoder().decode(bytes.subarray(0, written));
}
