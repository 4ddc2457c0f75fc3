/** What message ports add to the contract of transports. */
import { describe, expect, test } from "vitest";
import { messagePortTransport, type ByteTransport, type MessagePortOptions } from "../../src/transports/messagePort.ts";
import { hex, join, toHex } from "../support/wire.ts";
import { contract, ExactReader, pattern, pause, standstill } from "./contract.ts";
import { sessions } from "./sessions.ts";

function pair(): [ByteTransport, ByteTransport] {
  const { port1, port2 } = new MessageChannel();
  return [messagePortTransport(port1), messagePortTransport(port2)];
}

const TRAITS = { heldBytes: 1024 * 1024 };

contract("a message port", () => Promise.resolve(pair()), TRAITS);
sessions("a message port", () => Promise.resolve(pair()), TRAITS);

/** A transport whose other end is the test's. */
function facing(options: MessagePortOptions = {}): {
  transport: ByteTransport;
  port: MessagePort;
  /** What has arrived since the last call, with bytes in hex. */
  come: () => Promise<unknown[]>;
} {
  const { port1, port2 } = new MessageChannel();
  const transport = messagePortTransport(port1, options);
  const messages: unknown[] = [];
  port2.addEventListener("message", ({ data }) => messages.push(data));
  port2.start();
  const come = async (): Promise<unknown[]> => {
    await pause(30);
    return messages
      .splice(0)
      .map((data) => (Array.isArray(data) ? data.map((buffer: ArrayBuffer) => toHex(new Uint8Array(buffer))) : data));
  };
  return { transport, port: port2, come };
}

const FIRST_GRANT = { type: "grant", cost: 1024 * 1024 - 65_536 };

describe("on the wire", () => {
  test("what is written in one turn is one message of buffers, and the end is sent", async () => {
    const { transport, come } = facing();
    const writer = transport.writable.getWriter();
    await writer.write(hex("01 02 03"));
    await writer.write(hex("00 04 05").subarray(1));
    await writer.close();
    expect(await come()).toEqual([FIRST_GRANT, ["01 02 03", "04 05"], { type: "end" }]);
  });
  test("a message grows only to about 256 KiB", async () => {
    const { transport, port, come } = facing();
    port.postMessage({ type: "grant", cost: 1024 * 1024 });
    await come();
    const writer = transport.writable.getWriter();
    for (let i = 0; i < 9; i++) await writer.write(new Uint8Array(100_000));
    expect((await come()).map((buffers) => (buffers as string[]).length)).toEqual([3, 3, 3]);
  });
  test("a reason is sent if it is a string, because an error may contain too much", async () => {
    const { transport, come } = facing();
    expect(await come()).toEqual([FIRST_GRANT]);
    await transport.writable.abort("why");
    await transport.readable.cancel(new Error("secret"));
    expect(await come()).toEqual([
      { type: "reset", reason: "why" },
      { type: "stop", reason: "" },
    ]);
  });
  test("no more is sent than 64 KiB of cost before the first grant, plus one message", async () => {
    const { transport, port, come } = facing();
    const writer = transport.writable.getWriter();
    let written = 0;
    const writing = (async () => {
      for (; written < 500; written++) await writer.write(new Uint8Array(744));
    })();
    await standstill(() => written + 1);
    expect(written).toBe(66); // each costs 1000, so the credit suffices for 66
    expect((await come()).slice(1).flat()).toHaveLength(66);
    port.postMessage({ type: "grant", cost: 10_000 });
    await standstill(() => written);
    expect(written).toBe(76);
    port.postMessage({ type: "stop", reason: "" });
    await expect(writing).rejects.toMatchObject({ name: "TransportError", code: "stopped" });
  });
  test("what is read is granted again, a quarter of the window at a time", async () => {
    const { transport, port, come } = facing({ windowBytes: 100_000 });
    await come();
    for (let i = 0; i < 3; i++) port.postMessage([new ArrayBuffer(20_000 - 256)]);
    expect(await come()).toEqual([]);
    const reader = transport.readable.getReader();
    await reader.read();
    expect(await come()).toEqual([]);
    await reader.read();
    expect(await come()).toEqual([{ type: "grant", cost: 40_000 }]);
  });
});

