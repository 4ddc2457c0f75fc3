/** A byte transport over a WebSocket that there is already, which knows messages but no window and no half-close. */
import { advice, checkOptions, requireKind, type OptionTable } from "../core/options.ts";
import type { ByteTransport } from "./byteTransport.ts";
import { controlOf, controlProtocol, textOf } from "./controlText.ts";
import { listenTo } from "./listeners.ts";
import { isBuffer, MessageStreams, windowOf, type Carrier } from "./messageStreams.ts";
import { TransportError } from "./transportError.ts";

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

  let settle!: () => void;
  const closed = new Promise<void>((resolve) => (settle = resolve));
  /** Known once the socket is open. */
  let ours: boolean | undefined;
  /** Close the socket of a plain peer once everything has been sent. */
  let ending = false;
  let closing = false;
  let poll: ReturnType<typeof setTimeout> | undefined;
  let fault: unknown;

  const carrier: Carrier = {
    get hasRoom() {
      return socket.readyState === OPEN && !ending && !closing && socket.bufferedAmount < HIGH_WATER_BYTES;
    },
    get isDrained() {
      return socket.readyState !== CONNECTING && (ours === true || socket.bufferedAmount === 0);
    },
    send(bytes) {
      const message = bytes.subarray(0, maxMessageBytes);
      socket.send(message);
      watch();
      return message.length;
    },
    tell(control) {
      if (ours === true) {
        if (socket.readyState !== OPEN) return;
        socket.send(textOf(control));
        watch();
      } else if (control.type === "end") {
        ending = true;
        if (carrier.isDrained) close(ENDED);
        else watch();
      } else if (control.type === "reset") close(GIVEN_UP, closeReason(control.reason));
    },
    // The socket sends its buffered messages before the Close frame.
    shut: () => close(ENDED),
  };
  const streams = new MessageStreams(carrier, Math.max(window, plainWindow));

  /** The `close` event follows, unless the socket throws. */
  function close(code: number, reason?: string): void {
    if (closing) return;
    closing = true;
    try {
      socket.close(code, reason);
    } catch (error) {
      over();
      streams.fail(new TransportError("lost", "the WebSocket can't be closed", { cause: error }));
    }
  }
  function over(): void {
    clearTimeout(poll);
    stopListening();
    settle();
  }
  function watch(): void {
    poll ??= setTimeout(() => {
      poll = undefined;
      const { bufferedAmount, readyState } = socket;
      if (readyState !== OPEN) return; // the event `close` is to come
      if (bufferedAmount > 0) watch();
      else if (ending) close(ENDED);
      if (bufferedAmount <= LOW_WATER_BYTES) streams.wake();
    }, POLL_MS);
  }
  function open(): void {
    ours = socket.protocol === webSocketProtocol;
    streams.begin(ours ? window : plainWindow, { credits: ours });
    streams.speak();
  }
  const bad = (what: string): void => streams.refuse(new TransportError("badMessage", what));

  socket.binaryType = "arraybuffer";
  const stopListening = listenTo(socket, {
    open,
    message({ data }: { data: unknown }) {
      if (typeof data === "string") {
        const control = ours === true ? controlOf(data) : undefined;
        if (control !== undefined) streams.obey(control);
        else bad(`text came on a WebSocket that carries bytes: ${JSON.stringify(data.slice(0, 32))}`);
      } else if (!isBuffer(data)) bad("binaryType was changed");
      else if (data.byteLength > 0) streams.receive(new Uint8Array(data));
    },
    error: ({ error }: { error?: unknown }) => void (fault ??= error),
    close({ code, reason, wasClean }: { code: number; reason: string; wasClean: boolean }) {
      over();
      const how = `with code ${code}${reason === "" ? "" : `: ${reason}`}`;
      const because = fault === undefined ? {} : { cause: fault };
      if (ours === undefined) {
        streams.fail(new TransportError("neverOpened", `the WebSocket closed before it opened, ${how}`, because));
      } else if (ours || !wasClean) {
        streams.fail(new TransportError("lost", `the WebSocket closed without the stream's end, ${how}`, because));
      } else if (closing || code === ENDED || code === NO_CODE) {
        streams.end(new TransportError("stopped", "the other end closed the WebSocket"));
      } else streams.fail(new TransportError("reset", `the other end closed the WebSocket ${how}`));
    },
  });
  if (socket.readyState === OPEN) open();
  else if (socket.readyState !== CONNECTING) {
    over();
    streams.fail(new TransportError("neverOpened", "the WebSocket was closed already"));
  }
  return {
    readable: streams.readable,
    writable: streams.writable,
    // The platform's copies what it is given to send; others may look at it until it is sent.
    copiesChunks: typeof WebSocket === "function" && socket instanceof WebSocket,
    closed,
    close: () => streams.close(),
  };
}

/** As many whole characters as a Close frame holds. */
function closeReason(reason: string): string {
  const bytes = new Uint8Array(LONGEST_REASON);
  const { written } = new TextEncoder().encodeInto(reason, bytes);
  return new TextDecoder().decode(bytes.subarray(0, written));
}
