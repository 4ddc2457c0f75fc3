/** Joining two byte transports: bytes, ends and failures pass as they are, and nothing is left behind. */
import { describe, expect, test } from "vitest";
import { BridgeError, bridgeBytes, type BridgeOptions } from "../../src/bridge/index.ts";
import { ManualClock } from "../../src/testing/index.ts";
import { pipe, type ByteTransport } from "../../src/transports/pipe.ts";
import { countedSignal } from "../support/counted.ts";
import { countTimers } from "../support/timers.ts";
import { isPending, settled, WireTransport } from "../support/wireTransport.ts";
import { hex, toHex } from "../support/wire.ts";

const KIB = 1024;

interface Joined {
  readonly a: ByteTransport;
  readonly b: ByteTransport;
  readonly bridged: ReturnType<typeof bridgeBytes>;
}

/** The outer ends of two pipes whose inner ends are joined. */
function joined(options?: BridgeOptions): Joined {
  const [a, near] = pipe();
  const [far, b] = pipe();
  const bridged = bridgeBytes(near, far, options);
  bridged.catch(() => undefined);
  return { a, b, bridged };
}

async function write(transport: ByteTransport, ...chunks: Uint8Array<ArrayBuffer>[]): Promise<void> {
  const writer = transport.writable.getWriter();
  for (const chunk of chunks) await writer.write(chunk);
  writer.releaseLock();
}

async function readAll(transport: ByteTransport): Promise<string> {
  const chunks: string[] = [];
  for await (const chunk of transport.readable) chunks.push(toHex(chunk));
  return chunks.join(" ");
}

describe("bytes", () => {
  test("pass both ways and are counted", async () => {
    const { a, b, bridged } = joined();
    await write(a, hex("01 02 03"));
    await write(b, hex("04 05"));
    await Promise.all([a.writable.close(), b.writable.close()]);
    expect(await Promise.all([readAll(a), readAll(b)])).toEqual(["04 05", "01 02 03"]);
    expect(await bridged).toEqual({ aToB: 3, bToA: 2 });
  });
  test("onBytes tells of each chunk once the other side has taken it", async () => {
    const told: string[] = [];
    const { a, b, bridged } = joined({ onBytes: (direction, bytes) => told.push(`${direction} ${bytes}`) });
    await write(a, hex("01 02 03"));
    await settled();
    await write(b, hex("04"));
    await Promise.all([a.writable.close(), b.writable.close(), readAll(a), readAll(b)]);
    await bridged;
    expect(told).toEqual(["aToB 3", "bToA 1"]);
  });
  test("wait while the other side takes none: the bridge holds one that is written and one that has been read", async () => {
    const a = new WireTransport();
    const b = new WireTransport();
    b.takeNothing();
    void bridgeBytes(a, b).catch(() => undefined);
    a.bring(...Array.from({ length: 100 }, (_, i) => Uint8Array.of(i)));
    await settled();
    expect(a.reads).toBe(2);
    b.takeAgain();
    await settled(30);
    expect(a.reads).toBe(100);
    expect(b.writtenBytes).toBe(100);
  });
  test("of 1 GiB, a reader that has stopped lets only a little pass", async () => {
    let passed = 0;
    const { a } = joined({ onBytes: (_, bytes) => (passed += bytes) });
    const writer = a.writable.getWriter();
    const chunk = new Uint8Array(64 * KIB);
    let written = 0;
    void (async () => {
      for (; written < 1024 * KIB * KIB; written += chunk.length) await writer.write(chunk);
    })().catch(() => undefined);
    await settled(50);
    const held = written;
    await settled(50);
    expect(written).toBe(held);
    expect(held).toBeLessThanOrEqual(512 * KIB);
    expect(passed).toBeLessThanOrEqual(128 * KIB);
  });
});

describe("ends", () => {
  test("of one direction are passed on, and the other continues", async () => {
    const { a, b, bridged } = joined();
    await write(a, hex("01"));
    await a.writable.close();
    expect(await readAll(b)).toBe("01");
    expect(await isPending(bridged)).toBe(true);
    await write(b, hex("02"));
    await b.writable.close();
    expect(await readAll(a)).toBe("02");
    expect(await bridged).toEqual({ aToB: 1, bToA: 1 });
  });
  test("of both directions end both transports", async () => {
    const a = new WireTransport();
    const b = new WireTransport();
    const bridged = bridgeBytes(a, b);
    a.end();
    b.end();
    await bridged;
    expect([a.ends, b.ends]).toEqual([
      ["closed", "ended"],
      ["closed", "ended"],
    ]);
  });
});