describe("a chunk that is written", () => {
  test("is moved, not copied, if it fills its buffer", async () => {
    const [near, far] = pair();
    const writer = near.writable.getWriter();
    const own = pattern(0, 100);
    const part = pattern(0, 100).subarray(1);
    await writer.write(own);
    await writer.write(part);
    const reader = new ExactReader(far);
    expect(await reader.read(199)).toEqual(join(pattern(0, 100), pattern(1, 99)));
    expect(own.length).toBe(0);
    expect(part).toEqual(pattern(1, 99));
  });
  test("is copied if its memory can't be transferred, such as WebAssembly's", async () => {
    const [near, far] = pair();
    const memory = new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer);
    memory.set(pattern(0, memory.length));
    const writer = near.writable.getWriter();
    await writer.write(pattern(0, 100));
    await writer.write(memory);
    expect(await new ExactReader(far).read(65_636)).toEqual(join(pattern(0, 100), pattern(0, 65_536)));
    expect(memory.length).toBe(65_536);
  });
});

describe("a message that is not from a transport", () => {
  test.each<[string, unknown]>([
    ["text", "hello"],
    ["null", null],
    ["nothing", undefined],
    ["a single buffer", new ArrayBuffer(3)],
    ["no buffers", []],
    ["a view", [new Uint8Array(3)]],
    ["no bytes", [new ArrayBuffer(3), new ArrayBuffer(0)]],
    ["a text among the buffers", [new ArrayBuffer(3), "hello"]],
    ["an unknown type", { type: "ping" }],
    ["a grant of nothing", { type: "grant", cost: 0 }],
    ["a grant of less", { type: "grant", cost: -1 }],
    ["a grant of no number", { type: "grant", cost: "1" }],
    ["a grant without end", { type: "grant", cost: Infinity }],
    ["a reset without a reason", { type: "reset" }],
    ["a stop with an object", { type: "stop", reason: {} }],
  ])("fails both streams, and notifies the other end: %s", async (_, message) => {
    const { transport, port, come } = facing();
    const reading = transport.readable.getReader().read();
    port.postMessage(message);
    await expect(reading).rejects.toMatchObject({ name: "TransportError", code: "badMessage" });
    const writer = transport.writable.getWriter();
    await expect(writer.write(hex("00"))).rejects.toMatchObject({ code: "badMessage" });
    expect((await come()).slice(1)).toMatchObject([{ type: "reset" }, { type: "stop" }]);
    await transport.closed;
  });
  test("with bytes beyond the window", async () => {
    const { transport, port, come } = facing();
    for (let i = 0; i < 17; i++) port.postMessage([new ArrayBuffer(65_536)]);
    await transport.closed;
    expect((await come()).slice(1)).toMatchObject([{ type: "reset" }, { type: "stop" }]);
    await expect(transport.readable.getReader().read()).rejects.toMatchObject({ code: "overflow" });
  });
  test("in a flood of tiny chunks: each counts with its overhead", async () => {
    const { transport, port } = facing();
    for (let i = 0; i < 5000; i++) port.postMessage([new ArrayBuffer(1)]);
    await transport.closed;
    await expect(transport.readable.getReader().read()).rejects.toMatchObject({ code: "overflow" });
  });
});

describe("an other end that is gone", () => {
  test("is reported by a signal, which fails pending calls with its reason", async () => {
    const gone = new AbortController();
    const { transport } = facing({ signal: gone.signal });
    const reading = transport.readable.getReader().read();
    const writer = transport.writable.getWriter();
    const writing = (async () => {
      for (;;) await writer.write(new Uint8Array(65_536));
    })();
    await pause(20);
    gone.abort("it died");
    await expect(reading).rejects.toBe("it died");
    await expect(writing).rejects.toBe("it died");
    await transport.closed;
  });
  test("may be known before", async () => {
    const { transport } = facing({ signal: AbortSignal.abort("it died") });
    await expect(transport.readable.getReader().read()).rejects.toBe("it died");
    await expect(transport.writable.getWriter().write(hex("00"))).rejects.toBe("it died");
    await transport.closed;
  });
  if ("unref" in MessagePort.prototype) {
    test("is reported by Node, after everything that it had sent", async () => {
      const { transport, port } = facing();
      const reader = transport.readable.getReader();
      port.postMessage([new ArrayBuffer(3)]);
      expect((await reader.read()).value).toEqual(hex("00 00 00"));
      port.close();
      await expect(reader.read()).rejects.toMatchObject({ code: "lost" });
      await expect(transport.writable.getWriter().write(hex("00"))).rejects.toMatchObject({ code: "lost" });
      await transport.closed;
    });
  }
});

test.each([65_535, NaN])("a window of %s is a RangeError", (windowBytes) => {
  const { port1 } = new MessageChannel();
  expect(() => messagePortTransport(port1, { windowBytes })).toThrow(RangeError);
  port1.close();
});
