/** Finds where the Close frame ends in the bytes of one direction, independently of the code under test. */

const BLANK_LINE = [13, 10, 13, 10];

/** Bytes of a status line up to its code. */
const STATUS_LINE = 12;

export class WireScanner {
  /** Position behind the first Close frame; `undefined` until its header is complete. */
  closeEnd: number | undefined;
  /** The status of the HTTP head; `undefined` before it, and for a request. */
  status: number | undefined;
  #inHead: boolean;
  /** The first bytes of the head, and how much of the blank line behind it has come. */
  #head = "";
  #blank = 0;
  #position = 0;
  /** The frame header that is incomplete so far. */
  readonly #header: number[] = [];
  /** How many bytes of the present frame's payload are still to come. */
  #payloadLeft = 0;

  constructor(beginsWithHead: boolean) {
    this.#inHead = beginsWithHead;
  }

  push(chunk: Uint8Array): void {
    let at = 0;
    while (this.#inHead && at < chunk.length) {
      const byte = chunk[at++]!;
      if (this.#head.length < STATUS_LINE) this.#head += String.fromCharCode(byte);
      this.#blank = byte === BLANK_LINE[this.#blank] ? this.#blank + 1 : byte === 13 ? 1 : 0;
      if (this.#blank < BLANK_LINE.length) continue;
      this.#inHead = false;
      const status = /^HTTP\/1\.1 (\d+)/.exec(this.#head)?.[1];
      if (status !== undefined) this.status = Number(status);
    }
    while (at < chunk.length) {
      if (this.#payloadLeft > 0) {
        const step = Math.min(this.#payloadLeft, chunk.length - at);
        this.#payloadLeft -= step;
        at += step;
        continue;
      }
      this.#header.push(chunk[at++]!);
      const [first = 0, second = 0] = this.#header;
      if (this.#header.length < 2) continue;
      const short = second & 127;
      const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
      const headerBytes = 2 + lengthBytes + (second >= 128 ? 4 : 0);
      if (this.#header.length < headerBytes) continue;
      let length = lengthBytes === 0 ? short : 0;
      for (let i = 0; i < lengthBytes; i++) length = length * 256 + this.#header[2 + i]!;
      if ((first & 15) === 8 && this.closeEnd === undefined && (this.status ?? 101) === 101) {
        this.closeEnd = this.#position + at + length;
      }
      this.#payloadLeft = length;
      this.#header.length = 0;
    }
    this.#position += chunk.length;
  }
}
