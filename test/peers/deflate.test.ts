/** permessage-deflate with every peer, at either end, over TCP, with every parameter. */
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { pakoEngine, permessageDeflate, type DeflateEngine, type DeflateOptions } from "../../src/deflate/index.ts";
import { agreedOn } from "../support/deflate.ts";
import type { Bytes } from "../support/wire.ts";
import { chromiumClient, undiciClient } from "./browserPeers.ts";
import type { Compression, Foreign, Kind, Pairing } from "./foreign.ts";
import { nodeZlibEngine } from "./nodeZlibEngine.ts";
import { pythonKinds } from "./pythonPeers.ts";
import type { Peer } from "./tcp.ts";
import { wsClient, wsServer } from "./wsPeers.ts";

// Longer than the waits inside, so that their messages say what did not arrive.
vi.setConfig({ testTimeout: 20_000, hookTimeout: 30_000 });

/** What crossed the engine, to be sure that something did. */
interface Counts {
  deflated: number;
  inflated: number;
}

function counting(engine: DeflateEngine, counts: Counts): DeflateEngine {
  return {
    createDeflater(options) {
      const deflater = engine.createDeflater(options);
      const count = (input: Uint8Array): Uint8Array => {
        counts.deflated += input.length;
        return deflater.deflate(input);
      };
      return { deflate: count, reset: () => deflater.reset(), release: () => deflater.release?.() };
    },
    createInflater(options) {
      const inflater = engine.createInflater(options);
      function* count(input: Bytes, last: boolean): Generator<Bytes> {
        for (const piece of inflater.inflate(input, last)) {
          counts.inflated += piece.length;
          yield piece;
        }
      }
      return { inflate: count, reset: () => inflater.reset(), release: () => inflater.release?.() };
    },
  };
}

const noise = Uint8Array.from({ length: 36_000 }, (_, i) => (Math.imul(i + 1, 0x9e37_79b1) >>> 11) & 255);
const update = (i: number): string => JSON.stringify({ type: "update", id: i % 7, text: "wörter ".repeat(i % 5) });
/** More than any window, with much that repeats itself at all distances. */
const messages: readonly (string | Uint8Array<ArrayBuffer>)[] = [
  "Hello",
  "Hello",
  "",
  new Uint8Array(0),
  ...Array.from({ length: 20 }, (_, i) => update(i)),
  noise.subarray(0, 300),
  noise.subarray(0, 300),
  noise.slice(0, 20_000),
  Array.from({ length: 800 }, (_, i) => update(i)).join("\n"),
  noise,
  "the end",
];

const wishes: readonly DeflateOptions[] = [
  {},
  { serverNoContextTakeover: true },
  { clientNoContextTakeover: true },
  { serverNoContextTakeover: true, clientNoContextTakeover: true },
  { serverMaxWindowBits: 8 },
  { serverMaxWindowBits: 9 },
  { serverMaxWindowBits: 12, serverNoContextTakeover: true },
  { clientMaxWindowBits: 8 },
  { clientMaxWindowBits: 9 },
  { clientMaxWindowBits: 12, clientNoContextTakeover: true },
  { serverMaxWindowBits: 10, clientMaxWindowBits: 11, serverNoContextTakeover: true, clientNoContextTakeover: true },
];

for (const kind of [wsClient, wsServer, undiciClient, chromiumClient, ...pythonKinds]) {
  const skipped = kind.missing !== undefined && process.env.CI === undefined;
  describe.skipIf(skipped)(skipped ? `${kind.name} (${kind.missing})` : kind.name, () => {
    describe.each(wishes.filter((wish) => possible(kind, wish)))("we want %j", (wish) => {
      contract(kind, wish, {});
    });
    if (kind.can.compress.windowBits === undefined) return;
    describe.each(wishes.slice(1).filter((wish) => possible(kind, wish)))("they want %j", (wish) => {
      contract(kind, {}, wish);
    });
    describe("with the engine of node:zlib", () => contract(kind, { engine: nodeZlibEngine }, {}));
  });
}

/** Not every peer can compress with a window as small as the smallest. */
function possible(
  { can, ours }: Kind,
  { serverMaxWindowBits = 15, clientMaxWindowBits = 15 }: DeflateOptions,
): boolean {
  const theirs = ours === "client" ? serverMaxWindowBits : clientMaxWindowBits;
  const either = Math.min(serverMaxWindowBits, Number(clientMaxWindowBits));
  // A peer that can't be configured has to accept our choice.
  if (can.compress.windowBits === undefined) return can.compress.sends || Number(theirs) >= 8;
  return either >= can.compress.windowBits;
}

function contract(kind: Kind, ours: DeflateOptions, theirs: Compression["theirs"]): void {
  const counts: Counts = { deflated: 0, inflated: 0 };
  let pairing: Pairing;
  let our: Peer;
  let their: Foreign;

  beforeAll(async () => {
    const engine = counting(ours.engine ?? pakoEngine, counts);
    pairing = await kind.start({ ours: [permessageDeflate({ ...ours, engine })], theirs });
  });
  afterAll(() => pairing?.stop());
  afterEach(async () => {
    our.drop();
    await Promise.all([our.gone, their.closed]);
  });

  async function open(): Promise<void> {
    ({ ours: our, theirs: their } = await pairing.open());
    await our.event("connectionEstablished");
    const agreed = agreedOn(our.connection);
    expect(agreed).toBeDefined();
    const wanted = { ...ours, ...theirs };
    if (wanted.serverNoContextTakeover === true) expect(agreed).toContain("server_no_context_takeover");
    if (wanted.clientNoContextTakeover === true && kind.ours === "server") {
      expect(agreed).toContain("client_no_context_takeover");
    }
    counts.deflated = counts.inflated = 0;
  }

  test("messages arrive unchanged, compressed, in both directions", async () => {
    await open();
    for (const message of messages) our.do((connection) => connection.sendData(message));
    for (const message of messages) expect(await their.message()).toEqual(message);
    expect(counts.deflated).toBeGreaterThan(80_000);
    for (const message of messages) await their.send(message);
    for (const message of messages) expect(await our.message()).toEqual(message);
    expect(counts.inflated > 80_000).toBe(kind.can.compress.sends);
  });

  test("fragments with pings between them, some not compressed", async () => {
    await open();
    for (let i = 0; i < 8; i++) {
      our.do((connection) => {
        connection.sendData(`${update(i)}, `, false, { compress: i % 3 !== 1 });
        connection.sendData("", false);
        if (kind.can.compress.breaksOnPing !== true) connection.ping(noise.subarray(0, 4));
        connection.sendData(update(i + 1));
      });
      expect(await their.message()).toBe(`${update(i)}, ${update(i + 1)}`);
    }
    if (!kind.can.fragments) return;
    for (let i = 0; i < 8; i++) {
      await their.send(update(i), false);
      await their.send("", false);
      await their.send(update(i + 1), true);
      expect(await our.message()).toBe(update(i) + update(i + 1));
    }
  });
}
