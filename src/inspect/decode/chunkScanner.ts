/** Finds the end of the chunks in a body (RFC 9112 §7.1): where the trailers, or the first invalid chunk, start. */

/** Longest line before a chunk, in bytes; the same as in `bodyReader`. */
const MAX_LINE_BYTES = 256;
const MAX_DIGITS = 13;

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const SEMICOLON = 0x3b;

export class ChunkScanner {
  /** The position in the body, in bytes; `undefined` until it is known. */
  end: number | undefined;
  #at = 0;
  #part: "size" | "extension" | "sizeEnd" | "data" | "dataEnd" | "dataLineEnd" = "size";
  /** Where the current line between chunks starts. */
  #lineStart = 0;
  #digits = 0;
  #size = 0;

  /** Whether a chunk has extensions (§7.1.1), as far as is known. */
  hasExtensions = false;

  /**
   * Takes the next bytes of the body. Does not modify them. `extension` is called with the index of each byte between
   * the size of a chunk and the end of its line.
   */
  scan(bytes: Uint8Array, extension?: (index: number) => void): void {
    for (let i = 0; i < bytes.length && this.end === undefined;) {
      if (this.#part === "data") {
        const count = Math.min(this.#size, bytes.length - i);
        i += count;
        this.#at += count;
        this.#size -= count;
        if (this.#size === 0) this.#beginLine("dataEnd");
      } else {
        this.#at++;
        const fits = this.#take(bytes[i++]!) && this.#at - this.#lineStart <= MAX_LINE_BYTES;
        if (!fits) this.end = this.#lineStart;
        if (this.#part !== "extension") continue;
        this.hasExtensions = true;
        extension?.(i - 1);
      }
    }
  }

  /** Takes a byte of a line. Returns whether it is allowed there. */
  #take(byte: number): boolean {
    switch (this.#part) {
      case "size": {
        const digit = Number.parseInt(String.fromCharCode(byte), 16);
        if (Number.isNaN(digit)) {
          this.#part = byte === CR ? "sizeEnd" : "extension";
          return this.#digits > 0 && (byte === CR || byte === SEMICOLON || byte === SPACE || byte === TAB);
        }
        this.#size = this.#size * 16 + digit;
        return ++this.#digits <= MAX_DIGITS;
      }
      case "extension":
        if (byte === CR) this.#part = "sizeEnd";
        return byte !== LF;
      case "sizeEnd":
        if (byte !== LF) return false;
        if (this.#size === 0) this.end = this.#at;
        this.#part = "data";
        return true;
      case "dataEnd":
        this.#part = "dataLineEnd";
        return byte === CR;
      case "dataLineEnd":
        if (byte === LF) this.#beginLine("size");
        return byte === LF;
      case "data":
        return true;
    }
  }

  #beginLine(part: "size" | "dataEnd"): void {
    this.#part = part;
    this.#lineStart = this.#at;
    this.#digits = 0;
  }
}
