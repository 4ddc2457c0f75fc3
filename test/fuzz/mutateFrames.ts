/** Changes to frames (RFC 6455 §5.2): their bits, lengths, masks, payloads, order and number. */
import { deflateRawSync } from "node:zlib";
import type { Random } from "../support/random.ts";
import { ascii, hex, join, type Bytes } from "../support/wire.ts";
import { frameOf, split, write, type Frame } from "./frames.ts";
import { mutateBytes } from "./mutateBytes.ts";

const LENGTHS = [
  0n,
  1n,
  2n,
  124n,
  125n,
  126n,
  127n,
  255n,
  256n,
  0x7fffn,
  0x8000n,
  0xffffn,
  0x1_0000n,
  2n ** 26n,
  2n ** 26n + 1n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];

const TEXTS = ["", "a", "Hello", "κόσμε", "\uFEFF", "\u{10FFFF}", "€".repeat(50), "a".repeat(125), "b".repeat(126)];

/** RFC 3629 §3, §4: invalid and incomplete UTF-8. */
const BROKEN = [
  "c3",
  "a9",
  "e2 82",
  "f0 9f",
  "c0 af",
  "ed a0 80",
  "f4 90 80 80",
  "f8 88 80 80 80",
  "ce ba e1",
  "fe",
  "80",
];

const CLOSES = [
  "",
  "03",
  "03 e8",
  "03 ec",
  "03 ed",
  "03 ee",
  "03 f6",
  "03 f7",
  "00 00",
  "0b b7",
  "0b b8",
  "13 87",
  "13 88",
  "03 e8 62 79 65",
  "03 e8 c3",
];

const deflated = (data: Uint8Array, finishFlush: number): Bytes =>
  new Uint8Array(deflateRawSync(data, { finishFlush })).slice();
const SYNC_FLUSH = 2;
const FINISH = 4;

/** RFC 7692 §7.2.3, and blocks of every kind. */
const DEFLATED: readonly Bytes[] = [
  hex("f2 48 cd c9 c9 07 00"),
  hex("f2 00 11 00 00"),
  hex("00 05 00 fa ff 48 65 6c 6c 6f 00"),
  hex("f3 48 cd c9 c9 07 00 00"),
  hex("f2 48 05 00 00 00 ff ff ca c9 c9 07 00"),
  hex("00"),
  deflated(ascii("Hello"), SYNC_FLUSH),
  deflated(ascii("Hello, hello, hello, hello"), FINISH),
  deflated(new Uint8Array(3000), SYNC_FLUSH).slice(0, -4),
  deflated(ascii(TEXTS.join("")), SYNC_FLUSH).slice(0, -4),
];

const PAYLOADS: readonly Bytes[] = [
  ...TEXTS.map(ascii),
  ...BROKEN.map((bytes) => hex(bytes)),
  ...CLOSES.map((bytes) => hex(bytes)),
  ...DEFLATED,
];

const OPCODES = [0, 1, 2, 8, 9, 10];

/** Corrects the length after the payload has changed. */
function fit(frame: Frame): Frame {
  const length = frame.payload.length;
  const wide = frame.wide === 8 || length > 0xffff ? 8 : frame.wide === 2 || length > 125 ? 2 : 0;
  return { ...frame, wide, claimed: BigInt(length) };
}

type FrameMutator = (random: Random, frame: Frame) => Frame[];

const frameMutators: readonly FrameMutator[] = [
  (_, frame) => [{ ...frame, first: frame.first ^ 0x80 }],
  (random, frame) => [{ ...frame, first: (frame.first & 0xf0) | random.pick(OPCODES) }],
  (random, frame) => [{ ...frame, first: (frame.first & 0xf0) | random.below(16) }],
  (random, frame) => [{ ...frame, first: frame.first ^ (0x10 << random.below(3)) }],
  (_, frame) => [{ ...frame, first: frame.first ^ 0x40 }],
  // The length in more bytes than necessary, off by one, or random.
  (random, frame) => [{ ...frame, wide: random.pick([0, 2, 8]) }],
  (random, frame) => [{ ...frame, claimed: frame.claimed + (random.oneIn(2) ? 1n : BigInt.asUintN(64, -1n)) }],
  (random, frame) => [{ ...frame, wide: random.pick([2, 8]), claimed: random.pick(LENGTHS) }],
  (_, frame) => [{ ...frame, masked: !frame.masked, key: hex("37 fa 21 3d") }],
  (random, frame) => [{ ...frame, key: frame.masked ? random.pick([hex("00 00 00 00"), random.bytes(4)]) : frame.key }],
  (random, frame) => [fit({ ...frame, payload: random.pick(PAYLOADS) })],
  (random, frame) => [fit({ ...frame, first: (frame.first & 0x8f) | 0x40, payload: random.pick(DEFLATED) })],
  (random, frame) => [fit({ ...frame, payload: join(frame.payload, random.pick(PAYLOADS)) })],
  (random, frame) => [fit({ ...frame, payload: mutateBytes(random, frame.payload, random.pick(PAYLOADS)) })],
  (random, frame) => [fit({ ...frame, payload: frame.payload.slice(0, random.below(frame.payload.length + 1)) })],
  // Splits a frame into two fragments.
  (random, frame) => {
    const cut = random.below(frame.payload.length + 1);
    const head = fit({ ...frame, first: frame.first & 0x7f, payload: frame.payload.slice(0, cut) });
    return [head, fit({ ...frame, first: frame.first & 0x80, payload: frame.payload.slice(cut) })];
  },
  () => [],
  (_, frame) => [frame, frame],
  (random, frame) => [frame, fit({ ...frame, first: 0x80 | random.pick(OPCODES), payload: random.pick(PAYLOADS) })],
  (random, frame) => [fit({ ...frame, first: random.pick(OPCODES), payload: random.pick(PAYLOADS) }), frame],
];

export function mutateFrames(random: Random, input: Bytes, other: Bytes): Bytes {
  if (random.oneIn(5)) return mutateBytes(random, input, other);
  const { frames, rest } = split(input);
  const more = split(other).frames;
  if (random.oneIn(10)) frames.splice(random.below(frames.length + 1), 0, ...more.slice(random.below(more.length + 1)));
  if (frames.length === 0)
    return join(frameOf(0x80 | random.pick(OPCODES), random.pick(PAYLOADS), random.oneIn(2)), rest);
  const at = random.below(frames.length);
  if (random.oneIn(10)) frames.splice(at, 0, ...frames.splice(random.below(frames.length), 1));
  else frames.splice(at, 1, ...random.pick(frameMutators)(random, frames[at]!));
  return join(...frames.map(write), random.oneIn(3) ? new Uint8Array(0) : rest);
}
