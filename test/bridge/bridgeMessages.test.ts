/** Joining two WebSockets: messages, closes and failures pass on, each side waits for the other, nothing is left. */
import { describe, expect, test } from "vitest";
import { bridgeMessages, type BridgeEnd, type BridgeMessagesOptions } from "../../src/bridge/index.ts";
import {
  accept,
  connect,
  WebSocketError,
  type AcceptTransportOptions,
  type ConnectOptions,
  type WebSocketSession,
} from "../../src/stream/index.ts";
import { ManualClock } from "../../src/testing/index.ts";
import { pipe, type ByteTransport } from "../../src/transports/pipe.ts";
import { countedSignal } from "../support/counted.ts";
import { countingClock } from "../support/countingClock.ts";
import { isPending, settled } from "../support/wireTransport.ts";

const KIB = 1024;

interface Joined {
  readonly client: WebSocketSession;
  readonly server: WebSocketSession;
  readonly bridged: Promise<BridgeEnd>;
  /** The transports of the client and of the server, to break them. */
  readonly clientEnd: ByteTransport;
  readonly serverEnd: ByteTransport;
}

interface JoinOptions extends BridgeMessagesOptions {
  readonly accept?: AcceptTransportOptions;
  readonly connect?: ConnectOptions;
  /** Of the client's own end. */
  readonly client?: ConnectOptions;
}

/** A client and a server with a bridge between them. */
async function joined({
  accept: accepting,
  connect: connecting,
  client: own,
  ...options
}: JoinOptions = {}): Promise<Joined> {
  const [clientEnd, near] = pipe();
  const [far, serverEnd] = pipe();
  const { clock } = options;
  const open = async (
    ends: [ByteTransport, ByteTransport],
    c?: ConnectOptions,
    s?: AcceptTransportOptions,
  ): Promise<[WebSocketSession, WebSocketSession]> =>
    Promise.all([
      connect(ends[0], { ...c, clock }),
      accept(ends[1], { ...s, clock }).then((request) => request.accept()),
    ]);
  const [client, a] = await open([clientEnd, near], own, accepting);
  const [b, server] = await open([far, serverEnd], connecting);
  const bridged = bridgeMessages(a, b, options);
  bridged.catch(() => undefined);
  return { client, server, bridged, clientEnd, serverEnd };
}

const random = (length: number): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 4096) crypto.getRandomValues(bytes.subarray(i, i + 4096));
  return bytes;
};

describe("messages", () => {
  test.each<[string, string | Uint8Array<ArrayBuffer>]>([
    ["a text", "hello"],
    ["an empty text", ""],
    ["a text of several alphabets", "aé€😀".repeat(1000)],
    ["bytes", random(100)],
    ["no bytes", new Uint8Array(0)],
    ["1 MiB", random(1024 * KIB)],
    ["a text of 1 MiB", "aé€😀".repeat(100 * KIB)],
  ])("pass both ways as they are: %s", async (_, message) => {
    const { client, server, bridged } = await joined();
    await Promise.all([client.send(message), server.receive().then((got) => server.send(got!))]);
    expect(await client.receive()).toEqual(message);
    await client.close();
    await bridged;
  });
  test("keep their order, short ones behind long ones", async () => {
    const { client, server } = await joined();
    const sent = Array.from({ length: 50 }, (_, i) => (i % 5 === 0 ? random(200 * KIB) : `message ${i}`));
    void (async () => {
      for (const message of sent) await client.send(message);
      await client.close();
    })();
    const got = [];
    for await (const message of server) got.push(message);
    expect(got).toEqual(sent);
  });
  test("arrive in one frame if they were sent in one", async () => {
    const { client, server } = await joined();
    void client.send("one");
    const { value } = await server.incomingMessageStreams.getReader().read();
    const pieces = [];
    for await (const piece of value!.readable) pieces.push(piece);
    expect(pieces).toEqual(["one"]);
  });
  test("pass in pieces while they arrive: the first is there before the last is sent", async () => {
    const { client, server } = await joined();
    const writer = client.createMessageStream("text").getWriter();
    await writer.write("first ");
    const { value } = await server.incomingMessageStreams.getReader().read();
    const reader = (value!.readable as ReadableStream<string>).getReader();
    expect((await reader.read()).value).toBe("first ");
    await writer.write("second");
    expect((await reader.read()).value).toBe("second");
    await writer.close();
    expect((await reader.read()).done).toBe(true);
  });
  test("are counted in bytes", async () => {
    const counted = { aToB: 0, bToA: 0 };
    const { client, server, bridged } = await joined({
      onBytes: (direction, bytes) => void (counted[direction] += bytes),
    });
    const text = "aé€😀";
    await client.send(text);
    await server.receive();
    await server.send(random(100_000));
    await client.receive();
    await client.close();
    await bridged;
    expect(counted).toEqual({ aToB: new TextEncoder().encode(text).length, bToA: 100_000 });
  });
  test("pass if the first one was taken before the bridge began", async () => {
    const [end, near] = pipe();
    const [far, serverEnd] = pipe();
    const [client, a] = await Promise.all([connect(end), accept(near).then((request) => request.accept())]);
    const [b, server] = await Promise.all([connect(far), accept(serverEnd).then((request) => request.accept())]);
    await client.send("the token");
    expect(await a.receive()).toBe("the token");
    void bridgeMessages(a, b);
    await client.send("for the server");
    expect(await server.receive()).toBe("for the server");
  });
});

