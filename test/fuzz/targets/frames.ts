/** Frames to either role: the frame reader, messages, and the closing handshake (RFC 6455 §5). */
import { WSConnection } from "../../../src/index.ts";
import { everyByte, hex, join, type Bytes } from "../../support/wire.ts";
import { compare } from "../differences.ts";
import { outcomeOf, someCuts, type Outcome } from "../connectionOracle.ts";
import { endsInFrame, frameOf } from "../frames.ts";
import { mutateFrames } from "../mutateFrames.ts";
import type { Target } from "../target.ts";
import { same } from "../same.ts";
import { wsVerdict } from "../wsReceiver.ts";

/** The first byte of an input: the role of the receiver, and its limit. */
const SERVER = 1;
const SMALL = 2;

/** What is missing of a header is made up of zeros, RFC 6455 §5.2. */
const LONGEST_HEADER = 14;

const connectionFor = (mode: number): WSConnection =>
  new WSConnection((mode & SERVER) === 0 ? "client" : "server", {
    handshake: "none",
    random: (key) => key.fill(0),
    limits: { maxMessageBytes: maxMessageBytes(mode), maxFrameBytes: maxMessageBytes(mode) },
  });

const maxMessageBytes = (mode: number): number => ((mode & SMALL) === 0 ? 64 * 1024 * 1024 : 200);

const withMode = (mode: number, ...frames: Uint8Array[]): Bytes => join(Uint8Array.of(mode), ...frames);

const all = (outcome: Outcome): object => ({ ...outcome, events: outcome.events() });

export const framesTarget: Target = {
  name: "frames",
  seeds: () =>
    [0, SERVER, SMALL, SERVER | SMALL].flatMap((mode) => {
      const frame = (first: number, payload: string): Bytes => frameOf(first, hex(payload), (mode & SERVER) !== 0);
      return [
        withMode(mode, frame(0x81, "48 65 6c 6c 6f"), frame(0x82, "01 02"), frame(0x88, "03 e8")),
        withMode(mode, frame(0x01, "ce"), frame(0x89, "70"), frame(0x80, "ba"), frame(0x8a, "")),
        withMode(mode, frame(0x82, "61*126"), frame(0x88, "")),
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
    same(all(outcomeOf(connectionFor(mode), bytes, everyByte(bytes))), all(whole), "byte by byte");
    same(all(outcomeOf(connectionFor(mode), bytes, someCuts(bytes))), all(whole), "in pieces");
    const role = (mode & SERVER) === 0 ? "client" : "server";
    const theirs = await wsVerdict(bytes, { role, maxMessageBytes: maxMessageBytes(mode) });
    const completed = (): Outcome => outcomeOf(connectionFor(mode), join(bytes, new Uint8Array(LONGEST_HEADER)), []);
    const difference = compare(whole, theirs, {
      completed,
      endsInFrame: endsInFrame(bytes),
      decodes: false,
      emptyCompressed: false,
      finalBlock: false,
    });
    const kinds = [...new Set(whole.told.map((each) => each.slice(0, 4)))].sort().join();
    return [mode, whole.fault ?? whole.end, kinds, difference?.name ?? ""].join("|");
  },
};
