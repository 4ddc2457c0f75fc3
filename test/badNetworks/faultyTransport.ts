/** A bad network in front of a transport: cuts chunks, delays, corrupts, stalls, ends and resets at random. */
import type { ByteTransport } from "../../src/transports/byteTransport.ts";
import type { Random } from "../support/random.ts";
import type { Bytes } from "../support/wire.ts";

/** What becomes of a connection besides its bytes being cut and delayed. */
export type Fate = "none" | "corrupt" | "cut" | "reset" | "stall";

export interface Faults {
  readonly fate: Fate;
  /** In which direction, seen from who uses the transport. */
  readonly direction: "incoming" | "outgoing";
  /** After how many bytes of it. */
  readonly afterBytes: number;
  /** Largest piece that a chunk is cut into; `Infinity` leaves chunks as they are. */
  readonly pieceBytes: number;
  /** One piece in this many is delayed for some milliseconds; `Infinity` delays none. */
  readonly heldOneIn: number;
}

export const fates: readonly Fate[] = ["none", "corrupt", "cut", "reset", "stall"];

export function chooseFaults(random: Random, fate: Fate): Faults {
  return {
    fate,
    direction: random.pick(["incoming", "outgoing"]),
    afterBytes: random.size(random.pick([200, 2000, 200_000])),
    pieceBytes: random.pick([1, 7, 100, 1000, Infinity, Infinity]),
    heldOneIn: random.pick([5, 50, Infinity, Infinity]),
  };
}

const forever = new Promise<never>(() => undefined);

/** Makes of a transport one that fails as told. It counts what has passed, so that one can tell whether it has failed yet. */
export function faultyTransport(
  transport: ByteTransport,
  faults: Faults,
  random: Random,
): ByteTransport & { hasFailed: () => boolean } {
  const reader = transport.readable.getReader();
  const writer = transport.writable.getWriter();
  let failed = false;
  let passed = 0;
  let heldAtMost = 30;
  let cutsLeft = 2000;
  let reading!: ReadableStreamDefaultController<Uint8Array>;
  let writing!: WritableStreamDefaultController;
  writer.closed.catch(ignore);

  const reset = (): void => {
    failed = true;
    const error = new Error("reset by chance");
    reader.cancel(error).catch(ignore);
    writer.abort(error).catch(ignore);
    reading.error(error);
    writing.error(error);
  };

  /** The pieces of a chunk in one direction, up to what befalls it. `undefined` stands for the end. */
  async function* through(direction: Faults["direction"], chunk: Uint8Array): AsyncGenerator<Bytes | undefined> {
    for (let at = 0; at < chunk.length;) {
      const cuts = faults.pieceBytes !== Infinity && cutsLeft-- > 0;
      const size = cuts ? Math.min(chunk.length - at, 1 + random.below(faults.pieceBytes)) : chunk.length - at;
      let piece = chunk.slice(at, at + size);
      at += size;
      if (heldAtMost > 0 && faults.heldOneIn !== Infinity && random.oneIn(faults.heldOneIn)) {
        heldAtMost--;
        await new Promise((resolve) => setTimeout(resolve, random.below(3)));
      }
      if (faults.fate === "none" || direction !== faults.direction || failed) {
        yield piece;
        continue;
      }
      const left = faults.afterBytes - passed;
      passed += piece.length;
      if (left > piece.length) {
        yield piece;
        continue;
      }
      if (faults.fate === "corrupt") {
        failed = true;
        piece = piece.slice();
        piece[Math.max(0, Math.min(left, piece.length) - 1)]! ^= 1 << random.below(8);
        yield piece;
        continue;
      }
      if (left > 0) yield piece.subarray(0, left);
      failed = true;
      if (faults.fate === "stall") await forever;
      if (faults.fate === "cut") yield undefined;
      if (faults.fate === "reset") reset();
      return;
    }
  }

  const readable = new ReadableStream<Uint8Array>(
    {
      start: (controller) => void (reading = controller),
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) {
          controller.close();
          return;
        }
        for await (const piece of through("incoming", value)) {
          if (piece === undefined) {
            await reader.cancel().catch(ignore);
            controller.close();
            return;
          }
          controller.enqueue(piece);
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  const writable = new WritableStream<Bytes>({
    start(controller) {
      writing = controller;
      controller.signal.addEventListener("abort", () => {
        writer.abort(controller.signal.reason).catch(ignore);
      });
    },
    async write(chunk) {
      for await (const piece of through("outgoing", chunk)) {
        if (piece === undefined) {
          await writer.close();
          throw new Error("cut by chance");
        }
        await writer.write(piece);
      }
    },
    close: () => writer.close(),
    abort: (reason) => writer.abort(reason),
  });
  return { readable, writable, close: () => transport.close?.(), hasFailed: () => failed };
}

function ignore(): void {}
