/**
 * Message ports to workers, frames and other pages as byte transports. Buffers are transferred, not copied.
 *
 * @module websocket-over/messageport
 */
import { copyOf } from "../core/bytes.ts";
import { advice, checkOptions, requireKind, type OptionTable } from "../core/options.ts";
import type { ByteTransport } from "./byteTransport.ts";
import { ignore } from "./ignore.ts";
import { listenTo } from "./listeners.ts";
import { isBuffer, MessageStreams, windowOf, type Control, type MessageCarrier } from "./messageStreams.ts";
import { onAbort } from "./onAbort.ts";
import { TransportError } from "./transportError.ts";

export type { ByteTransport } from "./byteTransport.ts";
export { TransportError, type TransportErrorCode } from "./transportError.ts";

/**
 * The part of a port that is used: the platform's `MessagePort`, or that of `node:worker_threads`.
 *
 * @see {@link messagePortTransport}
 */
export interface Port {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(type: string, listener: (event: Event) => void): void;
  removeEventListener?(type: string, listener: (event: Event) => void): void;
  start(): void;
  close(): void;
}

/** The options of {@link messagePortTransport}. */
export interface MessagePortOptions {
  /**
   * How much may wait unread, in bytes. Each message counts 256 bytes more, and at most one message may exceed the
   * limit. The other end pauses there. 1 MiB by default, at least 64 KiB; values above 1 TiB count as 1 TiB.
   */
  readonly windowBytes?: number | undefined;
  /**
   * Aborting this signal fails the transport with its reason. Use it when you know that the other end is gone. Browsers
   * do not report that a worker was terminated or a page was left; without the signal, writes wait forever once the
   * window is full.
   */
  readonly signal?: AbortSignal | undefined;
}

const table: OptionTable<MessagePortOptions> = { windowBytes: "a number", signal: "{ aborted, reason }" };

/** Messages are not batched beyond this size, in bytes. */
const BATCH_BYTES = 256 * 1024;

const AT_ONCE = Promise.resolve();

/**
 * Makes a byte transport from a port whose other end does the same, across a worker, a frame or a process. The
 * transport owns the port: it starts the port at once, and closes it when both directions have ended. To connect two
 * pages without a common opener, let a shared worker or a service worker give each a port. A `BroadcastChannel` cannot
 * be a transport: it carries no ports, transfers nothing and has many readers.
 *
 * Writing a chunk gives it away: one that views all of its buffer is detached and moved without a copy. The reader owns
 * the chunks that it reads. A write waits while the other end has a window of unread bytes.
 *
 * `close()` of the writer ends the stream at the other end. `abort(reason)` fails the other end's reader with a
 * `TransportError` (`reset`), `cancel(reason)` its writer (`stopped`); both pass on a reason that is a string. If the
 * platform reports that the other end is gone, as Node does, both streams fail with `lost`. Throws `RangeError` if the
 * window is invalid.
 *
 * @example
 * ```ts
 * import { messagePortTransport } from "websocket-over/messageport";
 * import { accept, connect } from "websocket-over/stream";
 *
 * const { port1, port2 } = new MessageChannel(); // one of them goes to a worker, a frame or another page
 * void accept(messagePortTransport(port2)).then(async (request) => (await request.accept()).send("over a port"));
 * const session = await connect(messagePortTransport(port1));
 * console.log(await session.receive()); // → over a port
 * await session.close();
 * ```
 */
export function messagePortTransport(port: Port, options: MessagePortOptions = {}): ByteTransport {
  requireKind(
    "messagePortTransport() takes a port,",
    port,
    "{ postMessage, start, close }",
    advice({
      port1: "give it port1 or port2",
      postMessage: "give it a port of a MessageChannel, and the other one to the other side",
    }),
  );
  checkOptions("messagePortTransport()", options, table);
  const window = windowOf(options.windowBytes ?? 1024 * 1024);
  return new PortCarrier(port, window, options.signal).transport;
}

/**
 * Each of these is one message. `T` is a transferred `ArrayBuffer`.
 * - `[T, …]`, each with at least one byte: bytes of the stream. Each `T` costs its length and 256 of the sender's
 *   credit, and may be sent while any credit is left. Each end starts with a credit of 65,536.
 * - `{ type: "grant", cost }`: additional credit, a positive integer.
 * - `{ type: "end" }`: all bytes have been sent.
 * - `{ type: "reset", reason }`: the sender gave up; `reason` is a string.
 * - `{ type: "stop", reason }`: the reader was cancelled; `reason` is a string.
 */
