/**
 * Transports over carriers that fail, flood, or never end: nothing is left, nothing hangs, and memory stays bounded.
 */
import { describe, expect, test, vi } from "vitest";
import { messagePortTransport } from "../../src/transports/messagePort.ts";
import { webSocketProtocol, webSocketTransport, type ByteTransport } from "../../src/transports/webSocketTransport.ts";
import { dataChannelProtocol, dataChannelTransport } from "../../src/transports/webrtc.ts";
import { countedSignal } from "../support/counted.ts";
import { FakeChannel, FakePort, FakeWebSocket, type FakeCarrier } from "../support/fakeCarriers.ts";
import { hex } from "../support/wire.ts";
import { fakeTime } from "../support/fakeTime.ts";
import { waysToEnd } from "./contract.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

const ends = waysToEnd();

interface Sizes {
  windowBytes?: number;
  maxUnreadBytes?: number;
}
interface Kind {
  /** Whether both ends are ours, and exchange control messages. */
  readonly ours: boolean;
  make(sizes?: Sizes): { carrier: FakeCarrier & { open(): void }; transport: ByteTransport };
}

function channelKind(protocol: string): Kind {
  return {
    ours: protocol !== "",
    make(sizes) {
      const carrier = new FakeChannel(protocol);
      return { carrier, transport: dataChannelTransport(carrier as unknown as RTCDataChannel, sizes) };
    },
  };
}
function socketKind(protocol: string): Kind {
  return {
    ours: protocol !== "",
    make(sizes) {
      const carrier = new FakeWebSocket(protocol);
      return { carrier, transport: webSocketTransport(carrier, sizes) };
    },
  };
}
const port: Kind = {
  ours: true,
  make(sizes) {
    const carrier = new FakePort();
    return { carrier, transport: messagePortTransport(carrier, sizes) };
  },
};
const ours: [string, Kind][] = [
  ["a data channel", channelKind(dataChannelProtocol)],
  ["a WebSocket", socketKind(webSocketProtocol)],
  ["a message port", port],
];
const kinds: [string, Kind][] = [
  ...ours,
  ["a data channel with a plain peer", channelKind("")],
  ["a WebSocket with a plain peer", socketKind("")],
];

/** Waits longer than any timer of ours, and checks that everything has settled. */
async function expectNothingLeft(
  what: string,
  carrier: FakeCarrier,
  { closed }: ByteTransport,
  waiting: Promise<unknown>[],
): Promise<void> {
  let settled = false;
  void Promise.all([closed, Promise.allSettled(waiting)]).then(() => (settled = true));
  await vi.advanceTimersByTimeAsync(10_000);
  expect({ what, settled, timers: vi.getTimerCount(), listeners: carrier.listeners }).toEqual({
    what,
    settled: true,
    timers: 0,
    listeners: 0,
  });
}

