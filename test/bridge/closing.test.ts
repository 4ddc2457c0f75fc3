/**
 * The closing handshake through a bridge (RFC 6455 §5.5.1, §7.1): each side gets the other's Close, its answer included,
 * as if there were no bridge. The far ends are wires, so that they can answer in ways that no library does.
 */
import { describe, expect, test } from "vitest";
import {
  bridgeMessages,
  webSocketSession,
  type BridgeEnd,
  type WebSocketObjectSession,
} from "../../src/bridge/index.ts";
import { accept, connect } from "../../src/stream/index.ts";
import { ManualClock } from "../../src/testing/index.ts";
import { webSocketPair } from "../../src/websocket/index.ts";
import { hex, toHex } from "../support/wire.ts";
import { settled, WireTransport } from "../support/wireTransport.ts";

/** Close frames with a reason each. */
const CLOSE_4000 = "88 05 0f a0 62 79 65";
const CLOSE_4001 = "88 04 0f a1 6f 6b";
const CLOSE_EMPTY = "88 00";
const TEXT_HI = "81 02 68 69";

/** One far end of a bridge: what it sends and what it gets, unmasked. */
class FarEnd {
  readonly transport = new WireTransport();

  send(...frames: string[]): void {
    this.transport.bring(hex(...frames));
  }

  /** What has come since the last call. */
  async got(): Promise<string> {
    await settled();
    return toHex(this.transport.written());
  }
}

const wire = { handshake: "none", masking: false } as const;

interface Joined {
  readonly client: FarEnd;
  readonly server: FarEnd;
  readonly bridged: Promise<BridgeEnd>;
  readonly clock: ManualClock;
}

async function joined(): Promise<Joined> {
  const clock = new ManualClock();
  const [client, server] = [new FarEnd(), new FarEnd()];
  const a = await (await accept(client.transport, { ...wire, clock })).accept();
  const b = await connect(server.transport, { ...wire, clock });
  const bridged = bridgeMessages(a, b, { clock });
  bridged.catch(() => undefined);
  await settled();
  return { client, server, bridged, clock };
}

/** Each test runs with either side as the first one to close. */
const sides = [
  { first: "client", other: "server", closedBy: "a" },
  { first: "server", other: "client", closedBy: "b" },
] as const;

describe.each(sides)("the $first closes", ({ first, other, closedBy }) => {
  test.each([
    ["the same code", CLOSE_4000],
    ["a code of its own", CLOSE_4001],
    ["no code", CLOSE_EMPTY],
  ])(`the ${other}'s answer travels back: %s`, async (_, answer) => {
    const bridge = await joined();
    bridge[first].send(CLOSE_4000);
    expect(await bridge[other].got()).toBe(CLOSE_4000);
    expect(await bridge[first].got()).toBe("");
    bridge[other].send(answer);
    expect(await bridge[first].got()).toBe(answer);
    expect(await bridge[other].got()).toBe("");
    for (const end of [bridge.client, bridge.server]) end.transport.end();
    expect(await bridge.bridged).toEqual({ closeCode: 4000, reason: "bye", closedBy });
  });
  test("without a code: so does the Close for the other side", async () => {
    const bridge = await joined();
    bridge[first].send(CLOSE_EMPTY);
    expect(await bridge[other].got()).toBe(CLOSE_EMPTY);
    bridge[other].send(CLOSE_4001);
    expect(await bridge[first].got()).toBe(CLOSE_4001);
    for (const end of [bridge.client, bridge.server]) end.transport.end();
    expect(await bridge.bridged).toEqual({ closeCode: 1005, reason: "", closedBy });
  });
  test("messages that the other side sends before its answer still arrive", async () => {
    const bridge = await joined();
    bridge[first].send(CLOSE_4000);
    expect(await bridge[other].got()).toBe(CLOSE_4000);
    bridge[other].send(TEXT_HI);
    expect(await bridge[first].got()).toBe(TEXT_HI);
    bridge[other].send(TEXT_HI, CLOSE_4001);
    expect(await bridge[first].got()).toBe(`${TEXT_HI} ${CLOSE_4001}`);
  });
  test("in the middle of a message: the Close passes on as it is, behind what there is of the message", async () => {
    const bridge = await joined();
    bridge[first].send("01 01 61");
    expect(await bridge[other].got()).toBe("01 01 61");
    bridge[first].send(CLOSE_4000);
    expect(await bridge[other].got()).toBe(CLOSE_4000);
    bridge[other].send(CLOSE_4001);
    expect(await bridge[first].got()).toBe(CLOSE_4001);
  });
  test("and sends more after its Close: that is dropped (§5.5.1)", async () => {
    const bridge = await joined();
    bridge[first].send(CLOSE_4000, TEXT_HI);
    expect(await bridge[other].got()).toBe(CLOSE_4000);
    bridge[first].send(TEXT_HI, "ff ff");
    bridge[other].send(CLOSE_4001);
    expect(await bridge[first].got()).toBe(CLOSE_4001);
    expect(await bridge[other].got()).toBe("");
  });
  test("and hangs up without the answer: the other side still gets the Close, and the bridge ends", async () => {
    const bridge = await joined();
    bridge[first].send(CLOSE_4000);
    bridge[first].transport.end();
    expect(await bridge[other].got()).toBe(CLOSE_4000);
    bridge[other].send(CLOSE_4001);
    bridge[other].transport.end();
    expect(await bridge.bridged).toEqual({ closeCode: 4000, reason: "bye", closedBy });
  });
  test("and breaks the connection: the bridge ends within its time", async () => {
    const bridge = await joined();
    bridge[first].send(CLOSE_4000);
    await settled();
    bridge[first].transport.failReading(new Error("reset"));
    bridge[first].transport.failWriting(new Error("reset"));
    await settled();
    await bridge.clock.advance(20_000);
    expect(await bridge.bridged).toEqual({ closeCode: 4000, reason: "bye", closedBy });
  });
  test("the other side never answers: the first one is told that it was lost, within 10 s", async () => {
    const bridge = await joined();
    bridge[first].send(CLOSE_4000);
    expect(await bridge[other].got()).toBe(CLOSE_4000);
    await bridge.clock.advance(9_000);
    expect(await bridge[first].got()).toBe("");
    await bridge.clock.advance(1_000);
    const [code, lost] = first === "client" ? ["03 f6", "the server was lost"] : ["03 f3", "the client was lost"];
    const reason = toHex(new TextEncoder().encode(lost));
    expect(await bridge[first].got()).toBe(`88 15 ${code} ${reason}`);
    await bridge.clock.advance(20_000);
    expect(await bridge.bridged).toEqual({ closeCode: 4000, reason: "bye", closedBy });
  });
  test("the other side is lost instead of answering: the first one is told so at once", async () => {
    const bridge = await joined();
    bridge[first].send(CLOSE_4000);
    await settled();
    bridge[other].transport.end();
    expect(await bridge[first].got()).toMatch(first === "client" ? /^88 15 03 f6/ : /^88 15 03 f3/);
  });
});

