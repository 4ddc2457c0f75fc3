/** The contract that every byte transport keeps. Written once, run for each. */
import { describe, expect, test } from "vitest";
import type { ByteTransport } from "../../src/transports/byteTransport.ts";
import type { Bytes } from "../support/wire.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

export interface Traits {
  /** How many bytes can be in transit to a reader that does not read, in all buffers. */
  readonly heldBytes: number;
  /** Whether an end sends its abort reason to the other. */
  readonly tellsReasons?: boolean;
  /**
   * Whether an abort comes through as one. If it looks like an end instead, these tests must fail; if that is up to
   * chance, they are skipped.
   */
  readonly tellsAborts?: boolean | "perhaps";
  /** Whether the writer may reuse a chunk once it has been written. `false` by default. */
  readonly copiesChunks?: boolean;
  /** For a slow carrier. In milliseconds, 20,000 by default. */
  readonly timeoutMs?: number;
  /** The most that a test sends one way, for a carrier of tiny messages. In bytes, 64 MiB by default. */
  readonly mostBytes?: number;
}

class Viewing extends Uint8Array<ArrayBuffer> {
  override slice(start?: number, end?: number): Uint8Array<ArrayBuffer> {
    return this.subarray(start, end);
  }
}

/** Registers the tests. `makePair` connects two fresh transports, and ends them with `onTestFinished`. */
export function contract(
  name: string,
  makePair: () => Promise<[near: ByteTransport, far: ByteTransport]>,
  {
    heldBytes,
    tellsReasons = true,
    tellsAborts = true,
    copiesChunks = false,
    timeoutMs = 20_000,
    mostBytes = 64 * MIB,
  }: Traits,
): void {
  const testAbort = tellsAborts === "perhaps" ? test.skip : tellsAborts ? test : test.fails;
  const tellsIf = (reason: string): ((failure: unknown) => boolean) => (tellsReasons ? tells(reason) : () => true);
  describe(`the contract of transports: ${name}`, { timeout: timeoutMs }, () => {
    describe("bytes", () => {
      const sizes = [
        1,
        2,
        3,
        125,
        1000,
        16 * KIB - 1,
        16 * KIB,
        16 * KIB + 1,
        64 * KIB,
        64 * KIB + 14,
        256 * KIB,
        3 * MIB,
      ].filter((size) => 2 * size <= mostBytes);
      test.each(sizes)("arrive unchanged and in order, in both directions at once, in chunks of %i", async (size) => {
        const [near, far] = await makePair();
        const total = Math.min(200 * size, Math.max(2 * size, MIB), mostBytes);
        const expected = checksumOf(pattern(0, total));
        const oneWay = async (from: ByteTransport, to: ByteTransport): Promise<void> => {
          const reading = readAll(to);
          const writer = from.writable.getWriter();
          for (let at = 0; at < total; at += size) await writer.write(pattern(at, Math.min(size, total - at)));
          await writer.close();
          expect(await reading).toEqual({ bytes: total, checksum: expected });
        };
        await Promise.all([oneWay(near, far), oneWay(far, near)]);
      });
      test("of a chunk that is a part of a buffer are those of the part, and the rest is unchanged", async () => {
        const [near, far] = await makePair();
        const whole = pattern(0, 1000);
        const reading = readAll(far);
        const writer = near.writable.getWriter();
        await writer.write(whole.subarray(100, 200));
        await writer.write(whole.subarray(900));
        await writer.write(new Uint8Array(0));
        await writer.close();
        const checksum = checksumOf(pattern(900, 100), checksumOf(pattern(100, 100)));
        expect(await reading).toEqual({ bytes: 200, checksum });
        expect(whole).toEqual(pattern(0, 1000));
      });
      test("of an array whose slice() is a view, such as Node's Buffer, are its own alone", async () => {
        const [near, far] = await makePair();
        const reading = readAll(far);
        const whole = pattern(0, 1000);
        const writer = near.writable.getWriter();
        await writer.write(new Viewing(whole.buffer, 100, 100));
        await writer.close();
        expect(await reading).toEqual({ bytes: 100, checksum: checksumOf(pattern(100, 100)) });
        expect(whole).toEqual(pattern(0, 1000));
      });
      test("that are read belong to the reader", async () => {
        const [near, far] = await makePair();
        const reader = new ExactReader(far);
        const writer = near.writable.getWriter();
        await writer.write(pattern(0, 10));
        (await reader.read(10)).fill(0);
        await writer.write(pattern(0, 10));
        expect(await reader.read(10)).toEqual(pattern(0, 10));
      });
      testAbort("of the wrong type are a TypeError, and fail the other end's reader", async () => {
        const [near, far] = await makePair();
        const reading = far.readable.getReader().read();
        await expect(near.writable.getWriter().write("text" as never)).rejects.toThrow(TypeError);
        await expect(reading).rejects.toThrow();
      });
      test(`that have been written ${copiesChunks ? "may be written over" : "are not said to be copied"}`, async () => {
        const [near, far] = await makePair();
        expect(near.copiesChunks ?? false).toBe(copiesChunks);
        if (!copiesChunks) return;
        const reading = readAll(far);
        const writer = near.writable.getWriter();
        const block = new Uint8Array(300 * KIB);
        for (let at = 0; at < 20 * block.length; at += block.length) {
          block.set(pattern(at, block.length));
          await writer.write(block);
          block.fill(0);
        }
        await writer.close();
        const bytes = 20 * block.length;
        expect(await reading).toEqual({ bytes, checksum: checksumOf(pattern(0, bytes)) });
      });
      test("that arrive before anyone reads are kept", async () => {
        const [near, far] = await makePair();
        const writer = near.writable.getWriter();
        for (let at = 0; at < 32 * KIB; at += KIB) await writer.write(pattern(at, KIB));
        const closing = writer.close();
        await pause(100);
        expect(await readAll(far)).toEqual({ bytes: 32 * KIB, checksum: checksumOf(pattern(0, 32 * KIB)) });
        await closing;
      });
      test(`are the same after a round trip of ${mostBytes / KIB} KiB`, async () => {
        const [near, far] = await makePair();
        const echo = far.readable.pipeTo(far.writable);
        const block = pattern(0, 64 * KIB);
        const writing = (async () => {
          const writer = near.writable.getWriter();
          for (let at = 0; at < mostBytes; at += block.length) {
            const chunk = block.slice();
            new DataView(chunk.buffer).setUint32(0, at);
            await writer.write(chunk);
          }
          await writer.close();
        })();
        let expected = 0;
        for (let at = 0; at < mostBytes; at += block.length) {
          new DataView(block.buffer).setUint32(0, at);
          expected = checksumOf(block, expected);
        }
        expect(await readAll(near)).toEqual({ bytes: mostBytes, checksum: expected });
        await Promise.all([writing, echo, near.closed, far.closed]);
      });
    });

    describe("a reader that stops", () => {
      test.each([1000, 64 * KIB])(
        "pauses a writer of chunks of %i, and loses nothing when it continues",
        async (size) => {
          const [near, far] = await makePair();
          const writer = near.writable.getWriter();
          let offered = 0;
          const stop = new AbortController();
          const writing = (async () => {
            for (; !stop.signal.aborted; offered += size) await writer.write(pattern(offered, size));
            await writer.close();
          })();
          const held = await standstill(() => offered + size);
          expect(held).toBeLessThanOrEqual(heldBytes + 2 * size);
          const reader = new ExactReader(far);
          let checksum = 0;
          for (let at = 0; at < held + 2 * size; at += size) checksum = checksumOf(await reader.read(size), checksum);
          expect(checksum).toBe(checksumOf(pattern(0, held + 2 * size)));
          stop.abort();
          await Promise.all([writing, reader.toTheEnd()]);
        },
      );
      test("does not pause the other direction", async () => {
        const [near, far] = await makePair();
        const writer = near.writable.getWriter();
        await standstill(flood(writer).offered);
        const answer = far.writable.getWriter();
        const bytes = Math.min(2 * MIB, mostBytes);
        for (let at = 0; at < bytes; at += 64 * KIB) void answer.write(pattern(at, 64 * KIB));
        const reader = new ExactReader(near);
        expect(checksumOf(await reader.read(bytes))).toBe(checksumOf(pattern(0, bytes)));
        await writer.abort("enough").catch(ignore);
      });
    });

    describe("the end", () => {
      test("of one direction leaves the other open; that of both settles closed at both ends", async () => {
        const [near, far] = await makePair();
        await near.writable.close();
        expect((await far.readable.getReader().read()).done).toBe(true);
        const reading = readAll(near);
        const writer = far.writable.getWriter();
        for (let at = 0; at < 200 * KIB; at += 50 * KIB) await writer.write(pattern(at, 50 * KIB));
        await writer.close();
        expect(await reading).toEqual({ bytes: 200 * KIB, checksum: checksumOf(pattern(0, 200 * KIB)) });
        await Promise.all([near.closed, far.closed]);
      });
      test("follows everything that was written before it, however much waits", async () => {
        const [near, far] = await makePair();
        const writer = near.writable.getWriter();
        const writes: Promise<unknown>[] = [];
        const bytes = Math.min(4 * MIB, mostBytes);
        for (let at = 0; at < bytes; at += 128 * KIB) writes.push(writer.write(pattern(at, 128 * KIB)));
        writes.push(writer.close());
        await pause(50);
        const reading = readAll(far);
        await Promise.all(writes);
        expect(await reading).toEqual({ bytes, checksum: checksumOf(pattern(0, bytes)) });
      });
      testAbort("by abort fails the other end's reader, and a pending write", async () => {
        const [near, far] = await makePair();
        const writer = near.writable.getWriter();
        const { offered, failure } = flood(writer);
        await standstill(offered);
        await writer.abort("reset").catch(ignore);
        expect(await failure).toBe("reset");
        await expect(readAll(far)).rejects.toSatisfy(tellsIf("reset"));
      });
      testAbort("by abort fails a pending read", async () => {
        const [near, far] = await makePair();
        const reading = far.readable.getReader().read();
        reading.catch(ignore);
        await near.writable.abort("reset");
        await expect(reading).rejects.toSatisfy(tellsIf("reset"));
      });
      test("by cancel fails the other end's writer, even one that waits", async () => {
        const [near, far] = await makePair();
        const { offered, failure } = flood(near.writable.getWriter());
        await standstill(offered);
        await far.readable.cancel("enough");
        expect(await failure).toSatisfy(tellsIf("enough"));
      });
      testAbort("by abort and cancel together settles closed at both ends", async () => {
        const [near, far] = await makePair();
        const { failure } = flood(far.writable.getWriter());
        await Promise.all([near.writable.abort("gone"), near.readable.cancel("gone")]);
        near.close?.();
        expect(await failure).toSatisfy(tellsIf("gone"));
        await expect(readAll(far)).rejects.toSatisfy(tellsIf("gone"));
        await Promise.all([near.closed, far.closed]);
      });
      test("by close() lets the other end read what was written, fails both writers, and may be repeated", async () => {
        const [near, far] = await makePair();
        const writer = near.writable.getWriter();
        writer.closed.catch(ignore);
        await writer.write(pattern(0, 1000));
        near.close!();
        near.close!();
        await expect(writer.write(pattern(0, 1))).rejects.toThrow();
        expect(await readAll(far)).toEqual({ bytes: 1000, checksum: checksumOf(pattern(0, 1000)) });
        expect((await readAll(near)).bytes).toBe(0);
        expect(await flood(far.writable.getWriter()).failure).toBeDefined();
        await Promise.all([near.closed, far.closed]);
      });
      test("by close() fails a pending write, and the other end reads the part that was sent", async () => {
        const [near, far] = await makePair();
        const { offered, failure } = flood(near.writable.getWriter());
        const held = await standstill(offered);
        near.close!();
        expect(await failure).toBeDefined();
        const { bytes } = await readAll(far);
        expect(bytes).toBeGreaterThanOrEqual(held - 64 * KIB);
        expect(bytes).toBeLessThanOrEqual(held);
      });
      test.each(waits)("by any two of them at the same moment leaves nothing waiting: %s", async (_, begin) => {
        const ends = waysToEnd();
        for (const first of ends) {
          await Promise.all(
            ends.map(async (second) => {
              const [near, far] = await makePair();
              const reader = near.readable.getReader();
              const writer = near.writable.getWriter();
              const waiting: Promise<unknown>[] = [reader.closed, writer.closed, ...begin(reader, writer)];
              for (const [, end] of [first, second]) waiting.push(Promise.resolve(end(near, reader, writer)));
              near.close!(); // as far as the two have left anything
              const settled = Promise.allSettled(waiting);
              await within(`${first[0]} and ${second[0]}`, Promise.all([settled, near.closed]));
              far.close!();
              await within(`the other end of ${first[0]} and ${second[0]}`, far.closed);
            }),
          );
        }
      });
    });
  });
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;
type Writer = WritableStreamDefaultWriter<Bytes>;

type End = (transport: ByteTransport, reader: Reader, writer: Writer) => unknown;

/** How one end may end a transport, by name. */
export function waysToEnd(): [name: string, end: End][] {
  return [
    ["close", (_transport, _reader, writer) => writer.close()],
    ["abort", (_transport, _reader, writer) => writer.abort("why")],
    ["cancel", (_transport, reader) => reader.cancel("why")],
    ["close()", (transport) => transport.close!()],
  ];
}

/** What may wait then. */
const waits: [string, (reader: Reader, writer: Writer) => Promise<unknown>[]][] = [
  ["idle", () => []],
  ["while a read waits", (reader) => [reader.read()]],
  ["while writes wait", (_, writer) => [writer.write(new Uint8Array(8 * MIB)), writer.write(new Uint8Array(MIB))]],
];

async function within(what: string, promise: Promise<unknown> | undefined): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: something still waits`)), 20_000);
  });
  await Promise.race([promise, patience]).finally(() => clearTimeout(timer));
}

/** Bytes that depend on where in the stream they are. */
export function pattern(start: number, length: number): Bytes {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = Math.imul(start + i, 0x9e3779b1) >>> 24;
  return bytes;
}

/** Depends on every byte and on their order; goes on from that of the bytes before. */
export function checksumOf(bytes: Uint8Array, before = 0): number {
  let checksum = before;
  for (let i = 0; i < bytes.length; i++) checksum = (Math.imul(checksum, 31) + bytes[i]!) | 0;
  return checksum;
}

/** Reads to the end. */
export async function readAll({ readable }: ByteTransport): Promise<{ bytes: number; checksum: number }> {
  const reader = readable.getReader();
  let bytes = 0;
  let checksum = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    bytes += read.value.length;
    checksum = checksumOf(read.value, checksum);
  }
  return { bytes, checksum };
}

/** Reads the requested number of bytes, in chunks of any size. */
export class ExactReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor({ readable }: ByteTransport) {
    this.#reader = readable.getReader();
  }

  async read(length: number): Promise<Bytes> {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length;) {
      if (this.#rest.length === 0) {
        const { done, value } = await this.#reader.read();
        if (done) throw new Error(`the stream ended ${length - at} bytes early`);
        this.#rest = value;
      }
      const part = this.#rest.subarray(0, length - at);
      bytes.set(part, at);
      at += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    return bytes;
  }

  async toTheEnd(): Promise<void> {
    while (!(await this.#reader.read()).done);
  }
}

/** Writes forever; returns how many bytes it has started to write, and why it ended. */
function flood(writer: WritableStreamDefaultWriter<Bytes>): { offered: () => number; failure: Promise<unknown> } {
  let offered = 0;
  writer.closed.catch(ignore);
  const failure = (async () => {
    for (;;) {
      offered += 64 * KIB;
      await writer.write(new Uint8Array(64 * KIB));
      if (offered % (16 * MIB) === 0) await pause(0);
    }
  })().catch((error: unknown) => error);
  return { offered: () => offered, failure };
}

/** What a rising number is when it has stood still for a while. */
export async function standstill(current: () => number): Promise<number> {
  for (let last = -1, still = 0; ;) {
    await pause(50);
    const now = current();
    still = now === last ? still + 1 : 0;
    last = now;
    if (still === 6) return now;
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Whether a failure passes on the given reason, as itself or in its message. */
function tells(reason: string): (failure: unknown) => boolean {
  return (failure) => failure === reason || (failure instanceof Error && failure.message.includes(reason));
}

function ignore(): void {}
