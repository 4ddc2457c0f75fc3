/** What must work with every peer, at either end. */
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { chromiumClient, undiciClient } from "./browserPeers.ts";
import type { Foreign, Kind, OpenOptions, Pairing } from "./foreign.ts";
import { pythonKinds } from "./pythonPeers.ts";
import type { Peer } from "./tcp.ts";
import { wsClient, wsServer } from "./wsPeers.ts";

// Longer than the waits inside, so that their messages say what did not arrive.
vi.setConfig({ testTimeout: 20_000, hookTimeout: 30_000 });

const MiB = 1024 * 1024;
const someBytes = (length: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length }, (_, i) => (i * 7) & 255);
const messages: readonly (readonly [string, string | Uint8Array<ArrayBuffer>])[] = [
  ["text", "Hello, wörld 👋"],
  ["empty text", ""],
  ["text of 1 MiB", "0123456789abcdef".repeat(MiB / 16)],
  ["bytes", someBytes(300)],
  ["no bytes", new Uint8Array(0)],
  ["1 MiB of bytes", someBytes(MiB)],
];
const reasons = new Map<number | undefined, string>([
  [1000, "done ✓"],
  [3000, "r".repeat(123)],
  [4999, ""],
  [1014, "the one behind"],
]);
const codeName = (code: number | undefined): string => (code === undefined ? "no code" : `the code ${code}`);

for (const kind of [wsClient, undiciClient, chromiumClient, wsServer, ...pythonKinds]) {
  // Where the tests are run for a release, nothing may be left out.
  const skipped = kind.missing !== undefined && process.env.CI === undefined;
  describe.skipIf(skipped)(skipped ? `${kind.name} (${kind.missing})` : kind.name, () => contract(kind));
}

