/** The pipe: two ends in memory that carry bytes like a socket. */
import { describe, expect, test } from "vitest";
import { pipe, type ByteTransport } from "../../src/transports/pipe.ts";
import { hex, toHex } from "../support/wire.ts";
import { contract } from "./contract.ts";

contract("a pipe", () => Promise.resolve(pipe()), { heldBytes: 128 * 1024 });

/** Whether a promise settles before everything that is ready to run has run. */
async function settles(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = (): void => void (settled = true);
  promise.then(note, note);
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
  return settled;
}

async function readAll({ readable }: ByteTransport): Promise<string> {
  const parts: string[] = [];
  const reader = readable.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) parts.push(toHex(read.value));
  return parts.join(" | ");
}

describe("bytes", () => {
  test("written at one end are read at the other, in order, chunk by chunk, in both directions", async () => {
    const [near, far] = pipe();
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      const writer = from.writable.getWriter();
      void writer.write(hex("01 02"));
      void writer.write(hex(""));
      void writer.write(hex("03"));
      void writer.close();
      expect(await readAll(to)).toBe("01 02 | 03");
    }
  });
  test("are moved with handOver: the reader gets the buffer that was written", async () => {
    const [near, far] = pipe({ handOver: true });
    const chunk = hex("01 02");
    await near.writable.getWriter().write(chunk);
    expect((await far.readable.getReader().read()).value).toBe(chunk);
  });
  test("are copied when they are written: both ends may change their bytes", async () => {
    const [near, far] = pipe();
    const chunk = hex("01 02");
    await near.writable.getWriter().write(chunk);
    chunk.fill(0xff);
    const { value } = await far.readable.getReader().read();
    expect(toHex(value!)).toBe("01 02");
    value!.fill(0xee);
    expect(toHex(chunk)).toBe("ff ff");
  });
  test("are copied, even from an array whose slice() is a view, such as Node's Buffer", async () => {
    const [near, far] = pipe();
    const bytes = hex("01 02");
    await near.writable.getWriter().write(Object.assign(bytes.subarray(0), { slice: () => bytes }));
    bytes.fill(0xff);
    expect(toHex((await far.readable.getReader().read()).value!)).toBe("01 02");
  });
  test("of the wrong type fail their direction with a TypeError at both ends, and leave the other alone", async () => {
    const [near, far] = pipe();
    await expect(near.writable.getWriter().write("text" as never)).rejects.toThrow(TypeError);
    await expect(far.readable.getReader().read()).rejects.toThrow(TypeError);
    await far.writable.getWriter().write(hex("01"));
    expect((await near.readable.getReader().read()).value).toEqual(hex("01"));
  });
});

describe("backpressure", () => {
  test("a writer waits while the other end does not read, and continues when it does", async () => {
    const [near, far] = pipe({ highWaterMark: 4 });
    const writer = near.writable.getWriter();
    expect(await settles(writer.write(hex("00*3")))).toBe(true);
    const second = writer.write(hex("00*3"));
    expect(await settles(second)).toBe(false);
    const reader = far.readable.getReader();
    await reader.read();
    expect(await settles(second)).toBe(true);
  });
  test("pauses a sender of a gigabyte at the mark plus one chunk", async () => {
    const [near, far] = pipe({ highWaterMark: 65_536 });
    const writer = near.writable.getWriter();
    const chunk = new Uint8Array(65_536);
    let written = 0;
    const sending = (async () => {
      for (let i = 0; i < 16_384; i++) {
        await writer.ready;
        await writer.write(chunk);
        written += chunk.length;
      }
    })();
    sending.catch(() => {});
    expect(await settles(sending)).toBe(false);
    expect(written).toBeLessThanOrEqual(2 * 65_536);
    await far.readable.cancel("enough");
    await expect(sending).rejects.toBe("enough");
  });
  test("a mark of zero lets a chunk through only to a waiting reader", async () => {
    const [near, far] = pipe({ highWaterMark: 0 });
    const write = near.writable.getWriter().write(hex("01"));
    expect(await settles(write)).toBe(false);
    expect((await far.readable.getReader().read()).value).toEqual(hex("01"));
    // The chunk is out of the queue, but only the next read asks for more.
    expect(await settles(write)).toBe(false);
  });
  test.each([-1, NaN])("a mark of %s is a RangeError", (highWaterMark) => {
    expect(() => pipe({ highWaterMark })).toThrow(RangeError);
  });
});

describe("the end", () => {
  test("of one direction leaves the other open", async () => {
    const [near, far] = pipe();
    await near.writable.getWriter().close();
    expect((await far.readable.getReader().read()).done).toBe(true);
    await far.writable.getWriter().write(hex("01"));
    expect((await near.readable.getReader().read()).value).toEqual(hex("01"));
    expect(await settles(near.closed!)).toBe(false);
  });
  test("follows everything that was written before it", async () => {
    const [near, far] = pipe({ highWaterMark: 1 });
    const writer = near.writable.getWriter();
    const written = [writer.write(hex("01")), writer.write(hex("02")), writer.close()];
    expect(await readAll(far)).toBe("01 | 02");
    await Promise.all(written);
  });
  test("of both directions settles closed at both ends", async () => {
    const [near, far] = pipe();
    await near.writable.close();
    await far.writable.close();
    await Promise.all([near.closed, far.closed]);
  });
  test("abort fails the other end's reader with its reason, at once", async () => {
    const [near, far] = pipe();
    const writer = near.writable.getWriter();
    void writer.write(hex("01")).catch(() => {});
    const reader = far.readable.getReader();
    await writer.abort("reset");
    await expect(reader.read()).rejects.toBe("reset");
  });
  test("cancel fails the other end's writer with its reason, and a pending write", async () => {
    const [near, far] = pipe({ highWaterMark: 1 });
    const writer = near.writable.getWriter();
    const writes = [writer.write(hex("01")), writer.write(hex("02"))];
    for (const write of writes) write.catch(() => {});
    writer.closed.catch(() => {});
    await far.readable.cancel("enough");
    await expect(writes[1]).rejects.toBe("enough");
    await expect(writer.closed).rejects.toBe("enough");
  });
  test("close() lets the other end read what was written, ends both directions, and may be called twice", async () => {
    const [near, far] = pipe();
    const writer = near.writable.getWriter();
    writer.closed.catch(() => {});
    await writer.write(hex("01"));
    near.close?.();
    far.close?.();
    expect(await readAll(far)).toBe("01");
    expect(await readAll(near)).toBe("");
    await expect(writer.write(hex("02"))).rejects.toThrow("closed");
    await near.closed;
  });
});
