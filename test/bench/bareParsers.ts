/**
 * Parsers that do little more than produce the events of `events()`: for each piece a view or a part of a string, an
 * event, and an iterator result. They read lengths, and unmask and decode payloads. They check nothing, have no limits,
 * treat all frames alike, and do not support a header cut between chunks, except byte by byte. Texts share a decoder
 * call as far as ours do. They show what checks and limits cost, but are not a strict bound: with unmasking written out
 * for one length they would be a seventh faster at 16 bytes, and for a 16 MiB message, where memory dominates, ours is
 * sometimes faster.
 */
import { EMPTY } from "../../src/core/bytes.ts";
import { bytesReceived, textReceived, type BytesReceived, type TextReceived } from "../../src/core/events.ts";
import { applyMask, readKey, unmaskWithKey, Words } from "../../src/core/mask.ts";
import { decodeWhole } from "../../src/core/utf8.ts";
import { MessageAssembler } from "../../src/stream/messageAssembler.ts";
import { frameLength, headerLength, wireTo, type Wire } from "./inputs.ts";
import type { Role, Side } from "./measure.ts";
import { ScratchAssembler, SCRATCH_BYTES } from "./ourSides.ts";
import { provenReceiver, Tally } from "./tally.ts";

type Event = BytesReceived | TextReceived;
type Result = IteratorResult<Event, undefined>;

interface BareParser {
  /** As that of a connection. */
  readonly frameRemaining: number;
  receiveBytes(chunk: Uint8Array<ArrayBuffer>): void;
  next(): Result;
  [Symbol.iterator](): Iterator<Event, undefined>;
}

/** The same messages on the same wire as ours, but no chunk ends in a header or in a frame that fits into one. */
export function bareReceiver(
  role: Role,
  { message, count, chunkBytes, fragmentBytes }: Wire,
  streamed: boolean,
  wrap: (buffer: ArrayBuffer) => Uint8Array,
): Promise<Side> {
  const masked = role === "server";
  const isText = message.type !== "binary";
  const payloadLength = Math.min(message.bytes.length, fragmentBytes);
  const frameBytes = frameLength(payloadLength, masked);
  let parser: BareParser;
  let chunked = chunkBytes;
  if (chunkBytes === 1) {
    parser = new BareByteParser(masked, payloadLength);
  } else if (frameBytes > chunkBytes) {
    parser = new BarePieceParser(isText, masked, payloadLength);
    chunked = Math.ceil(frameBytes / Math.ceil(frameBytes / chunkBytes));
  } else {
    parser = new (isText ? BareTextParser : BareBinaryParser)(masked, payloadLength);
    chunked -= chunkBytes % frameBytes;
  }
  const wire = wireTo(role, message, { count, chunkBytes: chunked, fragmentBytes });

  // In a separate loop, as ours is measured: a loop that has seen both would be slower for both.
  const { chunks, renew } = wire.chunks(wrap);
  const { data, type } = message;
  const assembler = data.length > SCRATCH_BYTES ? new MessageAssembler(parser) : new ScratchAssembler();
  const tally = new Tally();
  const wanted = type === "binary" ? "bytesReceived" : "textReceived";
  let begun = false;
  const run = (): number => {
    for (const chunk of chunks) {
      parser.receiveBytes(chunk as Uint8Array<ArrayBuffer>);
      for (const event of parser) {
        if (event.type !== wanted) throw new Error(`unexpected ${event.type}`);
        const { messageFinished } = event;
        if (streamed || (messageFinished && !begun)) {
          tally.take(event.data, messageFinished);
        } else {
          const whole = assembler.add(event);
          if (whole !== undefined) tally.take(whole, true);
          begun = !messageFinished;
        }
      }
    }
    return tally.finish(data.length);
  };
  return provenReceiver({ ...(renew !== undefined && { prepare: renew }), run }, tally, wire);
}

const DONE = { value: undefined, done: true } as const;

