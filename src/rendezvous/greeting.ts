/**
 * How two connected peers agree on the same six digits, over the control channel. Each sends `commit`, the hash of a
 * random number and of its certificate's fingerprint, and only then, when it has the other's commitment, the number
 * itself as `nonce`. A relay that has put itself between the two has different certificates on both sides, and must
 * commit itself before it learns either number: the digits agree by chance alone, once in a million.
 */
import { bytesOf, hexOf } from "./bytes.ts";
import { sha256 } from "./sha256.ts";

/** How often a commitment may be repeated. */
const MAX_ANSWERS = 1000;

export interface Greeted {
  /** What to send. */
  readonly say: readonly string[];
  /** Why the peer can't be trusted. */
  readonly fault?: string;
}

export class Greeting {
  readonly #own: string;
  readonly #theirs: string;
  readonly #nonce: string;
  #commitment: string | undefined;
  #answers = 0;
  #digits: string | undefined;
  #secret: Uint8Array | undefined;

  /** `own` and `theirs` are the certificates' fingerprints; `nonce` is 32 random hexadecimal digits. */
  constructor(own: string, theirs: string, nonce: string) {
    this.#own = own;
    this.#theirs = theirs;
    this.#nonce = nonce;
  }

  /** The six digits, when both numbers are known. */
  get digits(): string | undefined {
    return this.#digits;
  }

  /** What only the two ends know, when both numbers are known: those came over the encrypted connection. */
  get secret(): Uint8Array | undefined {
    return this.#secret;
  }

  /** What to say first, and again while there are no digits: Chromium may drop the first messages of a channel (156). */
  begin(): string {
    return `commit ${commitmentTo(this.#nonce, this.#own)}`;
  }

  hear(text: string): Greeted {
    const [, word, digits = ""] = /^(commit|nonce) ([0-9a-f]{32,64})$/.exec(text) ?? [];
    if (word === "commit" && digits.length === 64 && this.#answers++ < MAX_ANSWERS) {
      this.#commitment ??= digits;
      // Also when it is repeated: then ours may have been lost.
      if (this.#commitment === digits) return { say: [`nonce ${this.#nonce}`] };
    }
    if (word === "nonce" && digits.length === 32) {
      // The commitment was dropped. The peer repeats both.
      if (this.#commitment === undefined) return { say: [] };
      if (this.#commitment === commitmentTo(digits, this.#theirs)) {
        this.#digits ??= digitsOf([this.#own + this.#nonce, this.#theirs + digits].sort());
        this.#secret ??= bytesOf([this.#nonce, digits].sort().join(" "));
        return { say: [] };
      }
    }
    return { say: [], fault: "the peer's greeting breaks the rules" };
  }
}

function commitmentTo(nonce: string, fingerprint: string): string {
  return hexOf(sha256(bytesOf(`${nonce} ${fingerprint}`)));
}

function digitsOf(both: readonly string[]): string {
  const { buffer } = sha256(bytesOf(both.join(" ")));
  const digits = String(new DataView(buffer).getBigUint64(0) % 1_000_000n).padStart(6, "0");
  return `${digits.slice(0, 3)} ${digits.slice(3)}`;
}
