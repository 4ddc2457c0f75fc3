/** race(): which arm wins, what becomes of the others, and what is remembered. */
import { describe, expect, test } from "vitest";
import { race, type DialCarrier } from "../../src/resume/index.ts";
import { pipe, type ByteTransport } from "../../src/transports/pipe.ts";
import { turn } from "../simulation/host.ts";
import { VirtualClock } from "../simulation/virtualClock.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const ignore = (): void => undefined;

async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await turn();
}

async function advance(clock: VirtualClock, ms: number): Promise<void> {
  const untilMs = clock.now() + ms;
  clock.after(ms, ignore);
  while (clock.nextMs !== undefined && clock.nextMs <= untilMs) {
    clock.step();
    await settle();
  }
}

/** A dial by hand, with the other end of what it opens. */
class Arm {
  dials = 0;
  signal: AbortSignal | undefined;
  /** What its other end has read. */
  readonly heard: number[] = [];
  hasEnded = false;
  #resolve: (transport: ByteTransport) => void = ignore;
  #reject: (error: unknown) => void = ignore;
  #far: WritableStreamDefaultWriter<Bytes> | undefined;

  readonly dial: DialCarrier = (signal) => {
    this.dials++;
    this.signal = signal;
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  };

  async open(): Promise<void> {
    const [near, far] = pipe();
    this.#far = far.writable.getWriter();
    this.#far.closed.catch(ignore);
    void this.#read(far.readable.getReader());
    this.#resolve(near);
    await settle();
  }

  async answer(...bytes: number[]): Promise<void> {
    await this.#far!.write(Uint8Array.from(bytes)).catch(ignore);
    await settle();
  }

  async fail(message: string): Promise<void> {
    this.#reject(new Error(message));
    await settle();
  }

  async breakOff(message: string): Promise<void> {
    await this.#far!.abort(new Error(message)).catch(ignore);
    await settle();
  }

  async end(): Promise<void> {
    await this.#far!.close();
    await settle();
  }

  async #read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    try {
      for (let next = await reader.read(); !next.done; next = await reader.read()) this.heard.push(...next.value);
    } catch {
      // It was aborted.
    }
    this.hasEnded = true;
  }
}

interface World {
  readonly clock: VirtualClock;
  readonly arms: readonly Arm[];
  readonly transport: Promise<ByteTransport>;
}

function start(count: number, options: Parameters<typeof race>[1] = {}, clock = new VirtualClock()): World {
  const arms = Array.from({ length: count }, () => new Arm());
  const transport = race(
    arms.map(({ dial }) => dial),
    { clock, ...options },
  );
  transport.catch(ignore);
  return { clock, arms, transport };
}

describe("an arm starts", () => {
  test("headStartMs after the one before it", async () => {
    const { clock, arms } = start(3, { headStartMs: 100 });
    await advance(clock, 99);
    expect(arms.map(({ dials }) => dials)).toEqual([1, 0, 0]);
    await advance(clock, 1);
    expect(arms.map(({ dials }) => dials)).toEqual([1, 1, 0]);
    await advance(clock, 100);
    expect(arms.map(({ dials }) => dials)).toEqual([1, 1, 1]);
    expect(clock.liveTimers).toBe(0);
  });

  test("only when the one before it has failed, if headStartMs is Infinity", async () => {
    const { clock, arms } = start(2, { headStartMs: Infinity });
    await advance(clock, 2 ** 31);
    expect([arms[1]!.dials, clock.liveTimers]).toEqual([0, 0]);
    await arms[0]!.fail("401");
    expect(arms[1]!.dials).toBe(1);
  });

  test("at once when the one before it has failed", async () => {
    const { arms } = start(2);
    await arms[0]!.fail("401");
    expect(arms[1]!.dials).toBe(1);
  });

  test("even if the first one has opened, because that may stall", async () => {
    const { clock, arms, transport } = start(2);
    await arms[0]!.open();
    const writer = (await transport).writable.getWriter();
    await writer.write(Uint8Array.of(1, 2));
    await advance(clock, 250);
    await arms[1]!.open();
    await writer.write(Uint8Array.of(3));
    await arms[1]!.answer(9);
    expect(arms.map(({ heard }) => heard)).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect((await (await transport).readable.getReader().read()).value).toEqual(Uint8Array.of(9));
    expect(arms.map(({ hasEnded }) => hasEnded)).toEqual([true, false]);
    await writer.write(Uint8Array.of(4));
    await settle();
    expect(arms[1]!.heard).toEqual([1, 2, 3, 4]);
  });
});

describe("the first byte of an answer", () => {
  test("decides: no other arm starts, and the losers are ended", async () => {
    const { clock, arms, transport } = start(3);
    await advance(clock, 250);
    await arms[0]!.open();
    await arms[1]!.open();
    await arms[0]!.answer(1);
    await transport;
    await advance(clock, 1000);
    expect(arms.map(({ dials }) => dials)).toEqual([1, 1, 0]);
    expect(arms[1]!.hasEnded).toBe(true);
    expect(arms.map(({ signal }) => signal?.aborted)).toEqual([false, true, undefined]);
    expect(clock.liveTimers).toBe(0);
  });

  test("ends an arm that opens after it", async () => {
    const { clock, arms } = start(2);
    await advance(clock, 250);
    await arms[1]!.open();
    await arms[1]!.answer(1);
    await arms[0]!.open();
    expect(arms[0]!.hasEnded).toBe(true);
  });
});