describe.each(kinds)("after its end nothing is left of %s", (name, kind) => {
  /** The state of the carrier, and its defects. */
  const states: [string, (carrier: FakeCarrier & { open(): void }) => void][] = [
    ["before it opened", () => undefined],
    ["that is open", (carrier) => carrier.open()],
    [
      "that takes nothing more",
      (carrier) => {
        carrier.open();
        carrier.bufferedAmount = 16 * MIB;
      },
    ],
    [
      "whose sending throws",
      (carrier) => {
        carrier.open();
        carrier.broken = ["send"];
      },
    ],
    [
      "whose close() throws",
      (carrier) => {
        carrier.open();
        carrier.broken = ["close"];
      },
    ],
    [
      "whose members all throw",
      (carrier) => {
        carrier.open();
        carrier.broken = ["send", "close"];
      },
    ],
  ];
  test.each(states)("%s, by any two ends at the same moment", async (_, prepare) => {
    fakeTime();
    for (const [first, endFirst] of ends) {
      for (const [second, endSecond] of ends) {
        const { carrier, transport } = kind.make();
        prepare(carrier);
        const reader = transport.readable.getReader();
        const writer = transport.writable.getWriter();
        const waiting: Promise<unknown>[] = [reader.read(), writer.write(new Uint8Array(MIB)), writer.closed];
        for (const end of [endFirst, endSecond]) waiting.push(Promise.resolve(end(transport, reader, writer)));
        transport.close!();
        for (const promise of waiting) promise.catch(() => undefined);
        await expectNothingLeft(`${first} and ${second}`, carrier, transport, waiting);
        expect(carrier.closes, `${first} and ${second}`).toBeGreaterThan(0);
      }
    }
  });
  test.each(states)("%s, by its loss, with pending reads and writes, and every end after it", async (_, prepare) => {
    fakeTime();
    const { carrier, transport } = kind.make();
    prepare(carrier);
    const reader = transport.readable.getReader();
    const writer = transport.writable.getWriter();
    const waiting: Promise<unknown>[] = [reader.read(), writer.write(new Uint8Array(MIB)), writer.closed];
    carrier.lose();
    for (const [, end] of ends) waiting.push(Promise.resolve(end(transport, reader, writer)));
    for (const promise of waiting) promise.catch(() => undefined);
    await expectNothingLeft("loss", carrier, transport, waiting);
  });
  test("by close(), many times, before and after the carrier has closed", async () => {
    fakeTime();
    const { carrier, transport } = kind.make();
    carrier.open();
    for (let i = 0; i < 5; i++) transport.close!();
    await expectNothingLeft("close()", carrier, transport, []);
    for (let i = 0; i < 5; i++) transport.close!();
    await expectNothingLeft("close()", carrier, transport, []);
  });
  // A WebSocket's `close` event always comes: platforms end those that do not answer.
  if (name.includes("channel")) {
    test("though it never reports its close", async () => {
      fakeTime();
      const { carrier, transport } = kind.make();
      carrier.tellsOfClose = false;
      carrier.open();
      const reading = transport.readable.getReader().read();
      const closing = transport.writable.close();
      await vi.advanceTimersByTimeAsync(0);
      if (kind.ours) carrier.bring("heard");
      await closing;
      if (kind.ours) carrier.bring("end");
      await expectNothingLeft("silence", carrier, transport, [reading]);
      expect(await reading).toMatchObject({ done: true });
    });
  }
});

describe("a peer that uses this library and repeats the same message", () => {
  test.each(["end", "reset because", "stop because"])("on a data channel is answered once: %s", (text) => {
    fakeTime();
    const carrier = new FakeChannel(dataChannelProtocol);
    const { writable } = dataChannelTransport(carrier as unknown as RTCDataChannel);
    writable.getWriter().closed.catch(() => undefined);
    carrier.open();
    for (let i = 0; i < 20_000; i++) carrier.bring(text);
    expect(carrier.sent.slice(1)).toEqual(["heard"]);
  });
  test("is answered once for each end: end, then reset, and stop", () => {
    fakeTime();
    const carrier = new FakeChannel(dataChannelProtocol);
    const { writable } = dataChannelTransport(carrier as unknown as RTCDataChannel);
    writable.getWriter().closed.catch(() => undefined);
    carrier.open();
    for (const text of ["end", "reset ", "stop "]) carrier.bring(text);
    expect(carrier.sent.slice(1)).toEqual(["heard", "heard", "heard"]);
  });
  test.each(ours)("gets no growing number of answers: %s", (name, kind) => {
    fakeTime();
    const { carrier, transport } = kind.make();
    transport.writable.getWriter().closed.catch(() => undefined);
    carrier.open();
    const controls = [{ type: "grant", cost: 1 }, { type: "end" }, { type: "stop", reason: "" }];
    const texts = ["grant 1", "heard", "end", "stop "];
    for (let i = 0; i < 10_000; i++) {
      for (const control of name.includes("port") ? controls : texts) carrier.bring(control);
    }
    expect(carrier.sent.length).toBeLessThanOrEqual(3);
  });
});

describe("a data channel that the other end closes without answering our end", () => {
  test.each([
    ["once it has told its own, has confirmed it: libdatachannel may lose the answer (0.33)", true],
    ["before it has told its own, is lost", false],
  ])("%s", async (_, hasEnded) => {
    fakeTime();
    const carrier = new FakeChannel(dataChannelProtocol);
    const { readable, writable, closed } = dataChannelTransport(carrier as unknown as RTCDataChannel);
    carrier.open();
    const reading = readable.getReader().read();
    reading.catch(() => undefined);
    const closing = writable.close();
    await vi.advanceTimersByTimeAsync(0);
    expect(carrier.sent.slice(1)).toEqual(["end"]);
    if (hasEnded) carrier.bring("end");
    carrier.lose();
    if (hasEnded) await closing;
    else await expect(closing).rejects.toMatchObject({ name: "TransportError", code: "lost" });
    await closed;
  });
});

