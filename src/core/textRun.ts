/**
 * Short texts that are sent one after the other, encoded at once: joined with as many characters between them as a header
 * has bytes, then given their headers and masked where they lie. A call of the encoder costs as much as encoding several
 * hundred bytes: of 125 bytes each, twice as many texts are sent in a second in Node 24, four times as many in Chromium
 * 156.
 *
 * Only while they are ASCII, so that characters and bytes are the same in number.
 */
import type { Bytes } from "./bytes.ts";
import { firstByte, LOOPED_TEXT, writeTextFrame } from "./frameWriter.ts";
import { applyMask, readKey } from "./mask.ts";
import { LENGTH_16, MASK, Opcode } from "./opcodes.ts";
import type { OutputQueue } from "./outputQueue.ts";
import { encodeAscii } from "./utf8.ts";

/** A whole message. */
const WHOLE_TEXT = firstByte(Opcode.TEXT, true, 0);

/** After how many texts of ASCII in a row another one is expected to be ASCII, too. */
const EXPECTED_AFTER = 8;

/** How long a run grows, in characters, before it is encoded. */
const RUN_LENGTH = 32 * 1024;

export class TextRun {
  readonly #output: OutputQueue;
  readonly #masks: boolean;
  /** What stands for a header until it is written. */
  readonly #gap: string;
  #texts: string[] = [];
  #keys: number[] = [];
  #length = 0;
  #asciiInARow = 0;

  constructor(output: OutputQueue, masks: boolean) {
    this.#output = output;
    this.#masks = masks;
    this.#gap = masks ? "\0\0\0\0\0\0" : "\0\0";
  }

  /** Sends a whole message, now or when it is flushed. The key is read at once. */
  send(text: string, key: Bytes | undefined): void {
    const { length } = text;
    const isFirst = this.#texts.length === 0;
    if (length >= LENGTH_16 || this.#asciiInARow < EXPECTED_AFTER || (isFirst && length <= LOOPED_TEXT)) {
      this.flush();
      this.#sendAlone(text, key);
      return;
    }
    this.#texts.push(text);
    if (key !== undefined) this.#keys.push(readKey(key, 0));
    this.#length += this.#gap.length + length;
    if (this.#length >= RUN_LENGTH) this.flush();
  }

  /** Writes what waits: to be called before anything else is written, and before what is to be sent is looked at. */
  flush(): void {
    const texts = this.#texts;
    if (texts.length === 0) return;
    const keys = this.#keys;
    const output = this.#output;
    const length = this.#length;
    this.#texts = [];
    this.#keys = [];
    this.#length = 0;

    const start = output.reserve(length);
    const { slab } = output;
    if (!encodeAscii(this.#gap + texts.join(this.#gap), slab.subarray(start, start + length))) {
      output.giveBack(start);
      for (let i = 0; i < texts.length; i++) this.#sendAlone(texts[i]!, this.#masks ? keyBytes(keys[i]!) : undefined);
      return;
    }
    let at = start;
    for (let i = 0; i < texts.length; i++) {
      const { length } = texts[i]!;
      slab[at] = WHOLE_TEXT;
      if (!this.#masks) {
        slab[at + 1] = length;
        at += 2 + length;
        continue;
      }
      slab[at + 1] = MASK | length;
      const key = keys[i]!;
      for (let k = 0; k < 4; k++) slab[at + 2 + k] = key >>> (k << 3);
      at += 6;
      applyMask(slab, output.words, at, (at += length), key, 0);
    }
  }

  #sendAlone(text: string, key: Bytes | undefined): void {
    const isAscii = writeTextFrame(this.#output, WHOLE_TEXT, text, key);
    this.#asciiInARow = isAscii ? this.#asciiInARow + 1 : 0;
  }
}

const KEY: Bytes = new Uint8Array(4);

/** The bytes of a key that was read, to be used before the next one's. */
function keyBytes(key: number): Bytes {
  for (let i = 0; i < 4; i++) KEY[i] = key >>> (i << 3);
  return KEY;
}
