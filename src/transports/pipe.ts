/**
 * Two byte transports in memory, connected to each other.
 *
 * @module websocket-over/pipe
 */
import { copyOf } from "../core/bytes.ts";
import { checkOptions, type OptionTable } from "../core/options.ts";
import type { ByteTransport } from "./byteTransport.ts";

export type { ByteTransport } from "./byteTransport.ts";

/** The options of {@link pipe}. */
export interface PipeOptions {
  /**
   * How many bytes may wait unread in each direction before a writer has to wait. A chunk is accepted whole, so at most
   * one may exceed the limit. 64 KiB by default, about what a socket buffers.
   */
  readonly highWaterMark?: number | undefined;
  /**
   * Passes chunks on without copying them. Only for writers that never touch a chunk after writing it, such as
   * sessions, the `WebSocket` class and the server. Several times as fast for large messages. `false` by default.
   */
  readonly handOver?: boolean | undefined;
}

const table: OptionTable<PipeOptions> = { highWaterMark: "a number", handOver: "a boolean" };

/**
 * Makes the two ends of a connection. What is written at one end is read at the other, in order, chunk by chunk.
 *
 * A writer waits while the other end does not read. `close()` on a writer ends the stream at the other end.
 * `abort(reason)` fails the other end's reader with the reason, and `cancel(reason)` the other end's writer. Each chunk
 * is copied when it is written, as on any wire: the writer may reuse it, unless `handOver` gives it away, and the
 * reader owns what it reads.
 *
 * A chunk that is not a `Uint8Array` fails its direction with a `TypeError`. Throws `RangeError` if `highWaterMark` is
 * invalid.
 *
 * @example
 * ```ts
 * import { pipe } from "websocket-over/pipe";
 *
 * const [near, far] = pipe();
 * const writer = near.writable.getWriter();
 * void writer.write(Uint8Array.of(1, 2, 3));
 * void writer.close();
 * for await (const chunk of far.readable) console.log(chunk.join()); // → 1,2,3
 * ```
 */
export function pipe(options: PipeOptions = {}): [ByteTransport, ByteTransport] {
  checkOptions("pipe()", options, table);
  const { highWaterMark = 64 * 1024, handOver = false } = options;
  if (!(highWaterMark >= 0))
    throw new RangeError(`highWaterMark must be a number of bytes, not ${String(highWaterMark)}`);
  const there = oneWay(highWaterMark, handOver);
  const back = oneWay(highWaterMark, handOver);
  const closed = Promise.all([there.ended, back.ended]).then(() => undefined);
  const close = (): void => {
    there.end();
    back.end();
  };
  return [
    { readable: back.readable, writable: there.writable, closed, close },
    { readable: there.readable, writable: back.writable, closed, close },
  ];
}

interface OneWay {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly writable: WritableStream<Uint8Array<ArrayBuffer>>;
  /** Resolves once nothing more can be written, for whatever reason. */
  readonly ended: Promise<void>;
  /** Lets the reader read what has been written, and nothing more. */
  readonly end: () => void;
}

function oneWay(highWaterMark: number, handOver: boolean): OneWay {
  let reading!: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  let writing!: WritableStreamDefaultController;
  let wanted = (): void => {};
  let over = false;
  let settle!: () => void;
  const ended = new Promise<void>((resolve) => (settle = resolve));

  /** Ends the direction once; later calls do nothing. */
  const finish = (how: () => void): void => {
    if (over) return;
    over = true;
    how();
    wanted();
    settle();
  };

  const readable = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start: (controller) => void (reading = controller),
      pull: () => wanted(),
      cancel: (reason: unknown) => finish(() => writing.error(reason ?? new Error("the other end stopped reading"))),
    },
    new ByteLengthQueuingStrategy({ highWaterMark }),
  );
  const writable = new WritableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      writing = controller;
      const { signal } = controller;
      // Aborts at once. The sink's own `abort` would wait for a write that waits for the reader.
      const abort = (): void => reading.error(signal.reason ?? new Error("the other end was aborted"));
      signal.addEventListener("abort", () => finish(abort));
    },
    write(chunk) {
      if (!(chunk instanceof Uint8Array)) {
        const error = new TypeError("a pipe takes Uint8Arrays");
        finish(() => reading.error(error));
        throw error;
      }
      if (over || chunk.length === 0) return undefined;
      reading.enqueue(handOver ? chunk : copyOf(chunk));
      if ((reading.desiredSize ?? 1) > 0) return undefined;
      return new Promise<void>((resolve) => (wanted = resolve));
    },
    close: () => finish(() => reading.close()),
  });
  const end = (): void =>
    finish(() => {
      reading.close();
      writing.error(new Error("the connection is closed"));
    });
  return { readable, writable, ended, end };
}