class PortCarrier implements MessageCarrier {
  readonly hasRoom = true;
  readonly isDrained = true;
  readonly #port: Port;
  readonly #streams: MessageStreams;
  /** Written but not yet posted. */
  #outbox: ArrayBuffer[] = [];
  #outboxBytes = 0;
  /** Counts all chunks ever written. */
  #written = 0;
  #posting: Promise<void> | undefined;
  #settle!: () => void;
  readonly #closed = new Promise<void>((resolve) => (this.#settle = resolve));
  readonly #stopListening: () => void;
  #forget = ignore;

  constructor(port: Port, window: number, signal: AbortSignal | undefined) {
    this.#port = port;
    this.#streams = new MessageStreams(this, window);
    const streams = this.#streams;
    this.#stopListening = listenTo(port, {
      message: ({ data }: MessageEvent<unknown>) => {
        if (isBatch(data)) for (const buffer of data) streams.receive(new Uint8Array(buffer));
        else if (isControl(data)) streams.obey(data);
        else streams.refuse(new TransportError("badMessage", "the other end of the port sent an invalid message"));
      },
      messageerror: () => streams.refuse(new TransportError("badMessage", "a message could not be read")),
      close: () => streams.fail(new TransportError("lost", "the other end of the port is gone")),
    });
    this.#forget = onAbort(signal, (reason) => streams.fail(reason));
    if (signal?.aborted !== true) {
      streams.begin(window, true);
      streams.speak();
      port.start();
    }
  }

  get transport(): ByteTransport {
    const { readable, writable } = this.#streams;
    return { readable, writable, closed: this.#closed, close: () => this.#streams.close() };
  }

  send(bytes: Uint8Array<ArrayBuffer>): number {
    const { length } = bytes;
    this.#outbox.push(take(bytes));
    this.#outboxBytes += length;
    this.#written++;
    if (this.#outboxBytes >= BATCH_BYTES) this.#flush();
    else this.#posting ??= this.#flushWhenWriterRests();
    return length;
  }

  tell(control: Control): void {
    this.#flush();
    this.#port.postMessage(control, []);
  }

  shut(): void {
    this.#forget();
    this.#stopListening();
    for (const step of [() => this.#flush(), () => this.#port.close()]) {
      try {
        step(); // earlier messages still arrive
      } catch {
        // Nothing more can be done about a port that fails.
      }
    }
    this.#settle();
  }

  /** Posts the chunks of one turn as one message, because many messages cost several times as much. */
  async #flushWhenWriterRests(): Promise<void> {
    for (let seen = 0; seen !== this.#written;) {
      seen = this.#written;
      for (let turn = 0; turn < 4; turn++) await AT_ONCE;
    }
    this.#posting = undefined;
    try {
      this.#flush();
    } catch (error) {
      this.#streams.fail(new TransportError("lost", "the port takes no more", { cause: error }));
    }
  }

  #flush(): void {
    if (this.#outbox.length === 0) return;
    const buffers = this.#outbox;
    this.#outbox = [];
    this.#outboxBytes = 0;
    this.#port.postMessage(buffers, buffers);
  }
}

/** Returns the bytes in a transferable buffer: their own, if it contains nothing else. */
function take(bytes: Uint8Array<ArrayBuffer>): ArrayBuffer {
  if (bytes.length < bytes.buffer.byteLength) return copyOf(bytes).buffer;
  try {
    return bytes.buffer.transfer();
  } catch {
    // Shared memory and WebAssembly memory can't be moved, and Node 20 can't move any buffer this way.
    return copyOf(bytes).buffer;
  }
}

function isBatch(data: unknown): data is ArrayBuffer[] {
  // `every` skips holes, and a sparse array may have four billion of them; `findIndex` stops at the first.
  const isBad = (item: unknown): boolean => !isBuffer(item) || item.byteLength === 0;
  return Array.isArray(data) && data.length > 0 && data.findIndex(isBad) < 0;
}

function isControl(data: unknown): data is Control {
  if (typeof data !== "object" || data === null) return false;
  const { type, cost, reason } = data as { type?: unknown; cost?: unknown; reason?: unknown };
  switch (type) {
    case "grant":
      return Number.isSafeInteger(cost) && (cost as number) > 0;
    case "end":
      return true;
    case "reset":
    case "stop":
      return typeof reason === "string";
    default:
      return false;
  }
}