describe("a failure", () => {
  test("of reading aborts the other side's writer with the error, and the other direction continues", async () => {
    const a = new WireTransport();
    const b = new WireTransport();
    const bridged = bridgeBytes(a, b);
    a.failReading(new Error("reset"));
    await settled();
    expect(b.ends).toEqual(["aborted: reset"]);
    b.bring(hex("01"));
    await settled();
    expect(toHex(a.written())).toBe("01");
    b.end();
    await expect(bridged).rejects.toThrow("reset");
    expect(a.ends).toEqual(["closed", "ended"]);
  });
  test("of writing cancels the other side's reader with the error, even while nothing comes", async () => {
    const a = new WireTransport();
    const b = new WireTransport();
    const bridged = bridgeBytes(a, b);
    b.failWriting(new Error("gone"));
    await settled();
    expect(a.ends).toEqual(["cancelled: gone"]);
    b.end();
    await expect(bridged).rejects.toThrow("gone");
  });
  test("of a write that waits is passed on", async () => {
    const a = new WireTransport();
    const b = new WireTransport();
    const bridged = bridgeBytes(a, b);
    b.takeNothing();
    a.bring(hex("01"));
    await settled();
    b.refuse(new Error("gone"));
    b.end();
    await expect(bridged).rejects.toThrow("gone");
    expect(a.ends.toSorted()).toEqual(["cancelled: gone", "closed", "ended"]);
  });
  test("reaches the far end of a pipe as it was", async () => {
    const { a, b } = joined();
    await a.writable.abort(new Error("half a file"));
    await expect(readAll(b)).rejects.toThrow("half a file");
  });
  test.each(["a", "b"] as const)("of all of %s ends the other side", async (side) => {
    const joint = joined();
    const killed = joint[side];
    const other = side === "a" ? joint.b : joint.a;
    killed.close!();
    expect(await readAll(other)).toBe("");
    await expect(other.writable.getWriter().closed).rejects.toThrow("the connection is closed");
    await expect(joint.bridged).rejects.toThrow("the connection is closed");
  });
});

describe("the bridge ends both sides", () => {
  test("when its signal is aborted, with the reason, and leaves no listener", async () => {
    const { signal, abort, listeners } = countedSignal();
    const a = new WireTransport();
    const b = new WireTransport();
    const bridged = bridgeBytes(a, b, { signal });
    expect(listeners()).toBe(1);
    abort(new Error("enough"));
    await expect(bridged).rejects.toThrow("enough");
    await settled();
    for (const { ends } of [a, b]) {
      expect(ends.toSorted()).toEqual(["aborted: enough", "cancelled: enough", "ended"]);
    }
    expect(listeners()).toBe(0);
  });
  test("at once, even if a write never ends", async () => {
    const { signal, abort } = countedSignal();
    const a = new WireTransport();
    const b = new WireTransport();
    const bridged = bridgeBytes(a, b, { signal });
    b.takeNothing();
    a.bring(hex("01"));
    await settled();
    abort(new Error("enough"));
    await expect(bridged).rejects.toThrow("enough");
  });
  test("when nothing has passed for idleMs", async () => {
    const clock = new ManualClock();
    const { a, b, bridged } = joined({ idleMs: 1000, clock });
    await clock.advance(999);
    await write(a, hex("01"));
    await clock.advance(999);
    expect(await isPending(bridged)).toBe(true);
    await clock.advance(1);
    await expect(bridged).rejects.toMatchObject({ name: "BridgeError", code: "idle" });
    await expect(readAll(b)).rejects.toThrow(BridgeError);
  });
  test("when more than maxBytes have passed", async () => {
    const { a, b, bridged } = joined({ maxBytes: 3 });
    await write(a, hex("01 02"));
    await write(b, hex("03"));
    expect(await isPending(bridged)).toBe(true);
    await write(b, hex("04"));
    await expect(bridged).rejects.toMatchObject({ name: "BridgeError", code: "tooManyBytes" });
  });
  test("when onBytes throws, with its error", async () => {
    const { a, b, bridged } = joined({
      onBytes() {
        throw new Error("a defect");
      },
    });
    await write(a, hex("01"));
    await expect(bridged).rejects.toThrow("a defect");
    await expect(b.readable.getReader().closed).rejects.toThrow("a defect");
  });
});

test("2,000 bridges leave no timer and no listener behind", { timeout: 300_000 }, async () => {
  const timers = countTimers();
  const { signal, listeners } = countedSignal();
  await Promise.all(
    Array.from({ length: 2000 }, async (_, i) => {
      const { a, b, bridged } = joined({ signal, idleMs: 60_000 });
      await write(a, hex("01"));
      if (i % 2 === 0) await Promise.all([a.writable.close(), b.writable.close(), readAll(a), readAll(b)]);
      else await Promise.all([a.writable.abort(), b.writable.abort()]);
      await bridged.catch(() => undefined);
    }),
  );
  expect([timers(), listeners()]).toEqual([0, 0]);
});

describe("transports that can't be joined", () => {
  test("one that is in use is refused, and the other is ended", async () => {
    const a = new WireTransport();
    const b = new WireTransport();
    a.readable.getReader();
    await expect(bridgeBytes(a, b)).rejects.toThrow(/^the transport is in use/);
    await settled();
    expect(b.ends.toSorted()).toEqual([
      "aborted: the transport is in use: one of its streams is locked",
      "cancelled: the transport is in use: one of its streams is locked",
      "ended",
    ]);
  });
  test("one whose request has been read is refused", async () => {
    const [a, near] = pipe();
    const request = { method: "GET", target: "/", headers: [] };
    await expect(bridgeBytes({ ...near, request }, pipe()[0])).rejects.toThrow(/use serve\(\) with gateway\(\)$/);
    await expect(readAll(a)).rejects.toThrow(TypeError);
  });
  test("a transport is not joined with itself", async () => {
    const [near] = pipe();
    await expect(bridgeBytes(near, near)).rejects.toThrow("bridgeBytes() joins two transports, not one with itself");
  });
  test("an aborted signal ends both", async () => {
    const a = new WireTransport();
    const b = new WireTransport();
    await expect(bridgeBytes(a, b, { signal: AbortSignal.abort(new Error("late")) })).rejects.toThrow("late");
    for (const { ends } of [a, b]) expect(ends.toSorted()).toEqual(["aborted: late", "cancelled: late", "ended"]);
  });
});