test.each(["abort", "close"] as const)(
  "%s of the writer closes a plain peer's channel that is not open yet",
  async (how) => {
    fakeTime();
    const carrier = new FakeChannel("");
    const { readable, writable, closed } = dataChannelTransport(carrier as unknown as RTCDataChannel);
    const reading = readable.getReader().read();
    reading.catch(() => undefined);
    writable[how]().catch(() => undefined);
    await vi.advanceTimersByTimeAsync(1);
    expect(carrier.closes).toBe(1);
    await Promise.allSettled([reading, closed]);
  },
);
test("a data channel may yield messages before its open event, as in a worker", async () => {
  fakeTime();
  for (const protocol of [dataChannelProtocol, ""]) {
    const carrier = new FakeChannel(protocol);
    const { readable } = dataChannelTransport(carrier as unknown as RTCDataChannel);
    carrier.bring(new ArrayBuffer(3));
    carrier.open();
    expect((await readable.getReader().read()).value).toEqual(hex("00 00 00"));
  }
});

describe("credit", () => {
  test.each(ours)("that is invalid is refused: %s", async (name, kind) => {
    fakeTime();
    const { carrier, transport } = kind.make();
    carrier.open();
    const reading = transport.readable.getReader().read();
    const most = name.includes("port") ? { type: "grant", cost: Number.MAX_SAFE_INTEGER } : "grant 999999999999999";
    const enough = name.includes("port") ? 1 : 10;
    for (let i = 0; i < enough; i++) carrier.bring(most);
    await expect(reading).rejects.toMatchObject({ name: "TransportError", code: "badMessage" });
  });
  test.each(ours)("is granted in whole numbers that the other end accepts, whatever the window: %s", (name, kind) => {
    fakeTime();
    for (const windowBytes of [99_999.5, 2 ** 60, Infinity]) {
      const { carrier } = kind.make({ windowBytes, ...(!name.includes("port") && { maxUnreadBytes: Infinity }) });
      carrier.open();
      const [grant] = carrier.sent;
      const text = name.includes("port") ? `grant ${(grant as { cost: number }).cost}` : grant;
      expect(text).toMatch(/^grant [1-9][0-9]{0,14}$/);
    }
  });
  test.each(ours.slice(0, 2))(
    "is not queued for a peer that reads nothing, and bytes beyond its credit are refused: %s",
    async (_, kind) => {
      fakeTime();
      const { carrier, transport } = kind.make({ windowBytes: 128 * KIB });
      carrier.open();
      carrier.sent.length = 0;
      carrier.bufferedAmount = 4 * MIB;
      const reader = transport.readable.getReader();
      let read = 0;
      const reading = (async () => {
        for (;;) read += (await reader.read()).value!.length;
      })();
      reading.catch(() => undefined);
      for (let i = 0; i < 1000; i++) {
        carrier.bring(new ArrayBuffer(16 * KIB));
        await Promise.resolve();
      }
      await expect(reading).rejects.toMatchObject({ code: "overflow" });
      expect(read).toBeLessThanOrEqual(128 * KIB + 16 * KIB);
      expect(carrier.sent.filter((text) => String(text).startsWith("grant"))).toEqual([]);
    },
  );
  test.each(ours.slice(0, 2))("is granted late if there was no room for the grant: %s", async (_, kind) => {
    fakeTime();
    const { carrier, transport } = kind.make({ windowBytes: 128 * KIB });
    carrier.open();
    await transport.writable.getWriter().write(hex("00")); // a send checks how much is unsent
    carrier.sent.length = 0;
    carrier.bufferedAmount = 4 * MIB;
    const reader = transport.readable.getReader();
    for (let i = 0; i < 6; i++) {
      carrier.bring(new ArrayBuffer(16 * KIB));
      await reader.read();
    }
    await vi.advanceTimersByTimeAsync(100);
    expect(carrier.sent).toEqual([]);
    carrier.bufferedAmount = 0;
    carrier.dispatchEvent(new Event("bufferedamountlow"));
    await vi.advanceTimersByTimeAsync(100);
    expect(carrier.sent).toEqual([`grant ${6 * (16 * KIB + 256)}`]);
  });
});

