/** Puts messages together from the pieces in which they come. Keeps no view of what the transport brought. */
import type { Connection } from "../connection/connection.ts";
import { EMPTY, type Bytes } from "../core/bytes.ts";
import type { BytesReceived, TextReceived } from "../core/events.ts";
import { keepSpare, takeSpare } from "./spareBlock.ts";

const SMALLEST_BLOCK = 1024;
const LARGEST_BLOCK = 1024 * 1024;

/**
 * How much of a message has to be there, as a part of the whole that its frame announces, before room is made for all of
 * it. Put together with no copy at the end it takes a tenth more memory than its bytes at most, not twice as much; and
 * a peer that announces much without sending it has little made for it.
 */
const TRUSTED_PART = 1 / 16;

/** After how many pieces a string that is put together is made one in memory. */
const PIECES_OF_A_STRETCH = 512;

export class MessageAssembler {
  readonly #connection: Pick<Connection, "frameRemaining">;
  #blocks: Bytes[] = [];
  #last = EMPTY;
  /** How much of the last block is filled. */
  #filled = 0;
  #bytes = 0;
  #text = "";
  #pieces: string[] = [];

  /** For the events of this connection, each added before the next is pulled. */
  constructor(connection: Pick<Connection, "frameRemaining">) {
    this.#connection = connection;
  }

  /** Adds a piece; returns the message when it is complete, bytes as an array whose buffer holds nothing else. */
  add(event: TextReceived | BytesReceived): string | Bytes | undefined {
    return event.type === "textReceived" ? this.#addText(event) : this.#addBytes(event);
  }

  #addText({ data, messageFinished }: TextReceived): string | undefined {
    if (messageFinished && this.#pieces.length === 0 && this.#text === "") return data;
    this.#pieces.push(data);
    if (this.#pieces.length < PIECES_OF_A_STRETCH && !messageFinished) return undefined;
    // Engines keep strings that were added up as a tree of their pieces, some thirty bytes each; joined they are one.
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

  /** Makes room behind what is there for a piece of so many bytes, and for what is known to come behind it. */
  #addBlock(length: number): void {
    const there = this.#bytes;
    const toCome = length + this.#connection.frameRemaining;
    const whole = there + toCome;
    const isTrusted = whole <= SMALLEST_BLOCK || there + length >= whole * TRUSTED_PART;
    // Only if it at least doubles, so that each byte is moved but a few times in all.
    if (toCome >= there && isTrusted) {
      this.#last = new Uint8Array(whole);
      this.#copyInto(this.#last);
      this.#blocks = [this.#last];
      this.#filled = there;
    } else {
      // New memory is most of what a message in fragments costs: of 1 KiB each it takes half the time to put 1 MiB together.
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

/** A call of `set` takes as long as this many bytes in a loop. */
const SHORT_PIECE = 16;

function put(piece: Bytes, block: Bytes, at: number): void {
  const { length } = piece;
  if (length > SHORT_PIECE) block.set(piece, at);
  else for (let i = 0; i < length; i++) block[at + i] = piece[i]!;
}

/** Bytes whose buffer holds nothing else: the same, if that is so already. */
export function standalone(data: Bytes): Bytes {
  return data.length === data.buffer.byteLength ? data : data.slice();
}