function contract(kind: Kind): void {
  const { ours: role, can } = kind;
  let pairing: Pairing;
  let ours: Peer;
  let theirs: Foreign;

  beforeAll(async () => {
    pairing = await kind.start();
  });

  afterAll(() => pairing?.stop());

  async function open(options?: OpenOptions): Promise<void> {
    ({ ours, theirs } = await pairing.open(options));
    await ours.event("connectionEstablished");
  }

  afterEach(async () => {
    ours.drop();
    await Promise.all([ours.gone, theirs.closed]);
  });

  describe("§1.9 subprotocols", () => {
    test("both ends agree on the one that the server chooses", async () => {
      await open({ subprotocols: ["superchat", "chat"] });
      expect(ours.connection.subprotocol).toBe("chat");
      expect(theirs.subprotocol).toBe("chat");
    });

    test("without an offer there is none", async () => {
      await open();
      expect(ours.connection.subprotocol).toBeUndefined();
      expect(theirs.subprotocol).toBe("");
    });
  });

  describe("§4.1 the client's request", () => {
    test("has its origin and the application's headers", async () => {
      const origin = pairing.origin ?? "http://app.example";
      const headers = { Origin: origin, "X-Custom": "one, two" };
      const sent = Object.entries(headers).filter(([name]) => can.headers.includes(name));
      if (role === "server") {
        ({ ours, theirs } = await pairing.open({ headers: Object.fromEntries(sent) }));
        const request = await ours.event("connectionRequested");
        expect(request.origin).toBe(origin);
        expect(request.host).toMatch(/^127\.0\.0\.1:\d+$/);
        for (const [name, value] of sent) expect(request.headers.get(name)).toBe(value);
      } else {
        await open({ headers });
        expect(theirs.headers).toMatchObject({ origin, "x-custom": "one, two" });
      }
    });
  });

  describe("§5.6 messages", () => {
    test.each(messages)("%s reaches them unchanged", async (_, message) => {
      await open();
      ours.do((connection) => connection.sendData(message));
      expect(await theirs.message()).toEqual(message);
    });

    test.each(messages)("%s reaches us unchanged", async (_, message) => {
      await open();
      await theirs.send(message);
      expect(await ours.message()).toEqual(message);
    });

    test.runIf(can.receiveByteOrderMark)("text with a byte order mark reaches them with it", async () => {
      await open();
      ours.do((connection) => connection.sendData("\uFEFFHello"));
      expect(await theirs.message()).toBe("\uFEFFHello");
    });

    test("text with a byte order mark reaches us with it", async () => {
      await open();
      await theirs.send("\uFEFFHello");
      expect(await ours.message()).toBe("\uFEFFHello");
    });

    test("many messages arrive in order, in both directions at once", async () => {
      await open();
      const numbers = Array.from({ length: 200 }, (_, i) => `message ${i}`);
      for (const number of numbers) {
        ours.do((connection) => connection.sendData(number));
        await theirs.send(number);
      }
      for (const number of numbers) {
        expect(await ours.message()).toBe(number);
        expect(await theirs.message()).toBe(number);
      }
    });
  });

  describe("§5.4 fragments", () => {
    test("of ours are one message to them", async () => {
      await open();
      const pieces = ["in ", "", "four ", "pieces ö"];
      for (const [i, piece] of pieces.entries()) ours.do((connection) => connection.sendData(piece, i === 3));
      expect(await theirs.message()).toBe("in four pieces ö");
    });

    test.runIf(can.fragments)("of theirs are one message to us", async () => {
      await open();
      for (const end of [1, 2, 300]) await theirs.send(someBytes(300).slice(Math.floor(end / 2), end), end === 300);
      expect(await ours.message()).toEqual(Uint8Array.of(...someBytes(2), ...someBytes(300).slice(150)));
    });
  });

  describe("§5.5.2 pings", () => {
    test("of ours are answered by them", async () => {
      await open();
      ours.do((connection) => connection.ping(someBytes(125)));
      expect((await ours.event("pongReceived")).payload).toEqual(someBytes(125));
      if (can.tellPings) expect(await theirs.pinged?.()).toEqual(someBytes(125));
    });

    test.runIf(can.ping)("of theirs are answered by us", async () => {
      await open();
      theirs.ping?.(someBytes(4));
      expect((await ours.event("pingReceived")).payload).toEqual(someBytes(4));
      expect(await theirs.ponged?.()).toEqual(someBytes(4));
    });
  });

  describe("§7 closing", () => {
    test.each(can.beClosedWith.map((code) => [codeName(code), code] as const))("by us, with %s", async (_, code) => {
      await open();
      const reason = reasons.get(code) ?? "";
      ours.do((connection) => connection.close(code, reason));
      expect(await theirs.closed).toEqual({ code: code ?? 1005, reason });
      const { received, sent, wasClean, initiator } = await ours.event("connectionClosed");
      expect({ sent, wasClean, initiator }).toEqual({
        sent: { code: code ?? 1005, reason },
        wasClean: true,
        initiator: "local",
      });
      expect(received?.code).toBe(code ?? 1005);
      await ours.gone;
    });

    test.each(can.closeWith.map((code) => [codeName(code), code] as const))("by them, with %s", async (_, code) => {
      await open();
      const reason = reasons.get(code) ?? "";
      await theirs.close(code, reason);
      const closed = await ours.event("connectionClosed");
      const frame = { code: code ?? 1005, reason };
      expect(closed).toEqual({
        type: "connectionClosed",
        ...frame,
        wasClean: true,
        initiator: "remote",
        received: frame,
        sent: frame,
      });
      expect(await theirs.closed).toEqual(frame);
      await ours.gone;
    });

    test("by both at once", async () => {
      await open();
      ours.do((connection) => connection.close(3000));
      await theirs.close(4999);
      expect((await ours.event("connectionClosed")).wasClean).toBe(true);
      await theirs.closed;
      await ours.gone;
    });

    test("a stream that is cut at our end is 1006 to them", async () => {
      await open();
      ours.drop();
      expect(await theirs.closed).toEqual({ code: 1006, reason: "" });
    });

    test.runIf(can.drop)("a stream that is cut at their end is 1006 to us", async () => {
      await open();
      theirs.drop?.();
      const closed = await ours.event("connectionClosed");
      expect(closed).toEqual({ type: "connectionClosed", code: 1006, reason: "", wasClean: false });
    });
  });
}
