/** Puts messages together from the pieces in which they come. Keeps no view of what the transport brought. */
import { concat, type Bytes } from "../core/bytes.ts";
import type { BytesReceived, TextReceived } from "../core/events.ts";

const SMALLEST_BLOCK = 1024;
const LARGEST_BLOCK = 1024 * 1024;

/** After how many pieces a string that is put together is made one in memory. */
const PIECES_OF_A_STRETCH = 512;

export class MessageAssembler {
  #blocks: Bytes[] = [];
  /** How much of the last block is filled. */
  #filled = 0;
  #bytes = 0;
  #text = "";
  #stretch = "";
  #pieces = 0;

  /** Adds a piece; returns the message when it is complete, bytes as an array whose buffer holds nothing else. */
  add(event: TextReceived | BytesReceived): string | Bytes | undefined {
    return event.type === "textReceived" ? this.#addText(event) : this.#addBytes(event);
  }

  #addText({ data, messageFinished }: TextReceived): string | undefined {
    if (messageFinished && this.#pieces === 0 && this.#text === "") return data;
    this.#stretch += data;
    if (++this.#pieces < PIECES_OF_A_STRETCH && !messageFinished) return undefined;
    // Engines keep a string that was added to as a tree of its pieces, until one asks for a character of it.
    this.#stretch.charCodeAt(0);
    const text = this.#text + this.#stretch;
    this.#stretch = "";
    this.#pieces = 0;
    this.#text = messageFinished ? "" : text;
    return messageFinished ? text : undefined;
  }

  #addBytes({ data, messageFinished }: BytesReceived): Bytes | undefined {
    if (messageFinished && this.#bytes === 0) return standalone(data);
    this.#bytes += data.length;
    for (let at = 0; at < data.length;) {
      let block = this.#blocks.at(-1);
      if (block === undefined || this.#filled === block.length) {
        const size = Math.min(Math.max(SMALLEST_BLOCK, this.#bytes), LARGEST_BLOCK);
        block = new Uint8Array(size);
        this.#blocks.push(block);
        this.#filled = 0;
      }
      const part = data.subarray(at, at + block.length - this.#filled);
      block.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
    }
    if (!messageFinished) return undefined;
    const last = this.#blocks.pop()?.subarray(0, this.#filled);
    const whole = last === undefined ? new Uint8Array(0) : concat([...this.#blocks, last]);
    this.#blocks = [];
    this.#filled = 0;
    this.#bytes = 0;
    return whole;
  }
}

/** Bytes whose buffer holds nothing else: the same, if that is so already. */
export function standalone(data: Bytes): Bytes {
  return data.length === data.buffer.byteLength ? data : data.slice();
}