describe("a reader that has stopped holds the sender", () => {
  test.each<[string, number]>([
    ["messages of 125 B", 125],
    ["messages of 64 KiB", 64 * KIB],
    ["messages of 4 MiB", 4096 * KIB],
  ])("of 1 GiB in %s, little is on the way", async (_, size) => {
    let passed = 0;
    const { client, server } = await joined({ onBytes: (_, bytes) => (passed += bytes) });
    const message = new Uint8Array(size);
    let sent = 0;
    const sending = (async () => {
      for (; sent * size < 1024 * KIB * KIB; sent++) await client.send(message);
    })().catch(() => undefined);
    await settled(100);
    const held = sent;
    await settled(50);
    expect(sent).toBe(held);
    // What each of the two hops' senders, pipes and receivers hold, and up to a message more in each place.
    expect(held * size).toBeLessThanOrEqual(1024 * KIB + 8 * size);
    expect(passed).toBeLessThanOrEqual(512 * KIB + 4 * size);
    for (let i = 0; i <= held; i++) expect(((await server.receive()) as Uint8Array).length).toBe(size);
    await client.close({ signal: AbortSignal.abort() }).catch(() => undefined);
    await sending;
  });
});

describe("closing", () => {
  const closes: [string, { closeCode?: number; reason?: string }, { closeCode: number; reason: string }][] = [
    ["1000", { closeCode: 1000, reason: "" }, { closeCode: 1000, reason: "" }],
    ["1001 with a reason", { closeCode: 1001, reason: "moved" }, { closeCode: 1001, reason: "moved" }],
    ["1011", { closeCode: 1011, reason: "é".repeat(61) }, { closeCode: 1011, reason: "é".repeat(61) }],
    ["3000", { closeCode: 3000 }, { closeCode: 3000, reason: "" }],
    ["4999", { closeCode: 4999, reason: "bye" }, { closeCode: 4999, reason: "bye" }],
    ["no code", {}, { closeCode: 1005, reason: "" }],
  ];
  test.each(closes)("by the client with %s reaches the server", async (_, close, got) => {
    const { client, server, bridged } = await joined();
    void client.close(close);
    expect(await server.closed).toMatchObject({ ...got, initiator: "remote" });
    expect(await bridged).toEqual({ ...got, closedBy: "a" });
    expect(await client.closed).toMatchObject({ initiator: "local" });
  });
  test.each(closes)("by the server with %s reaches the client", async (_, close, got) => {
    const { client, server, bridged } = await joined();
    void server.close(close);
    expect(await client.closed).toMatchObject({ ...got, initiator: "remote" });
    expect(await bridged).toEqual({ ...got, closedBy: "b" });
    expect(await server.closed).toMatchObject({ initiator: "local" });
  });
  test("comes after all messages before it", async () => {
    const { client, server } = await joined();
    for (let i = 0; i < 100; i++) void client.send(`${i}`);
    void client.close();
    const got = [];
    for await (const message of server) got.push(message);
    expect(got).toEqual(Array.from({ length: 100 }, (_, i) => `${i}`));
  });
  test("by the server ends the bridge while the client is sending", async () => {
    const { client, server, bridged } = await joined();
    void (async () => {
      for (;;) await client.send(random(64 * KIB));
    })().catch(() => undefined);
    await settled(5);
    void server.close({ closeCode: 4000, reason: "enough" });
    expect(await client.closed).toMatchObject({ closeCode: 4000, reason: "enough" });
    expect(await bridged).toMatchObject({ closeCode: 4000, closedBy: "b" });
  });
  test("at both sides at once resolves", async () => {
    const { client, server, bridged } = await joined();
    void client.close({ closeCode: 4001 });
    void server.close({ closeCode: 4002 });
    expect([4001, 4002]).toContain((await bridged).closeCode);
    await Promise.all([client.closed, server.closed]);
  });
  test("waits for a slow reader as long as it goes on", async () => {
    const clock = new ManualClock();
    const { client, server } = await joined({
      clock,
      closeTimeoutMs: 1000,
      connect: { closeTimeoutMs: 100_000 },
      client: { closeTimeoutMs: 100_000 },
    });
    const message = random(50 * KIB);
    const sending = (async () => {
      for (let i = 0; i < 20; i++) await client.send(message);
      await client.close();
    })();
    let got = 0;
    while ((await server.receive()) !== undefined) {
      got++;
      await clock.advance(900);
    }
    expect(got).toBe(20);
    await sending;
  });
});

