/** A byte transport over a message port, whose buffers are handed over rather than copied. */
import { advice, checkOptions, requireKind, type OptionTable } from "../core/options.ts";
import type { ByteTransport } from "./byteTransport.ts";
import { listenTo } from "./listeners.ts";
import { isBuffer, MessageStreams, windowOf, type Control, type MessageCarrier } from "./messageStreams.ts";
import { onAbort } from "./onAbort.ts";
import { TransportError } from "./transportError.ts";

export type { ByteTransport } from "./byteTransport.ts";
export { TransportError, type TransportErrorCode } from "./transportError.ts";

/** What there has to be of a port: the platform's `MessagePort`, or that of `node:worker_threads`. */
export interface Port {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(type: string, listener: (event: Event) => void): void;
  removeEventListener?(type: string, listener: (event: Event) => void): void;
  start(): void;
  close(): void;
}

export interface MessagePortOptions {
  /**
   * How much may wait unread, in bytes, each message counting 256 beside its own; at most one message lies beyond. The
   * other end pauses there. 1 MiB by default, at least 64 KiB; values above 1 TiB count as 1 TiB.
   */
  readonly windowBytes?: number;
  /**
   * Fails the transport with its reason: for who knows that the other end is gone. Browsers do not tell that a worker
   * was terminated, or a page left, and then nothing is seen here: writes wait for ever, once the window is full.
   */
  readonly signal?: AbortSignal;
}

const table: OptionTable<MessagePortOptions> = { windowBytes: "a number", signal: "{ aborted, reason }" };

/** A message need not grow beyond this, in bytes. */
const BATCH_BYTES = 256 * 1024;

const AT_ONCE = Promise.resolve();

/**
 * Makes a byte transport of a port whose other end does the same, on whatever side of a worker, a frame or a process it
 * is. The port is the transport's own from now on, is started at once, and is closed when both directions have ended.
 * Two pages without a common opener are given a port each by a shared worker or a service worker; a `BroadcastChannel`
 * carries no ports, transfers nothing and has many readers: it cannot be a transport.
 *
 * A chunk is taken over when it is written: one that views all of its buffer is detached and moved without a copy. Read
 * chunks are the reader's own. A write waits while the other end has a window of unread bytes. `close()` of the writer
 * is the end at the other end; `abort(reason)` fails the other end's reader with a `TransportError` (`reset`),
 * `cancel(reason)` its writer (`stopped`), which tell the reason if it is a string. Where the platform tells that the
 * other end is gone, as Node does, both streams fail with `lost`. `RangeError` for a window that is none.
 *
 * On the wire, each a message of its own, with `T` an `ArrayBuffer` that is transferred:
 * - `[T, …]`, each with at least one byte: bytes of the stream. Each `T` costs its length and 256 of the sender's credit,
 *   and may be sent while any credit is left. Each end begins with a credit of 65,536.
 * - `{ type: "grant", cost }`: so much more credit, a positive integer.
 * - `{ type: "end" }`: all bytes have been sent.
 * - `{ type: "reset", reason }`: the sender gave up; `reason` is a string.
 * - `{ type: "stop", reason }`: the reader gave up; `reason` is a string.
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
  /** What has been written and not been posted yet. */
  let outbox: ArrayBuffer[] = [];
  let outboxBytes = 0;
  /** How many chunks ever. */
  let written = 0;
  let posting: Promise<void> | undefined;
  let settle!: () => void;
  const closed = new Promise<void>((resolve) => (settle = resolve));
  const carrier: MessageCarrier = {
    hasRoom: true,
    isDrained: true,
    send(bytes) {
      const { length } = bytes;
      outbox.push(take(bytes));
      outboxBytes += length;
      written++;
      if (outboxBytes >= BATCH_BYTES) flush();
      else posting ??= flushWhenWriterRests();
      return length;
    },
    tell(control) {
      flush();
      port.postMessage(control, []);
    },
    shut() {
      forget();
      stopListening();
      for (const step of [flush, () => port.close()]) {
        try {
          step(); // earlier messages still arrive
        } catch {
          // A port that fails can't be closed any better.
        }
      }
      settle();
    },
  };
  const streams = new MessageStreams(carrier, window);

  /** What is written in one turn goes as one message: many cost several times as much. */
  async function flushWhenWriterRests(): Promise<void> {
    for (let seen = 0; seen !== written;) {
      seen = written;
      for (let turn = 0; turn < 4; turn++) await AT_ONCE;
    }
    posting = undefined;
    try {
      flush();
    } catch (error) {
      streams.fail(new TransportError("lost", "the port takes no more", { cause: error }));
    }
  }
  function flush(): void {
    if (outbox.length === 0) return;
    const buffers = outbox;
    outbox = [];
    outboxBytes = 0;
    port.postMessage(buffers, buffers);
  }

  const stopListening = listenTo(port, {
    message({ data }: MessageEvent<unknown>) {
      if (isBatch(data)) for (const buffer of data) streams.receive(new Uint8Array(buffer));
      else if (isControl(data)) streams.obey(data);
      else streams.refuse(new TransportError("badMessage", "the other end of the port sent what no transport sends"));
    },
    messageerror: () => streams.refuse(new TransportError("badMessage", "a message could not be read")),
    close: () => streams.fail(new TransportError("lost", "the other end of the port is gone")),
  });
  let forget = (): void => {};
  forget = onAbort(options.signal, (reason) => streams.fail(reason));
  if (options.signal?.aborted !== true) {
    streams.begin(window, true);
    streams.speak();
    port.start();
  }
  return { readable: streams.readable, writable: streams.writable, closed, close: () => streams.close() };
}

/** The bytes in a buffer that can be transferred: their own, if there is nothing else in it. */
function take(bytes: Uint8Array<ArrayBuffer>): ArrayBuffer {
  if (bytes.length < bytes.buffer.byteLength) return bytes.slice().buffer;
  try {
    return bytes.buffer.transfer();
  } catch {
    // Shared memory, and that of WebAssembly, stays where it is; Node 20 moves none like this.
    return bytes.slice().buffer;
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
