/** Assembles messages from their pieces. Keeps no view of the transport's memory. */
import type { Connection } from "../connection/connection.ts";
import { copyOf, EMPTY, type Bytes } from "../core/bytes.ts";
import type { BytesReceived, TextReceived } from "../core/events.ts";
import { keepSpare, takeSpare } from "./spareBlock.ts";

const SMALLEST_BLOCK = 1024;
const LARGEST_BLOCK = 1024 * 1024;

/**
 * The part of a frame's announced length that must have arrived before room is made for all of it. Such a message needs
 * no copy at the end and takes at most a tenth more memory than its bytes, instead of twice as much. A peer that
 * announces a lot without sending it gets little memory.
 */
const TRUSTED_PART = 1 / 16;

/** After this many pieces, a string is flattened in memory. */
const PIECES_OF_A_STRETCH = 512;

export class MessageAssembler {
  readonly #connection: Pick<Connection, "frameRemaining">;
  #blocks: Bytes[] = [];
  #last = EMPTY;
  /** How many bytes of the last block are in use. */
  #filled = 0;
  #bytes = 0;
  #text = "";
  #pieces: string[] = [];

  /** For the events of this connection. Add each event before pulling the next. */
  constructor(connection: Pick<Connection, "frameRemaining">) {
    this.#connection = connection;
  }

  /** Adds a piece. Returns the message once it is complete. The buffer of a binary message contains nothing else. */
  add(event: TextReceived | BytesReceived): string | Bytes | undefined {
    return event.type === "textReceived" ? this.#addText(event) : this.#addBytes(event);
  }

  #addText({ data, messageFinished }: TextReceived): string | undefined {
    if (messageFinished && this.#pieces.length === 0 && this.#text === "") return data;
    this.#pieces.push(data);
    if (this.#pieces.length < PIECES_OF_A_STRETCH && !messageFinished) return undefined;
    // Engines keep a concatenated string as a tree of its pieces, some thirty bytes each. Joined, it is one string.
    const text = this.#text + this.#pieces.join("");
    this.#pieces = [];
    this.#text = messageFinished ? "" : text;
    return messageFinished ? text : undefined;
  }

  #addBytes({ data, messageFinished }: BytesReceived): Bytes | undefined {
    if (messageFinished && this.#bytes === 0) return standalone(data);
    for (let at = 0; at < data.length;) {
      if (this.#filled === this.#last.length) this.#addBlock(data.length - at);
      const room = this.#last.length - this.#filled;
      const part = at === 0 && data.length <= room ? data : data.subarray(at, at + room);
      put(part, this.#last, this.#filled);
      this.#filled += part.length;
      this.#bytes += part.length;
      at += part.length;
    }
    if (!messageFinished) return undefined;
    const whole = this.#join();
    this.#blocks = [];
    this.#last = EMPTY;
    this.#filled = 0;
    this.#bytes = 0;
    return whole;
  }

  /** Makes room for a piece of `length` bytes, and for what is known to follow it. */
  #addBlock(length: number): void {
    const there = this.#bytes;
    const toCome = length + this.#connection.frameRemaining;
    const whole = there + toCome;
    const isTrusted = whole <= SMALLEST_BLOCK || there + length >= whole * TRUSTED_PART;
    // Only if the size at least doubles, so that each byte is moved only a few times in all.
    if (toCome >= there && isTrusted) {
      this.#last = new Uint8Array(whole);
      this.#copyInto(this.#last);
      this.#blocks = [this.#last];
      this.#filled = there;
    } else {
      // Fresh memory is most of the cost of a fragmented message. With reuse, assembling 1 MiB from 1 KiB fragments
      // takes half the time.
      this.#last = takeSpare() ?? new Uint8Array(Math.min(Math.max(SMALLEST_BLOCK, there + length), LARGEST_BLOCK));
      this.#blocks.push(this.#last);
      this.#filled = 0;
    }
  }

  #join(): Bytes {
    const [first] = this.#blocks;
    if (first?.length === this.#bytes) return first;
    const whole = new Uint8Array(this.#bytes);
    this.#copyInto(whole);
    keepSpare(this.#last);
    return whole;
  }

  #copyInto(whole: Bytes): void {
    let at = 0;
    for (const block of this.#blocks) {
      const part = block.subarray(0, this.#bytes - at);
      whole.set(part, at);
      at += part.length;
    }
  }
}

/** A call of `set` takes as long as copying this many bytes in a loop. */
const SHORT_PIECE = 16;

function put(piece: Bytes, block: Bytes, at: number): void {
  const { length } = piece;
  if (length > SHORT_PIECE) block.set(piece, at);
  else for (let i = 0; i < length; i++) block[at + i] = piece[i]!;
}

/** Returns bytes whose buffer contains nothing else: the same array if that is already so, else a copy. */
export function standalone(data: Bytes): Bytes {
  return data.length === data.buffer.byteLength ? data : copyOf(data);
}