describe("a side that is lost", () => {
  test("the client: the server gets 1011", async () => {
    const { server, bridged, clientEnd } = await joined();
    clientEnd.close!();
    expect(await server.closed).toMatchObject({ closeCode: 1011, reason: "the client was lost" });
    await expect(bridged).rejects.toBeInstanceOf(WebSocketError);
  });
  test("the server: the client gets 1014", async () => {
    const { client, bridged, serverEnd } = await joined();
    serverEnd.close!();
    expect(await client.closed).toMatchObject({ closeCode: 1014, reason: "the server was lost" });
    await expect(bridged).rejects.toMatchObject({ closeCode: 1006 });
  });
  test("in the middle of a message ends the other in the middle, not with a whole one", async () => {
    const { client, server, clientEnd } = await joined();
    const writer = client.createMessageStream("binary").getWriter();
    await writer.write(random(1000));
    await settled();
    clientEnd.close!();
    await expect(server.receive()).resolves.toBeUndefined();
    expect(await server.closed).toMatchObject({ closeCode: 1011 });
  });
  test("ends the other one in time, even if that takes nothing and says nothing", async () => {
    const clock = new ManualClock();
    const { client, bridged, serverEnd, server } = await joined({ clock, closeTimeoutMs: 10_000 });
    void (async () => {
      for (;;) await server.send(random(64 * KIB));
    })().catch(() => undefined);
    await settled(20); // the client reads nothing
    serverEnd.close!();
    await clock.advance(40_000);
    await expect(bridged).rejects.toBeInstanceOf(WebSocketError);
    await expect(client.closed).rejects.toBeInstanceOf(WebSocketError);
  });
});

describe("a message over the limit", () => {
  test("of the client ends both with 1009", async () => {
    const { client, server, bridged } = await joined({ accept: { limits: { maxMessageBytes: 1000 } } });
    await client.send(random(1001));
    expect(await client.closed).toMatchObject({ closeCode: 1009 });
    expect(await server.closed).toMatchObject({ closeCode: 1009, reason: "a message was over the limit" });
    await expect(bridged).rejects.toBeInstanceOf(WebSocketError);
  });
  test("of the server ends both with 1009", async () => {
    const { client, server } = await joined({ connect: { limits: { maxMessageBytes: 1000 } } });
    await server.send(random(1001));
    expect(await server.closed).toMatchObject({ closeCode: 1009 });
    expect(await client.closed).toMatchObject({ closeCode: 1009, reason: "a message was over the limit" });
  });
});