test("both close at once: each gets the other's Close", async () => {
  const { client, server, bridged } = await joined();
  client.send(CLOSE_4000);
  server.send(CLOSE_4001);
  expect([await client.got(), await server.got()]).toEqual([CLOSE_4001, CLOSE_4000]);
  for (const end of [client, server]) end.transport.end();
  expect([4000, 4001]).toContain((await bridged).closeCode);
});

test("the bridge is stopped while a Close waits for its answer: both get 1001", async () => {
  const stop = new AbortController();
  const [client, server] = [new FarEnd(), new FarEnd()];
  const a = await (await accept(client.transport, wire)).accept();
  const b = await connect(server.transport, wire);
  const bridged = bridgeMessages(a, b, { signal: stop.signal });
  client.send(CLOSE_4000);
  expect(await server.got()).toBe(CLOSE_4000);
  stop.abort(new Error("stopping"));
  expect(await client.got()).toBe("88 02 03 e9");
  server.send(CLOSE_4001);
  for (const end of [client, server]) end.transport.end();
  expect(await bridged).toMatchObject({ closeCode: 4000 });
});

test("a session that nobody bridges still answers a Close by itself", async () => {
  const end = new FarEnd();
  const session = await connect(end.transport, wire);
  end.send(CLOSE_4000);
  expect(await end.got()).toBe(CLOSE_4000);
  end.transport.end();
  expect(await session.closed).toMatchObject({ closeCode: 4000, initiator: "remote" });
});

describe("a WebSocket object on one side", () => {
  /** A bridge from a wire to one end of a pair of objects, and the pair's other end. */
  async function joinedWithObject(): Promise<{
    client: FarEnd;
    far: WebSocketObjectSession;
    bridged: Promise<BridgeEnd>;
  }> {
    const client = new FarEnd();
    const [near, other] = webSocketPair();
    other.accept();
    const far = webSocketSession(other);
    const a = await (await accept(client.transport, wire)).accept();
    const b = webSocketSession(near);
    await Promise.all([b.opened, far.opened]);
    return { client, far, bridged: bridgeMessages(a, b) };
  }
  test("that answers a Close: its code travels back", async () => {
    const { client, far, bridged } = await joinedWithObject();
    client.send(CLOSE_4000);
    expect(await client.got()).toBe(CLOSE_4000);
    expect(await far.closed).toMatchObject({ closeCode: 4000, reason: "bye", initiator: "remote" });
    client.transport.end();
    expect(await bridged).toEqual({ closeCode: 4000, reason: "bye", closedBy: "a" });
  });
  test("that closes first has had its answer, with the same code, before the other side's", async () => {
    const { client, far } = await joinedWithObject();
    void far.close({ closeCode: 4000, reason: "bye" });
    expect(await client.got()).toBe(CLOSE_4000);
    expect(await far.closed).toMatchObject({ closeCode: 4000, initiator: "local" });
  });
});