describe("a chunk", () => {
  test.each(kinds)(
    "whose memory is transferred while it waits fails its write, and hangs nothing: %s",
    async (_, kind) => {
      fakeTime();
      const { carrier, transport } = kind.make();
      const chunk = new Uint8Array(256 * KIB);
      const writing = transport.writable.getWriter().write(chunk);
      writing.catch(() => undefined);
      await vi.advanceTimersByTimeAsync(1);
      structuredClone(0, { transfer: chunk.byteLength === 0 ? [] : [chunk.buffer] });
      carrier.open();
      await vi.advanceTimersByTimeAsync(1000);
      if (!(carrier instanceof FakePort)) await expect(writing).rejects.toThrow();
      transport.close!();
      await expectNothingLeft("detached", carrier, transport, [writing]);
    },
  );
  test.each(kinds)("that is empty is not sent: %s", async (_, kind) => {
    fakeTime();
    const { carrier, transport } = kind.make();
    carrier.open();
    const writer = transport.writable.getWriter();
    for (let i = 0; i < 10; i++) await writer.write(new Uint8Array(0));
    await writer.write(hex("01"));
    await vi.advanceTimersByTimeAsync(10);
    expect(carrier.sent.filter((data) => data === 0 || (Array.isArray(data) && data.length === 0))).toEqual([]);
    expect(carrier.sent.filter((data) => data === 1 || Array.isArray(data))).toHaveLength(1);
  });
});

describe("a message port", () => {
  test("a list of buffers that is mostly holes is refused at once", async () => {
    fakeTime();
    const { carrier, transport } = port.make();
    const reading = transport.readable.getReader().read();
    const sparse: unknown[] = [new ArrayBuffer(1)];
    sparse.length = 2 ** 32 - 1;
    carrier.bring(sparse);
    await expect(reading).rejects.toMatchObject({ code: "badMessage" });
  });
  test("has one listener on a shared signal, and none at the end", async () => {
    fakeTime();
    const { signal, abort, listeners } = countedSignal();
    const ports = Array.from({ length: 20 }, () => new FakePort());
    const transports = ports.map((each) => messagePortTransport(each, { signal }));
    expect(listeners()).toBe(1);
    for (const transport of transports.slice(1)) transport.close!();
    expect(listeners()).toBe(1);
    const reading = transports[0]!.readable.getReader().read();
    abort("gone");
    await expect(reading).rejects.toBe("gone");
    expect(listeners()).toBe(0);
    expect(ports.map(({ closes }) => closes)).toEqual(Array(20).fill(1));
    for (const [i, each] of ports.entries()) await expectNothingLeft(`${i}`, each, transports[i]!, []);
  });
  test("leaves no listener on the signal when the other end is lost", async () => {
    fakeTime();
    const { signal, listeners } = countedSignal();
    const carrier = new FakePort();
    const transport = messagePortTransport(carrier, { signal });
    carrier.lose();
    expect(listeners()).toBe(0);
    await expectNothingLeft("lost", carrier, transport, []);
  });
  test("whose postMessage() fails fails pending reads, and leaves no unhandled rejection", async () => {
    fakeTime();
    const { carrier, transport } = port.make();
    const reading = transport.readable.getReader().read();
    carrier.broken = ["send"];
    await transport.writable.getWriter().write(hex("01 02"));
    await expect(reading).rejects.toMatchObject({ name: "TransportError", code: "lost" });
    await transport.closed;
  });
});

test.each([2, 3])("a WebSocket in state %i with unsent bytes is neither watched nor sent to", async (state) => {
  fakeTime();
  const carrier = new FakeWebSocket(webSocketProtocol);
  const transport = webSocketTransport(carrier);
  carrier.open();
  await transport.writable.getWriter().write(hex("01"));
  carrier.bufferedAmount = MIB;
  carrier.readyState = state;
  const sent = [...carrier.sent];
  await transport.readable.cancel("gone");
  await vi.advanceTimersByTimeAsync(1000);
  expect(vi.getTimerCount()).toBe(0);
  expect(carrier.sent).toEqual(sent);
});
