/** Properties that hold for all messages, whatever their fragments, compression and negotiation. */
import fc from "../support/properties.ts";
import { describe, expect, test } from "vitest";
import { permessageDeflate, type DeflateOptions } from "../../src/deflate/index.ts";
import type { WSConnection } from "../../src/index.ts";
import { agreedOn, framesIn, MessageOracle, messagesOf, openDeflate, type Frame } from "../support/deflate.ts";
import { feed, joined, pairOf, type Bytes } from "../support/wire.ts";

const encode = (data: string | Bytes): Bytes => (typeof data === "string" ? new TextEncoder().encode(data) : data);

/** What is sent by JSON's users, by those of images, and by nobody. */
const content: fc.Arbitrary<string | Bytes> = fc.oneof(
  fc.constantFrom("", "Hello", "Hello, Hello, Hello", "ö👋".repeat(50)),
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.json({ maxDepth: 3 }),
  fc.uint8Array({ maxLength: 300 }),
  fc
    .tuple(fc.string({ minLength: 1, maxLength: 400 }), fc.integer({ min: 1, max: 40_000 }))
    .map(([part, length]) => part.repeat(Math.ceil(length / part.length)).slice(0, length)),
  fc
    .tuple(fc.integer({ min: 1, max: 70_000 }), fc.integer({ min: 1, max: 255 }), fc.integer())
    .map(([length, mask, seed]) =>
      Uint8Array.from({ length }, (_, i) => (Math.imul(i + 1, seed | 1) >>> 13) & mask & 255),
    ),
);

interface Sent {
  /** Its fragments: all text or all bytes. */
  readonly fragments: readonly (string | Bytes)[];
  readonly compress: boolean | undefined;
  readonly pingBetween: boolean;
}

const sent: fc.Arbitrary<Sent> = fc
  .record({
    data: content,
    cuts: fc.array(fc.nat(), { maxLength: 3 }),
    compress: fc.option(fc.boolean(), { nil: undefined }),
    pingBetween: fc.boolean(),
  })
  .map(({ data, cuts, compress, pingBetween }) => {
    const ends = [...cuts.map((cut) => cut % (data.length + 1)).sort((a, b) => a - b), data.length];
    return { fragments: ends.map((end, i) => data.slice(ends[i - 1] ?? 0, end)), compress, pingBetween };
  });

const options: fc.Arbitrary<DeflateOptions> = fc
  .record(
    {
      serverNoContextTakeover: fc.boolean(),
      clientNoContextTakeover: fc.boolean(),
      serverMaxWindowBits: fc.integer({ min: 8, max: 15 }),
      clientMaxWindowBits: fc.oneof(fc.integer({ min: 8, max: 15 }), fc.constant(true)),
      threshold: fc.constantFrom(0, 20, 1024),
      level: fc.integer({ min: 0, max: 9 }),
      memLevel: fc.integer({ min: 1, max: 9 }),
    },
    { requiredKeys: [] },
  )
  .map((record) => ({ ...record }));

function send(from: WSConnection, { fragments, compress, pingBetween }: Sent): void {
  for (const [i, fragment] of fragments.entries()) {
    const last = i === fragments.length - 1;
    from.sendData(fragment, last, compress === undefined ? {} : { compress });
    if (pingBetween && !last) from.ping(new Uint8Array(2));
  }
}

const whole = ({ fragments }: Sent): string | Bytes =>
  typeof fragments[0] === "string"
    ? fragments.join("")
    : Uint8Array.from(fragments.flatMap((fragment) => [...(fragment as Bytes)]));

test("messages arrive unchanged, whatever was negotiated and wherever the network cuts", () => {
  fc.assert(
    fc.property(
      options,
      options,
      fc.array(fc.tuple(fc.boolean(), sent), { maxLength: 8 }),
      fc.array(fc.nat(), { maxLength: 12 }),
      (clientOptions, serverOptions, messages, cuts) => {
        const { client, server } = pairOf([permessageDeflate(clientOptions)], [permessageDeflate(serverOptions)]);
        expect(agreedOn(client)).toBe(agreedOn(server));
        for (const [fromClient, message] of messages) send(fromClient ? client : server, message);
        for (const [from, to, isClient] of [
          [client, server, true],
          [server, client, false],
        ] as const) {
          const wire = from.bytesToSend();
          const ends = cuts.map((cut) => cut % (wire.length + 1)).sort((a, b) => a - b);
          const expected = messages.filter(([fromClient]) => fromClient === isClient).map(([, each]) => whole(each));
          expect(messagesOf(feed(to, wire, ends))).toEqual(expected);
        }
      },
    ),
    { numRuns: 150 },
  );
});

describe("RFC 7692 §7.2.1", () => {
  const agreed = fc.record({
    serverNoContextTakeover: fc.boolean(),
    serverMaxWindowBits: fc.integer({ min: 8, max: 15 }),
    level: fc.integer({ min: 0, max: 9 }),
    memLevel: fc.integer({ min: 1, max: 9 }),
  });

  test("no sent block is a final one, and none refers to data that the peer does not have", () => {
    fc.assert(
      fc.property(agreed, fc.array(sent, { minLength: 1, maxLength: 5 }), (how, messages) => {
        const server = openDeflate("server", how);
        const windowBits = how.serverMaxWindowBits;
        const oracle = new MessageOracle({ windowBits, takeover: !how.serverNoContextTakeover });
        for (const message of messages) {
          send(server, { ...message, compress: true });
          const read = oracle.read(framesIn(server.bytesToSend()).filter(isData));
          expect(read.bytes).toEqual(encode(whole(message)));
          expect(read.finalBlocks).toBe(0);
        }
      }),
      { numRuns: 60 },
    );
  });
});

test("any bytes in a compressed message give a defined outcome, the same for all chunks", () => {
  const frames = fc.array(fc.tuple(fc.uint8Array({ maxLength: 60 }), fc.boolean()), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(frames, fc.array(fc.nat(), { maxLength: 6 }), (payloads, cuts) => {
      const bytes = payloads.flatMap(([payload, fin], i) => [
        (fin ? 0x80 : 0) | (i === 0 || payloads[i - 1]![1] ? 0x42 : 0),
        payload.length,
        ...payload,
      ]);
      const wire = Uint8Array.from(bytes);
      const ends = cuts.map((cut) => cut % (wire.length + 1)).sort((a, b) => a - b);
      const [once, cut] = [feed(openDeflate("client"), wire), feed(openDeflate("client"), wire, ends)];
      expect(joined(cut)).toEqual(joined(once));
    }),
    { numRuns: 500 },
  );
});

function isData({ opcode }: Frame): boolean {
  return opcode < 8;
}
