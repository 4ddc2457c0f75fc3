/** Compressed messages to a client: permessage-deflate (RFC 7692), and pako below it. */
import { deflateRawSync } from "node:zlib";
import { permessageDeflate } from "../../../src/deflate/index.ts";
import { WSConnection } from "../../../src/index.ts";
import { ascii, everyByte, hex, join, type Bytes } from "../../support/wire.ts";
import { outcomeOf, someCuts, type Outcome } from "../connectionOracle.ts";
import { compare } from "../differences.ts";
import { endsInFrame, frameOf, hasEmptyCompressed } from "../frames.ts";
import { mutateFrames } from "../mutateFrames.ts";
import { referenceOf } from "../reference.ts";
import { same } from "../same.ts";
import type { Target } from "../target.ts";
import { wsVerdict } from "../wsReceiver.ts";

/** The first byte of an input: what was agreed on, and which limit there is. */
const NO_TAKEOVER = 1;
const SMALL = 2;

/** One for all connections, which take turns with its engine where windows are not kept. */
const extension = permessageDeflate();

function connectionFor(mode: number): WSConnection {
  const noTakeover = (mode & NO_TAKEOVER) !== 0;
  const parameters = noTakeover ? ([["server_no_context_takeover"], ["client_no_context_takeover"]] as const) : [];
  const codec = extension.confirm(parameters);
  if (codec === undefined) throw new Error("the extension refuses its own terms");
  return new WSConnection("client", {
    handshake: "none",
    extensions: [{ name: extension.name, parameters, codec }],
    random: (key) => key.fill(0),
    limits: { maxMessageBytes: maxMessageBytes(mode), maxFrameBytes: maxMessageBytes(mode) },
  });
}

const maxMessageBytes = (mode: number): number => ((mode & SMALL) === 0 ? 64 * 1024 : 200);

const deflated = (data: Uint8Array, level: number): Bytes =>
  new Uint8Array(deflateRawSync(data, { level, finishFlush: 2 })).slice(0, -4);

const withMode = (mode: number, ...frames: Uint8Array[]): Bytes => join(Uint8Array.of(mode), ...frames);

/** What the data of one message can break at once. */
const OF_DATA = ["compressedDataInvalid", "invalidUtf8", "messageTooLarge"];

/**
 * The size of the pieces decides how much of a message is delivered before a fault in it, and which of two faults is
 * found first, because a piece is measured before it is decoded as text.
 */
function settled({ told, end, fault, sent }: Outcome): object {
  return OF_DATA.includes(fault ?? "") ? { told, fault: "of data" } : { told, end, fault, sent };
}

export const inflaterTarget: Target = {
  name: "inflater",
  seeds: () =>
    [0, NO_TAKEOVER, SMALL, NO_TAKEOVER | SMALL].flatMap((mode) => {
      const hello = hex("f2 48 cd c9 c9 07 00");
      const sentence = ascii("when the window is kept, what comes again is short, when the window is kept");
      return [
        withMode(mode, frameOf(0xc1, hello, false), frameOf(0xc1, hex("f2 00 11 00 00"), false)),
        withMode(mode, frameOf(0x41, hello.slice(0, 3), false), frameOf(0x80, hello.slice(3), false)),
        ...[0, 1, 6, 9].map((level) => withMode(mode, frameOf(0xc2, deflated(sentence, level), false))),
        withMode(mode, frameOf(0xc2, deflated(new Uint8Array(100_000), 9), false), frameOf(0x81, ascii("a"), false)),
      ];
    }),
  mutate(random, input, other) {
    const mode = random.oneIn(20) ? random.below(4) : (input[0] ?? 0) & 3;
    return withMode(mode, mutateFrames(random, input.slice(1), other.slice(1)));
  },
  async run(input) {
    const mode = input[0] ?? 0;
    const bytes = input.slice(1);
    const whole = outcomeOf(connectionFor(mode), bytes, []);
    same(settled(outcomeOf(connectionFor(mode), bytes, everyByte(bytes))), settled(whole), "byte by byte");
    same(settled(outcomeOf(connectionFor(mode), bytes, someCuts(bytes))), settled(whole), "in pieces");
    const reference = referenceOf(bytes, (mode & NO_TAKEOVER) === 0, maxMessageBytes(mode));
    const messages = whole.told.filter((each) => !/^p[io]ng/.test(each)).slice(0, reference.messages.length);
    same(messages, reference.messages, "not as the oracle inflates:");
    const deflate = { noTakeover: (mode & NO_TAKEOVER) !== 0 };
    const theirs = await wsVerdict(bytes, { role: "client", deflate, maxMessageBytes: maxMessageBytes(mode) });
    const completed = (): Outcome => outcomeOf(connectionFor(mode), join(bytes, new Uint8Array(14)), []);
    const difference = compare(whole, theirs, {
      completed,
      endsInFrame: endsInFrame(bytes),
      decodes: true,
      emptyCompressed: hasEmptyCompressed(bytes),
      finalBlock: reference.finalBlock,
    });
    const kinds = [...new Set(whole.told.map((each) => each.slice(0, 4)))].sort().join();
    return [mode, whole.fault ?? whole.end, kinds, difference?.name ?? ""].join("|");
  },
};
