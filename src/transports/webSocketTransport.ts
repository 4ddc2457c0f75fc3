/** A byte transport over a WebSocket that there is already, which knows messages but no window and no half-close. */
import { advice, checkOptions, requireKind, type OptionTable } from "../core/options.ts";
import type { ByteTransport } from "./byteTransport.ts";
import { CarrierLink, type EndingCarrier } from "./carrierLink.ts";
import { controlProtocol, receiveMessage, textOf } from "./controlText.ts";
import { listenTo } from "./listeners.ts";
import { windowOf } from "./messageStreams.ts";

export type { ByteTransport } from "./byteTransport.ts";
export { TransportError, type TransportErrorCode } from "./transportError.ts";

/**
 * The subprotocol by which both ends are transports of this library: what they tell each other goes in text messages,
 * beside the bytes in binary ones. The client offers it, the server chooses it. Under any other, or none, the peer is a
 * plain one, which is sent bytes alone.
 */
export const webSocketProtocol: string = controlProtocol;

/** What there has to be of a WebSocket: the platform's, that of a server such as ws, or those of this library. */
export interface CarrierSocket {
  binaryType: string;
  readonly readyState: number;
  readonly protocol: string;
  readonly bufferedAmount: number;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code: number, reason?: string): void;
  // As the various declarations have it.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  addEventListener(type: string, listener: (event: any) => void): void;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  removeEventListener?(type: string, listener: (event: any) => void): void;
}

export interface WebSocketTransportOptions {
  /**
   * How much may wait unread, in bytes, each message counting 256 beside its own; at most one message lies beyond. The
   * other end is held at it. 2 MiB by default, at least 64 KiB: it bounds the speed to a window a round trip.
   */
  readonly windowBytes?: number;
  /**
   * The same where the peer is a plain one, which can't be held: beyond it the transport fails with `overflow`. 16 MiB
   * by default.
   */
  readonly maxUnreadBytes?: number;
  /** The largest message to send, in bytes, for peers and servers between that take less than 64 KiB, the default. */
  readonly maxMessageBytes?: number;
}

const table: OptionTable<WebSocketTransportOptions> = {
  windowBytes: "a number",
  maxUnreadBytes: "a number",
  maxMessageBytes: "a number",
};

/** `WebSocket.CONNECTING` and `WebSocket.OPEN`. */
const CONNECTING = 0;
const OPEN = 1;

/** The close codes of the stream's end (RFC 6455 §7.4.1), of its being given up, and of a Close frame without one. */
const ENDED = 1000;
const GIVEN_UP = 4000;
const NO_CODE = 1005;

/** How much of a reason a Close frame holds, in bytes of UTF-8 (RFC 6455 §5.5). */
const LONGEST_REASON = 123;

/** What the socket may hold unsent, in bytes. It would hold whatever it is given. */
const HIGH_WATER_BYTES = 2 * 1024 * 1024;

/** Where it is given more, in bytes: soon enough that the network never waits. */
const LOW_WATER_BYTES = 512 * 1024;

/** How often its `bufferedAmount` is looked at while there is any, in milliseconds, since no event tells of it. */
const POLL_MS = 4;

/**
 * Makes a byte transport of a WebSocket that is connecting or open: for a WebSocket, or any other stream of bytes, through
 * a WebSocket server that there is already. The socket is the transport's own from now on, and is closed with code 1000
 * when both directions have ended and all has been sent. Call it in the task in which the socket was made or came.
 *
 * With `webSocketProtocol` agreed on, a write waits while the other end has a window of unread bytes, and each direction
 * ends by itself: `close()` of the writer is the end at the other end, `abort(reason)` fails its reader with a
 * `TransportError` (`reset`), `cancel(reason)` its writer (`stopped`), which tell the reason if it is a string. A socket
 * that is closed without such a word fails both streams with `lost`.
 *
 * A plain peer's close with code 1000, or without one, is the end of both directions; with another it fails them with
 * `reset`, and a connection that breaks off with `lost`. `close()` of the writer closes the socket with code 1000 once all
 * has been sent, `abort(reason)` at once with code 4000 and the reason, and then nothing more is read, either. A plain
 * peer is not held by a reader that does not read: see `maxUnreadBytes`.
 *
 * A chunk is given away by writing it; read chunks are the reader's own. Fails with `neverOpened` if the socket closes
 * before it opens, with `badMessage` for text that is no control message of ours. `RangeError` for a size that is none.
 *
 * The control messages: `grant N`, so many more bytes of cost, where each message costs 256 beside its bytes and may be
 * sent while any of the credit is left, which begins with 65,536; `end`; `reset REASON`; `stop REASON`.
 */