class BareBinaryParser implements BareParser {
  readonly frameRemaining = 0;
  readonly #masked: boolean;
  readonly #headerLength: number;
  #chunk = EMPTY;
  /** Kept, because reading it from the chunk takes as long as a short message. */
  #buffer = EMPTY.buffer;
  #words = new Words(EMPTY.buffer);
  #at = 0;

  constructor(masked: boolean, payloadLength: number) {
    this.#masked = masked;
    this.#headerLength = headerLength(payloadLength, masked);
  }

  receiveBytes(chunk: Uint8Array<ArrayBuffer>): void {
    this.#chunk = chunk;
    this.#buffer = chunk.buffer;
    this.#words = new Words(chunk.buffer);
    this.#at = 0;
  }

  next(): Result {
    const chunk = this.#chunk;
    const at = this.#at;
    if (at === chunk.length) return DONE;
    const start = at + this.#headerLength;
    let length = chunk[at + 1]! & 0x7f;
    if (length === 126) length = (chunk[at + 2]! << 8) | chunk[at + 3]!;
    const end = start + length;
    if (this.#masked) unmask(chunk, this.#words, start, end);
    this.#at = end;
    const data = new Uint8Array(this.#buffer, start, length);
    return { value: bytesReceived(data, true, (chunk[at]! & 0x80) !== 0), done: false };
  }

  [Symbol.iterator](): this {
    return this;
  }
}

/** How much is decoded at once, as in ours: a retained text retains all of it. */
const RUN_BYTES = 2096;

class BareTextParser implements BareParser {
  readonly frameRemaining = 0;
  readonly #masked: boolean;
  readonly #headerLength: number;
  readonly #frameBytes: number;
  readonly #runBytes: number;
  #chunk = EMPTY;
  #buffer = EMPTY.buffer;
  #words = new Words(EMPTY.buffer);
  #at = 0;
  #runEnd = 0;
  #text = "";
  #textAt = 0;

  constructor(masked: boolean, payloadLength: number) {
    this.#masked = masked;
    this.#headerLength = headerLength(payloadLength, masked);
    this.#frameBytes = frameLength(payloadLength, masked);
    this.#runBytes = Math.max(1, Math.floor(RUN_BYTES / this.#frameBytes)) * this.#frameBytes;
  }

  receiveBytes(chunk: Uint8Array<ArrayBuffer>): void {
    this.#chunk = chunk;
    this.#buffer = chunk.buffer;
    this.#words = new Words(chunk.buffer);
    this.#at = 0;
    this.#runEnd = 0;
  }

  next(): Result {
    const at = this.#at;
    if (at === this.#runEnd) {
      if (at === this.#chunk.length) return DONE;
      if (this.#runBytes === this.#frameBytes) return this.#nextAlone();
      this.#beginRun(at);
    }
    this.#at = at + this.#frameBytes;
    const from = this.#textAt + this.#headerLength;
    this.#textAt += this.#frameBytes;
    return { value: textReceived(this.#text.slice(from, this.#textAt)), done: false };
  }

  #nextAlone(): Result {
    const start = this.#at + this.#headerLength;
    const end = this.#at + this.#frameBytes;
    if (this.#masked) unmask(this.#chunk, this.#words, start, end);
    this.#at = this.#runEnd = end;
    return { value: textReceived(decodeWhole(new Uint8Array(this.#buffer, start, end - start))!), done: false };
  }

  /** Decodes a run at once; its headers have been replaced by ASCII. */
  #beginRun(start: number): void {
    const chunk = this.#chunk;
    const frameBytes = this.#frameBytes;
    const end = Math.min(chunk.length, start + this.#runBytes);
    const header = chunk.slice(start, start + 4);
    for (let at = start; at < end; at += frameBytes) {
      if (this.#masked) unmask(chunk, this.#words, at + this.#headerLength, at + frameBytes);
      for (let i = 0; i < this.#headerLength && i < 4; i++) chunk[at + i] = 0;
    }
    this.#text = decodeWhole(new Uint8Array(this.#buffer, start, end - start))!;
    for (let at = start; at < end; at += frameBytes) {
      for (let i = 0; i < this.#headerLength && i < 4; i++) chunk[at + i] = header[i]!;
    }
    this.#textAt = 0;
    this.#runEnd = end;
  }

  [Symbol.iterator](): this {
    return this;
  }
}

/** For frames that are longer than a chunk. */
class BarePieceParser implements BareParser {
  frameRemaining = 0;
  readonly #isText: boolean;
  readonly #masked: boolean;
  readonly #headerLength: number;
  readonly #payloadLength: number;
  #chunk = EMPTY;
  #at = 0;
  #key = 0;
  #isLast = false;

  constructor(isText: boolean, masked: boolean, payloadLength: number) {
    this.#isText = isText;
    this.#masked = masked;
    this.#headerLength = headerLength(payloadLength, masked);
    this.#payloadLength = payloadLength;
  }

  receiveBytes(chunk: Uint8Array<ArrayBuffer>): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  next(): Result {
    const chunk = this.#chunk;
    if (this.#at === chunk.length) return DONE;
    if (this.frameRemaining === 0) {
      this.#isLast = (chunk[this.#at]! & 0x80) !== 0;
      this.#at += this.#headerLength;
      if (this.#masked) this.#key = readKey(chunk, this.#at - 4);
      this.frameRemaining = this.#payloadLength;
    }
    const at = this.#at;
    const end = Math.min(chunk.length, at + this.frameRemaining);
    if (this.#masked) {
      applyMask(chunk, new Words(chunk.buffer), at, end, this.#key, this.#payloadLength - this.frameRemaining);
    }
    this.frameRemaining -= end - at;
    this.#at = end;
    const frameFinished = this.frameRemaining === 0;
    const messageFinished = frameFinished && this.#isLast;
    const data = new Uint8Array(chunk.buffer, at, end - at);
    return {
      value: this.#isText
        ? textReceived(decodeWhole(data)!, frameFinished, messageFinished)
        : bytesReceived(data, frameFinished, messageFinished),
      done: false,
    };
  }

  [Symbol.iterator](): this {
    return this;
  }
}

/** Unmasks the key as well, which becomes zeros. */
function unmask(chunk: Uint8Array<ArrayBuffer>, words: Words, start: number, end: number): void {
  if (end - start < 126) unmaskWithKey(chunk, words, start - 4, end);
  else applyMask(chunk, words, start - 4, end, readKey(chunk, start - 4), 0);
}

/** For binary messages that arrive a byte at a time. */
class BareByteParser implements BareParser {
  readonly frameRemaining = 0;
  readonly #header: Uint8Array;
  /** Bytes of the frame that have arrived, and that are still to come. */
  #come = 0;
  #left = 0;
  #chunk: Uint8Array<ArrayBuffer> | undefined;

  constructor(masked: boolean, payloadLength: number) {
    this.#header = new Uint8Array(headerLength(payloadLength, masked));
  }

  receiveBytes(chunk: Uint8Array<ArrayBuffer>): void {
    this.#chunk = chunk;
  }

  next(): Result {
    const chunk = this.#chunk;
    if (chunk === undefined) return DONE;
    this.#chunk = undefined;
    const header = this.#header;
    const { length } = header;
    const come = this.#come++;
    if (come < length) {
      header[come] = chunk[0]!;
      if (come === 1) this.#left = header[1]! & 0x7f;
      return DONE;
    }
    if (length > 2) chunk[0]! ^= header[length - 4 + ((come - length) & 3)]!;
    const isLast = --this.#left === 0;
    if (isLast) this.#come = 0;
    return { value: bytesReceived(new Uint8Array(chunk.buffer, 0, 1), isLast, isLast), done: false };
  }

  [Symbol.iterator](): this {
    return this;
  }
}
