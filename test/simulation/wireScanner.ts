/** Follows the frames in the bytes of one direction, independently of the code under test. */

const BLANK_LINE = [13, 10, 13, 10];

/** Bytes of a status line up to its code. */
const STATUS_LINE = 12;

export class WireScanner {
  /** Position after the first Close frame; `undefined` until its header is complete. */
  closeEnd: number | undefined;
  /** The code of the first Close frame, once it has arrived completely; 1005 if it has none. */
  closeCode: number | undefined;
  /** The status of the HTTP head; `undefined` before it, and for a request. */
  status: number | undefined;
  /** Position after the head; `undefined` until it is complete. */
  headEnd: number | undefined;
  /** Position after the first frame with a piece of a message; `undefined` until its header is complete. */
  firstPieceEnd: number | undefined;
  /** Called for each Ping frame, once its header is complete. */
  pinged: () => void = () => {};
  /** Whether a fragmented message is in progress. */
  inMessage = false;
  /** Frames whose last byte has arrived. */
  frames = 0;
  position = 0;
  /** The first bytes of the head, and how much of the blank line behind it has come. */
  #head = "";
  #blank = 0;
  /** The frame header that is not complete yet. */
  readonly #header: number[] = [];
  /** How many bytes of the current frame's payload are still to come. */
  #payloadLeft = 0;
  /** The payload of the first Close frame, as far as it matters. */
  #closeBody: number[] | undefined;
  #key: number[] = [];

  constructor(beginsWithHead: boolean) {
    if (!beginsWithHead) this.headEnd = 0;
  }

  /** Whether the next byte begins a frame. */
  get betweenFrames(): boolean {
    return this.headEnd !== undefined && this.#payloadLeft === 0 && this.#header.length === 0;
  }

  /** Whether frames follow. */
  get isOpen(): boolean {
    return this.headEnd !== undefined && (this.status ?? 101) === 101;
  }

  push(chunk: Uint8Array): void {
    let at = 0;
    while (this.headEnd === undefined && at < chunk.length) {
      const byte = chunk[at++]!;
      if (this.#head.length < STATUS_LINE) this.#head += String.fromCharCode(byte);
      this.#blank = byte === BLANK_LINE[this.#blank] ? this.#blank + 1 : byte === 13 ? 1 : 0;
      if (this.#blank < BLANK_LINE.length) continue;
      this.headEnd = this.position + at;
      const status = /^HTTP\/1\.1 (\d+)/.exec(this.#head)?.[1];
      if (status !== undefined) this.status = Number(status);
    }
    while (at < chunk.length) {
      if (this.#payloadLeft > 0) {
        const step = Math.min(this.#payloadLeft, chunk.length - at);
        if (this.#closeBody !== undefined) this.#closeBody.push(...chunk.subarray(at, at + step));
        this.#payloadLeft -= step;
        at += step;
        if (this.#payloadLeft === 0) this.#endFrame();
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
      const opcode = first & 15;
      if (opcode < 8) {
        this.inMessage = first < 128;
        if (length > 0 || first >= 128) this.firstPieceEnd ??= this.position + at + length;
      }
      if (opcode === 9) this.pinged();
      if (opcode === 8 && this.closeEnd === undefined && this.isOpen) {
        this.closeEnd = this.position + at + length;
        this.#closeBody = [];
        this.#key = second >= 128 ? this.#header.slice(-4) : [0, 0];
      }
      this.#payloadLeft = length;
      this.#header.length = 0;
      if (length === 0) this.#endFrame();
    }
    this.position += chunk.length;
  }

  #endFrame(): void {
    this.frames++;
    const body = this.#closeBody;
    if (body === undefined) return;
    this.#closeBody = undefined;
    const [first = 0, second = 0] = body;
    this.closeCode = body.length < 2 ? 1005 : ((first ^ this.#key[0]!) << 8) | (second ^ this.#key[1]!);
  }
}