export function webSocketTransport(socket: CarrierSocket, options: WebSocketTransportOptions = {}): ByteTransport {
  requireKind(
    "webSocketTransport() takes a WebSocket,",
    socket,
    "{ binaryType, readyState, bufferedAmount }",
    advice({
      charAt: "make one of the URL",
      searchParams: "make one of the URL",
      label: "use dataChannelTransport() of websocket-over/webrtc",
    }),
  );
  checkOptions("webSocketTransport()", options, table);
  const { maxMessageBytes = 64 * 1024 } = options;
  const window = windowOf(options.windowBytes ?? 2 * 1024 * 1024);
  const plainWindow = windowOf(options.maxUnreadBytes ?? 16 * 1024 * 1024);
  if (!(maxMessageBytes >= 1)) throw new RangeError(`maxMessageBytes is at least 1, not ${String(maxMessageBytes)}`);

  let poll: ReturnType<typeof setTimeout> | undefined;
  /** Whether this end has begun to close the socket. */
  let closing = false;
  const carrier: EndingCarrier = {
    name: "WebSocket",
    get hasRoom() {
      return socket.readyState === OPEN && socket.bufferedAmount < HIGH_WATER_BYTES;
    },
    get isDrained() {
      return socket.readyState !== CONNECTING && (link.isOurs === true || socket.bufferedAmount === 0);
    },
    send(bytes) {
      const message = bytes.subarray(0, maxMessageBytes);
      socket.send(message);
      watch();
      return message.length;
    },
    tell(control) {
      if (link.isOurs === true) {
        socket.send(textOf(control));
        watch();
      } else link.tellPlainly(control);
    },
    // The socket sends its buffered messages before the Close frame.
    shut: () => link.hangUp(),
    hangUp(reason) {
      closing = true;
      if (reason === undefined) socket.close(ENDED);
      else socket.close(GIVEN_UP, closeReason(reason));
    },
    release() {
      clearTimeout(poll);
      stopListening();
    },
  };
  const link = new CarrierLink(carrier, Math.max(window, plainWindow));

  function watch(): void {
    poll ??= setTimeout(() => {
      poll = undefined;
      const { bufferedAmount } = socket;
      if (bufferedAmount > 0) watch();
      if (bufferedAmount <= LOW_WATER_BYTES) link.wake();
    }, POLL_MS);
  }
  function open(): void {
    const ours = socket.protocol === webSocketProtocol;
    link.begin(ours ? window : plainWindow, ours);
    link.speak();
  }

  socket.binaryType = "arraybuffer";
  const stopListening = listenTo(socket, {
    open,
    message: ({ data }: { data: unknown }) => receiveMessage(link, data),
    error({ error }: { error?: unknown }) {
      if (error !== undefined) link.fault ??= { cause: error };
    },
    close({ code, reason, wasClean }: { code: number; reason: string; wasClean: boolean }) {
      const why = !wasClean ? "lost" : closing || code === ENDED || code === NO_CODE ? "stopped" : "reset";
      link.over(
        link.isOurs === undefined ? "neverOpened" : why,
        `, with code ${code}${reason === "" ? "" : `: ${reason}`}`,
      );
    },
  });
  if (socket.readyState === OPEN) open();
  else if (socket.readyState !== CONNECTING) link.over("neverOpened");
  return {
    ...link.transport,
    // The platform's copies what it is given to send; others may look at it until it is sent.
    copiesChunks: typeof WebSocket === "function" && socket instanceof WebSocket,
  };
}

/** As many whole characters as a Close frame holds. */
function closeReason(reason: string): string {
  const bytes = new Uint8Array(LONGEST_REASON);
  const { written } = new TextEncoder().encodeInto(reason, bytes);
  return new TextDecoder().decode(bytes.subarray(0, written));
}
