/** A byte transport over a WebSocket that there is already, which knows messages but no window and no half-close. */
import type { ByteTransport } from "./byteTransport.ts";
import { controlOf, controlProtocol, textOf } from "./controlText.ts";
import { INITIAL_CREDIT, isBuffer, MessageStreams, type Carrier, type Control } from "./messageStreams.ts";
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
  const { windowBytes = 2 * 1024 * 1024, maxUnreadBytes = 16 * 1024 * 1024, maxMessageBytes = 64 * 1024 } = options;
  for (const unread of [windowBytes, maxUnreadBytes]) {
    if (unread >= INITIAL_CREDIT) continue;
    throw new RangeError(`what may wait unread is at least ${INITIAL_CREDIT} bytes, not ${String(unread)}`);
  }
  if (!(maxMessageBytes >= 1)) throw new RangeError(`maxMessageBytes is at least 1, not ${String(maxMessageBytes)}`);

  let settle!: () => void;
  const closed = new Promise<void>((resolve) => (settle = resolve));
  /** Known once the socket is open. */
  let ours: boolean | undefined;
  /** What is to be told then. */
  const untold: Control[] = [];
  let shut = false;
  let poll: ReturnType<typeof setTimeout> | undefined;
  let fault: unknown;

  const carrier: Carrier = {
    get hasRoom() {
      return socket.readyState === OPEN && !shut && socket.bufferedAmount < HIGH_WATER_BYTES;
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
      if (ours === undefined) untold.push(control);
      else if (ours) {
        if (socket.readyState !== OPEN) return;
        socket.send(textOf(control));
        watch();
      } else if (control.type === "end") carrier.shut();
      else if (control.type === "reset") {
        shut = true;
        socket.close(GIVEN_UP, closeReason(control.reason));
      }
    },
    shut() {
      if (shut) return;
      shut = true;
      if (socket.readyState === CONNECTING || carrier.isDrained) socket.close(ENDED);
      else watch();
    },
  };
  const streams = new MessageStreams(carrier, Math.max(windowBytes, maxUnreadBytes));

  function watch(): void {
    poll ??= setTimeout(() => {
      poll = undefined;
      const { bufferedAmount, readyState } = socket;
      if (readyState !== OPEN) return; // the event `close` is to come
      if (bufferedAmount > 0) watch();
      else if (shut) socket.close(ENDED);
      if (bufferedAmount <= LOW_WATER_BYTES) streams.wake();
    }, POLL_MS);
  }
  function open(): void {
    ours = socket.protocol === webSocketProtocol;
    streams.begin(ours ? windowBytes : maxUnreadBytes, { credits: ours });
    for (const control of untold.splice(0)) carrier.tell(control);
  }
  const bad = (what: string): void => streams.refuse(new TransportError("badMessage", what));

  socket.binaryType = "arraybuffer";
  socket.addEventListener("message", ({ data }: { data: unknown }) => {
    if (typeof data === "string") {
      const control = ours === true ? controlOf(data) : undefined;
      if (control !== undefined) streams.obey(control);
      else bad(`text came on a WebSocket that carries bytes: ${JSON.stringify(data.slice(0, 32))}`);
    } else if (!isBuffer(data)) bad("binaryType was changed");
    else if (data.byteLength > 0) streams.receive(new Uint8Array(data));
  });
  socket.addEventListener("error", ({ error }: { error?: unknown }) => void (fault ??= error));
  socket.addEventListener(
    "close",
    ({ code, reason, wasClean }: { code: number; reason: string; wasClean: boolean }) => {
      clearTimeout(poll);
      const how = `with code ${code}${reason === "" ? "" : `: ${reason}`}`;
      const because = fault === undefined ? {} : { cause: fault };
      if (ours === undefined) {
        streams.fail(new TransportError("neverOpened", `the WebSocket closed before it opened, ${how}`, because));
      } else if (ours || !wasClean) {
        streams.fail(new TransportError("lost", `the WebSocket closed without the stream's end, ${how}`, because));
      } else if (shut || code === ENDED || code === NO_CODE) {
        streams.end(new TransportError("stopped", "the other end closed the WebSocket"));
      } else streams.fail(new TransportError("reset", `the other end closed the WebSocket ${how}`));
      settle();
    },
  );
  if (socket.readyState === OPEN) open();
  else if (socket.readyState === CONNECTING) socket.addEventListener("open", open);
  else {
    streams.fail(new TransportError("neverOpened", "the WebSocket was closed already"));
    settle();
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
