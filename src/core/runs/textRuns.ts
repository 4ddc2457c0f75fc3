/**
 * Writes single-frame texts; encodes texts of up to 125 ASCII characters in runs. Falls back to single texts if a run
 * is not ASCII. 2 to 4 times as fast.
 *
 * A text joins a run if the last eight were ASCII and something is already queued. The whole run is encoded in one
 * call, with gaps that are then overwritten with the headers. Sending texts of 125 bytes is twice as fast in Node 24
 * and four times as fast in Chromium 156, because a call of the encoder costs as much as encoding several hundred
 * bytes.
 */
import type { Bytes } from "../bytes.ts";
import { LOOPED_TEXT, writeTextFrame } from "../frameWriter.ts";
import { applyMask, readKey } from "../mask.ts";
import { LENGTH_16, MASK, WHOLE_TEXT } from "../opcodes.ts";
import type { Late, OutputQueue } from "../outputQueue.ts";
import { encodeAscii } from "../utf8.ts";

/** Length at which a run is encoded, in characters. */
const RUN_LENGTH = 32 * 1024;

/** After this many ASCII texts in a row, the next one is expected to be ASCII. */
const ASCII_EXPECTED_AFTER = 8;

export class TextRuns implements Late {
  readonly #output: OutputQueue;
  readonly #masks: boolean;
  /** Placeholder for a header. */
  readonly #gap: string;
  #asciiInARow = 0;
  #texts: string[] = [];
  #keys: number[] = [];
  /** Length of the run including headers, in characters. */
  length = 0;

  constructor(output: OutputQueue, masks: boolean) {
    this.#output = output;
    this.#masks = masks;
    this.#gap = masks ? "\0\0\0\0\0\0" : "\0\0";
  }

  /** Queues a whole text message. Has read the key when it returns. */
  write(text: string, key: Bytes | undefined): void {
    const output = this.#output;
    const { length } = text;
    if (length < LENGTH_16 && (this.length > 0 || this.#mayBegin(length))) {
      if (this.length === 0) output.wait(this);
      this.#texts.push(text);
      if (key !== undefined) this.#keys.push(readKey(key, 0));
      this.length += this.#gap.length + length;
      if (this.length >= RUN_LENGTH) output.flush();
      return;
    }
    const isAscii = writeTextFrame(output, WHOLE_TEXT, text, key);
    this.#asciiInARow = isAscii ? this.#asciiInARow + 1 : 0;
  }

  /**
   * Whether a text of this length may start a run. Requires queued output, because a run of one text does not pay off.
   */
  #mayBegin(length: number): boolean {
    return length > LOOPED_TEXT && this.#asciiInARow >= ASCII_EXPECTED_AFTER && this.#output.size > 0;
  }

  /** Queues one frame for each text of the run. */
  flush(): void {
    const texts = this.#texts;
    const keys = this.#keys;
    const { length } = this;
    this.#texts = [];
    this.#keys = [];
    this.length = 0;
    const output = this.#output;
    const start = output.reserve(length);
    const { slab } = output;
    if (!encodeAscii(this.#gap + texts.join(this.#gap), slab.subarray(start, start + length))) {
      output.giveBack(start);
      this.#asciiInARow = 0;
      for (let i = 0; i < texts.length; i++) {
        writeTextFrame(output, WHOLE_TEXT, texts[i]!, this.#masks ? keyBytes(keys[i]!) : undefined);
      }
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
      writeKey(slab, at + 2, key);
      at += 6;
      applyMask(slab, output.words, at, (at += length), key, 0);
    }
  }
}

const KEY: Bytes = new Uint8Array(4);

/** A key's bytes. Use them before the next call. */
function keyBytes(key: number): Bytes {
  writeKey(KEY, 0, key);
  return KEY;
}

function writeKey(bytes: Bytes, at: number, key: number): void {
  for (let i = 0; i < 4; i++) bytes[at + i] = key >>> (i << 3);
}
