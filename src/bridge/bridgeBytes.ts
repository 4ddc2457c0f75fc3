/** Joins two byte transports, and leaves the bytes alone. */
import type { Bytes } from "../core/bytes.ts";
import { checkOptions } from "../core/options.ts";
import { discard } from "../stream/discard.ts";
import { closeTransport } from "../stream/driver.ts";
import { withResolvers } from "../stream/withResolvers.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { ignore } from "../transports/ignore.ts";
import { onAbort } from "../transports/onAbort.ts";
import { requireTransport } from "../transports/requireTransport.ts";
import { Meter } from "./meter.ts";
import { bridgeTable, type BridgeOptions, type Direction } from "./options.ts";

/**
 * How many bytes the other side has taken.
 *
 * @see {@link bridgeBytes}
 */
export interface BridgedBytes {
  readonly aToB: number;
  readonly bToA: number;
}

/**
 * Passes the bytes of each transport on to the other, until both directions have ended. Takes ownership of both
 * transports and ends them. Use it for a tunnel that leaves the protocol alone.
 *
 * A side that takes nothing holds the other one: in each direction at most one chunk is being written and one more has
 * been read. The end of one direction is passed on, and the other continues. A failure ends only its direction, too: if
 * reading fails, the other side's `writable` is aborted with the error; if writing fails, the other side's `readable` is
 * cancelled with it.
 *
 * Resolves with the byte counts. Rejects with the first failure, with the signal's reason, or with a {@link BridgeError}
 * at a limit. If the signal is aborted or a limit is reached, both transports are abandoned at once. Rejects with
 * `TypeError` or `RangeError`, and ends both transports, if a transport is in use or has already had its request read,
 * or an option is invalid.
 *
 * @example
 * ```ts
 * import { bridgeBytes } from "websocket-over/bridge";
 * import { pipe } from "websocket-over/pipe";
 *
 * const [client, near] = pipe();
 * const [far, server] = pipe();
 * void server.readable.pipeTo(server.writable); // an echo server
 * const bridged = bridgeBytes(near, far);
 * const writer = client.writable.getWriter();
 * void writer.write(Uint8Array.of(1, 2, 3));
 * void writer.close();
 * for await (const chunk of client.readable) console.log(chunk.join()); // → 1,2,3
 * console.log(await bridged); // → { aToB: 3, bToA: 3 }
 * ```
 */
export async function bridgeBytes(
  a: ByteTransport,
  b: ByteTransport,
  options: BridgeOptions = {},
): Promise<BridgedBytes> {
  const directions: OneWay[] = [];
  /** Abandons both transports. */
  const giveUp = (error: unknown): void => {
    for (const direction of directions) direction.fail(error);
  };
  let meter: Meter;
  let signal: AbortSignal | undefined;
  try {
    requireRaw(a);
    requireRaw(b);
    if (a === b) throw new TypeError("bridgeBytes() joins two transports, not one with itself");
    const checked = checkOptions("bridgeBytes()", options, bridgeTable);
    ({ signal } = checked);
    signal?.throwIfAborted();
    meter = new Meter(checked, giveUp);
  } catch (error) {
    discardIfTransport(a, error);
    discardIfTransport(b, error);
    throw error;
  }
  const count = (direction: Direction, bytes: number): void => {
    try {
      meter.count(direction, bytes);
    } catch (error) {
      giveUp(error);
    }
  };
  for (const { closed } of [a, b]) Promise.resolve(closed).catch(ignore);
  directions.push(new OneWay(a.readable, b.writable, (bytes) => count("aToB", bytes)));
  directions.push(new OneWay(b.readable, a.writable, (bytes) => count("bToA", bytes)));
  let failure: { readonly error: unknown } | undefined;
  const noteFailure = (error: unknown): void => void (failure ??= { error });
  const stopListening = onAbort(signal, giveUp);
  await Promise.all(directions.map(({ done }) => done.catch(noteFailure)));
  stopListening();
  meter.stop();
  closeTransport(a);
  closeTransport(b);
  if (failure !== undefined) throw failure.error;
  return meter.bytes;
}

/** Throws `TypeError` if the value is not a transport whose bytes are all still to come. */
function requireRaw(transport: ByteTransport): void {
  requireTransport("bridgeBytes()", transport);
  const { readable, writable, opening, request } = transport;
  if (opening !== undefined || request !== undefined) {
    const advice = "use serve() with gateway()";
    throw new TypeError(`the request of this transport travels beside its bytes, where no bridge sees it; ${advice}`);
  }
  if (readable.locked || writable.locked) {
    throw new TypeError("the transport is in use: one of its streams is locked");
  }
}

function discardIfTransport(given: ByteTransport, reason: unknown): void {
  if (Object(given) === given) discard(given, reason);
}

/** One direction of a bridge. */
class OneWay {
  /** Resolves when the end has been passed on. Rejects when the direction has failed. */
  readonly done: Promise<void>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Bytes>;
  readonly #taken: (bytes: number) => void;
  readonly #reject: (error: unknown) => void;
  #isOver = false;

  /** `taken` is called when bytes have been written. It does not throw. */
  constructor(from: ReadableStream<Uint8Array>, to: WritableStream<Bytes>, taken: (bytes: number) => void) {
    this.#reader = from.getReader();
    this.#writer = to.getWriter();
    this.#taken = taken;
    const { promise, resolve, reject } = withResolvers();
    this.done = promise;
    this.#reject = reject;
    // Notices a failed writer even while nothing comes.
    this.#writer.closed.catch((error: unknown) => this.fail(error));
    this.#run().then(
      () => {
        this.#isOver = true;
        resolve();
      },
      (error: unknown) => this.fail(error),
    );
  }

  /** Passes an error on to both ends, unless the direction is over. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reader.cancel(error).catch(ignore);
    this.#writer.abort(error).catch(ignore);
    this.#reject(error);
  }

  async #run(): Promise<void> {
    let writing: Promise<void> | undefined;
    for (;;) {
      const { done, value } = await this.#reader.read();
      await writing;
      if (this.#isOver) return;
      if (done) break;
      writing = this.#writer.write(value as Bytes).then(() => this.#taken(value.length));
      writing.catch((error: unknown) => this.fail(error));
    }
    await this.#writer.close();
  }
}
