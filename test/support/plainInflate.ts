/**
 * DEFLATE read straight from RFC 1951, bit by bit, as a reference: reports the bytes and their blocks and distances,
 * and refuses a distance beyond the window.
 */
import type { Bytes } from "./wire.ts";

export interface Inflated {
  readonly bytes: Bytes;
  readonly finalBlocks: number;
  readonly blocks: number;
  /** The longest distance; 0 if nothing was repeated. */
  readonly farthest: number;
}

/** Thrown to stop inflating before the end of the input. */
export class BrokenInput extends Error {
  /** The number of final blocks before it. */
  readonly finalBlocks: number;

  constructor(finalBlocks: number, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.finalBlocks = finalBlocks;
  }
}

/** Inflates blocks up to the end of `input`, which must be the end of a block: `BrokenInput` else. `history` is what they may refer to. */
export function plainInflate(input: Uint8Array, history: Uint8Array = new Uint8Array(0), window = 32_768): Inflated {
  const out: number[] = [...history];
  let at = 0;
  let finalBlocks = 0;
  let blocks = 0;
  let farthest = 0;

  const bit = (): number => {
    if (at >= input.length * 8) throw new Error("the input ends within a block");
    const value = (input[at >> 3]! >> (at & 7)) & 1;
    at++;
    return value;
  };
  const bits = (count: number): number => {
    let value = 0;
    for (let i = 0; i < count; i++) value |= bit() << i;
    return value;
  };
  const align = (): void => void (at = (at + 7) & ~7);

  function stored(): void {
    align();
    const length = bits(16);
    if ((bits(16) ^ length) !== 0xffff) throw new Error("length and its complement differ");
    for (let i = 0; i < length; i++) out.push(bits(8));
  }

  function compressed(literals: Code, distances: Code): void {
    for (;;) {
      const symbol = literals.read(bit);
      if (symbol < 256) {
        out.push(symbol);
      } else if (symbol === 256) {
        return;
      } else {
        if (symbol > 285) throw new Error(`literal or length ${symbol}`);
        const length = LENGTHS[symbol - 257]! + bits(LENGTH_BITS[symbol - 257]!);
        const code = distances.read(bit);
        if (code > 29) throw new Error(`distance code ${code}`);
        const distance = DISTANCES[code]! + bits(DISTANCE_BITS[code]!);
        if (distance > out.length) throw new Error(`distance ${distance} reaches back before the beginning`);
        if (distance > window) throw new Error(`distance ${distance} reaches beyond the window of ${window}`);
        farthest = Math.max(farthest, distance);
        for (let i = 0; i < length; i++) out.push(out[out.length - distance]!);
      }
    }
  }

  function dynamic(): void {
    const literals = bits(5) + 257;
    const distances = bits(5) + 1;
    if (literals > 286 || distances > 30) throw new Error("more codes than there are symbols (§3.2.7)");
    const lengthLengths = new Array<number>(19).fill(0);
    for (let i = 0, count = bits(4) + 4; i < count; i++) lengthLengths[LENGTH_ORDER[i]!] = bits(3);
    const lengthCode = new Code(lengthLengths, "complete");
    const lengths: number[] = [];
    while (lengths.length < literals + distances) {
      const symbol = lengthCode.read(bit);
      if (symbol === 16 && lengths.length === 0) throw new Error("nothing to repeat");
      if (symbol < 16) lengths.push(symbol);
      else if (symbol === 16) lengths.push(...new Array<number>(bits(2) + 3).fill(lengths.at(-1)!));
      else lengths.push(...new Array<number>(symbol === 17 ? bits(3) + 3 : bits(7) + 11).fill(0));
    }
    if (lengths.length > literals + distances) throw new Error("more lengths than there are codes");
    if (lengths[256] === 0) throw new Error("no code for the end of the block");
    compressed(new Code(lengths.slice(0, literals)), new Code(lengths.slice(literals)));
  }

  try {
    while (at < input.length * 8) {
      const final = bit() === 1;
      blocks++;
      const type = bits(2);
      if (type === 0) stored();
      else if (type === 1) compressed(FIXED_LITERALS, FIXED_DISTANCES);
      else if (type === 2) dynamic();
      else throw new Error("block of the reserved type");
      if (!final) continue;
      // What is left of the last byte is padding.
      finalBlocks++;
      align();
    }
  } catch (error) {
    throw new BrokenInput(finalBlocks, error);
  }
  return { bytes: Uint8Array.from(out.slice(history.length)), finalBlocks, blocks, farthest };
}

/**
 * A Huffman code from the lengths of its codes (§3.2.2). It must be complete and unambiguous. As in zlib, a single code of
 * one bit, or no code, is also accepted for literals or distances.
 */
class Code {
  readonly #symbols = new Map<string, number>();

  constructor(lengths: readonly number[], rule: "complete" | "maySingle" = "maySingle") {
    const used = lengths.filter((length) => length > 0);
    const share = used.reduce((sum, length) => sum + 2 ** -length, 0);
    const isSingle = rule === "maySingle" && used.length === 1 && used[0] === 1;
    if (share > 1 || (share < 1 && used.length > 0 && !isSingle)) throw new Error("code lengths that make no code");
    let code = 0;
    for (let length = 1; length <= 15; length++) {
      for (const [symbol, of] of lengths.entries()) {
        if (of === length) this.#symbols.set((code++).toString(2).padStart(length, "0"), symbol);
      }
      code <<= 1;
    }
  }

  read(bit: () => number): number {
    let code = "";
    while (code.length < 15) {
      code += `${bit()}`;
      const symbol = this.#symbols.get(code);
      if (symbol !== undefined) return symbol;
    }
    throw new Error("not a code");
  }
}

const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const LENGTHS = LENGTH_BITS.map((_, i) => (i === 28 ? 258 : 3 + sum(LENGTH_BITS.slice(0, i))));
const DISTANCE_BITS = Array.from({ length: 30 }, (_, i) => Math.max(0, (i >> 1) - 1));
const DISTANCES = DISTANCE_BITS.map((_, i) => 1 + sum(DISTANCE_BITS.slice(0, i)));
const FIXED_LITERALS = new Code(Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)));
const FIXED_DISTANCES = new Code(new Array<number>(32).fill(5));

/** The range of codes with this many extra bits. */
function sum(extraBits: readonly number[]): number {
  return extraBits.reduce((total, count) => total + 2 ** count, 0);
}