describe("an arm that fails", () => {
  test("before it opens does not end the race", async () => {
    const { arms, transport } = start(2);
    await arms[0]!.fail("403 Forbidden");
    await arms[1]!.open();
    await arms[1]!.answer(7);
    expect((await (await transport).readable.getReader().read()).value).toEqual(Uint8Array.of(7));
  });

  test.each(["breakOff", "end"] as const)("by %s without an answer does not end the race", async (how) => {
    const { arms, transport } = start(2);
    await arms[0]!.open();
    const reading = (await transport).readable.getReader().read();
    await arms[0]![how]("gone");
    await arms[1]!.open();
    await arms[1]!.answer(7);
    expect((await reading).value).toEqual(Uint8Array.of(7));
  });

  test("as all others do rejects with all failures", async () => {
    const { arms, transport } = start(2);
    await arms[0]!.fail("refused");
    await arms[1]!.fail("timed out");
    const error: unknown = await transport.catch((error: unknown) => error);
    expect(error).toBeInstanceOf(AggregateError);
    expect((error as AggregateError).errors.map(String)).toEqual(["Error: refused", "Error: timed out"]);
  });

  test("after it has opened, as all others do, fails the streams with all failures", async () => {
    const { arms, transport } = start(2);
    await arms[0]!.open();
    const { readable, closed } = await transport;
    const reading = readable.getReader().read();
    reading.catch(ignore);
    await arms[0]!.breakOff("gone");
    await arms[1]!.fail("refused");
    await expect(reading).rejects.toBeInstanceOf(AggregateError);
    await closed;
  });
});

describe("the winner", () => {
  test("starts first for ten minutes, and no longer", async () => {
    const clock = new VirtualClock();
    const arms = [new Arm(), new Arm()] as const;
    const again = () => {
      const transport = race([arms[0].dial, arms[1].dial], { clock });
      transport.catch(ignore);
      return transport;
    };
    const first = again();
    await advance(clock, 250);
    await arms[1].open();
    await arms[1].answer(1);
    (await first).close!();
    await settle();
    void again();
    await settle();
    expect(arms.map(({ dials }) => dials)).toEqual([1, 2]);
    await advance(clock, 10 * 60_000);
    void again();
    await settle();
    expect(arms.map(({ dials }) => dials)).toEqual([3, 2]);
  });

  test("carries both directions to their ends", async () => {
    const { arms, transport } = start(1);
    await arms[0]!.open();
    const { readable, writable, closed } = await transport;
    const reader = readable.getReader();
    const writer = writable.getWriter();
    await writer.write(Uint8Array.of(1));
    const closing = writer.close();
    await settle();
    expect(arms[0]!.hasEnded).toBe(true);
    await arms[0]!.answer(2);
    await arms[0]!.end();
    expect((await reader.read()).value).toEqual(Uint8Array.of(2));
    expect((await reader.read()).done).toBe(true);
    await Promise.all([closing, closed]);
  });
});

describe("before there is an answer", () => {
  test("at most 64 KiB are written: then the writer waits", async () => {
    const { arms, transport } = start(1);
    await arms[0]!.open();
    const writer = (await transport).writable.getWriter();
    let written = 0;
    for (let i = 0; i < 10; i++) void writer.write(new Uint8Array(16 * 1024)).then(() => written++, ignore);
    await settle();
    expect(written).toBe(3);
    await arms[0]!.answer(1);
    expect(written).toBe(10);
  });

  test("what was written is kept for later arms, and the writer may reuse its chunk, even if that is a Buffer", async () => {
    const { clock, arms, transport } = start(2);
    await arms[0]!.open();
    const chunk = Uint8Array.of(1, 2);
    const buffer = Object.assign(chunk.subarray(0), { slice: () => chunk }); // as Buffer's: a view
    await (await transport).writable.getWriter().write(buffer);
    chunk.fill(9);
    await advance(clock, 250);
    await arms[1]!.open();
    expect(arms.map(({ heard }) => heard)).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  test.each([
    ["aborting the signal", (_: ByteTransport, stop: AbortController) => stop.abort(new Error("enough"))],
    ["cancelling the reader", ({ readable }: ByteTransport) => void readable.cancel("enough")],
    ["aborting the writer", ({ writable }: ByteTransport) => void writable.abort("enough").catch(ignore)],
  ])("%s ends all arms", async (_, end) => {
    const stop = new AbortController();
    const { clock, arms, transport } = start(2, { signal: stop.signal });
    await advance(clock, 250);
    await arms[0]!.open();
    end(await transport, stop);
    await settle();
    await arms[1]!.open();
    expect(arms.map(({ hasEnded }) => hasEnded)).toEqual([true, true]);
    await (
      await transport
    ).closed;
    expect(clock.liveTimers).toBe(0);
  });
});