describe("the bridge closes both", () => {
  test("with 1001 when its signal is aborted, and rejects with the reason", async () => {
    const { signal, abort, listeners } = countedSignal();
    const { client, server, bridged } = await joined({ signal });
    expect(listeners()).toBe(1);
    abort(new Error("stopping"));
    await expect(bridged).rejects.toThrow("stopping");
    expect(await client.closed).toMatchObject({ closeCode: 1001, initiator: "remote" });
    expect(await server.closed).toMatchObject({ closeCode: 1001, initiator: "remote" });
    expect(listeners()).toBe(0);
  });
  test("with 1001 when nothing has passed for idleMs", async () => {
    const clock = new ManualClock();
    const { client, server, bridged } = await joined({ clock, idleMs: 1000 });
    await clock.advance(900);
    await client.send("still here");
    await server.receive();
    await clock.advance(900);
    expect(await isPending(bridged)).toBe(true);
    await clock.advance(200);
    expect(await bridged).toEqual({ closeCode: 1001, reason: "idle", closedBy: "bridge" });
    expect(await client.closed).toMatchObject({ closeCode: 1001, reason: "idle" });
    expect(await server.closed).toMatchObject({ closeCode: 1001, reason: "idle" });
  });
  test("with 1009 above maxBytes", async () => {
    const { client, server, bridged } = await joined({ maxBytes: 10 });
    await client.send("123456");
    await server.send("12345");
    await Promise.all([client.receive(), server.receive()]);
    expect(await bridged).toEqual({ closeCode: 1009, reason: "too many bytes", closedBy: "bridge" });
    expect(await client.closed).toMatchObject({ closeCode: 1009 });
    expect(await server.closed).toMatchObject({ closeCode: 1009 });
  });
  test("with 1011 when onBytes throws, and rejects with its error", async () => {
    const { client, server, bridged } = await joined({
      onBytes() {
        throw new Error("a defect");
      },
    });
    await client.send("a");
    await server.receive();
    await expect(bridged).rejects.toThrow("a defect");
    expect(await server.closed).toMatchObject({ closeCode: 1011 });
    expect(await client.closed).toMatchObject({ closeCode: 1011 });
  });
  test("with 1011 when its clock can't set a timer, and rejects with the error", async () => {
    const [end, near] = pipe();
    const [far, serverEnd] = pipe();
    const [client, a] = await Promise.all([connect(end), accept(near).then((request) => request.accept())]);
    const [b, server] = await Promise.all([connect(far), accept(serverEnd).then((request) => request.accept())]);
    const clock = new ManualClock();
    clock.setTimeout = () => {
      throw new Error("no timers");
    };
    const bridged = bridgeMessages(a, b, { clock });
    bridged.catch(() => undefined);
    void client.close({ closeCode: 4000 });
    expect(await server.closed).toMatchObject({ closeCode: 1011 });
    expect(await client.closed).toMatchObject({ closeCode: 1011 });
    await expect(bridged).rejects.toThrow("no timers");
  });
  test("with 1011 when somebody else reads the messages of one, and rejects with a TypeError", async () => {
    const [end, near] = pipe();
    const [far, serverEnd] = pipe();
    const [client, a] = await Promise.all([connect(end), accept(near).then((request) => request.accept())]);
    const [b, server] = await Promise.all([connect(far), accept(serverEnd).then((request) => request.accept())]);
    a.incomingMessageStreams.getReader();
    await expect(bridgeMessages(a, b)).rejects.toThrow(TypeError);
    expect(await server.closed).toMatchObject({ closeCode: 1011 });
    expect(await client.closed).toMatchObject({ closeCode: 1011 });
  });
  test("with 1011 when an option is invalid", async () => {
    const [end, near] = pipe();
    const [client, a] = await Promise.all([connect(end), accept(near).then((request) => request.accept())]);
    await expect(bridgeMessages(a, a)).rejects.toThrow("bridgeMessages() joins two WebSockets, not one with itself");
    expect(await client.closed).toMatchObject({ closeCode: 1011 });
  });
});

test("2,000 bridges leave no timer and no listener behind, however they end", { timeout: 300_000 }, async () => {
  const { clock, timers } = countingClock();
  const { signal, listeners } = countedSignal();
  const bridgeOnce = async (i: number): Promise<void> => {
    const { client, server, bridged, clientEnd, serverEnd } = await joined({ signal, clock, idleMs: 60_000 });
    await client.send("a");
    await server.receive();
    expect(timers()).toBeGreaterThan(0);
    expect(listeners()).toBe(1);
    if (i % 4 === 0) void client.close();
    else if (i % 4 === 1) void server.close({ closeCode: 4000 });
    else if (i % 4 === 2) clientEnd.close!();
    else serverEnd.close!();
    await Promise.allSettled([bridged, client.closed, server.closed]);
  };
  for (let batch = 0; batch < 20; batch++) {
    await Promise.all(Array.from({ length: 100 }, (_, i) => bridgeOnce(i)));
  }
  await settled(10);
  expect([timers(), listeners()]).toEqual([0, 0]);
});
