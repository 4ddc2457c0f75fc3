/** What a receiver does with its messages: reads the end of each, which flattens a string, and counts them. */
import type { Message, Wire } from "./inputs.ts";
import type { Side } from "./measure.ts";

export class Tally {
  messages = 0;
  length = 0;
  /** Written so that looking is not left out. */
  lastSeen: number | undefined;
  #expected: Message["data"] | undefined;
  #at = 0;

  /** A message, or a piece of one. The last piece has `finished`. */
  take(data: string | Uint8Array, finished: boolean): void {
    // Apart: what looks at both costs as much as a short message, once it has seen both.
    if (typeof data === "string") this.#lookAtText(data);
    else this.#lookAtBytes(data);
    if (finished) this.messages++;
    if (this.#expected !== undefined) this.#compare(this.#expected, data, finished);
  }

  #lookAtText(text: string): void {
    const { length } = text;
    this.lastSeen = text.charCodeAt(length - 1);
    this.length += length;
  }

  #lookAtBytes(bytes: Uint8Array): void {
    const { length } = bytes;
    this.lastSeen = bytes[length - 1];
    this.length += length;
  }

  /** From here on every message is compared; without one it is only counted. */
  expect(message: Message | undefined): void {
    this.#expected = message?.data;
    this.#at = 0;
  }

  /** Ends a batch: how many messages it was. Throws if they were not as long as they should have been. */
  finish(messageLength: number): number {
    const { messages, length } = this;
    this.messages = 0;
    this.length = 0;
    if (length !== messages * messageLength) throw new Error(`${messages} messages, ${length} long in all`);
    return messages;
  }

  #compare(expected: Message["data"], data: string | Uint8Array, finished: boolean): void {
    const end = this.#at + data.length;
    const part = typeof expected === "string" ? expected.slice(this.#at, end) : expected.subarray(this.#at, end);
    const same = typeof data === "string" || typeof part === "string" ? data === part : areSame(data, part);
    if (!same) throw new Error("a message came out different");
    this.#at = finished ? 0 : this.#at + data.length;
  }
}

export function areSame(bytes: Uint8Array, others: Uint8Array): boolean {
  const { length } = bytes;
  if (others.length !== length) return false;
  for (let i = 0; i < length; i++) if (bytes[i] !== others[i]) return false;
  return true;
}

/** Runs a receiver once and compares every message, so that nothing wrong is ever timed. */
export async function provenReceiver(side: Side, tally: Tally, { message, count }: Wire): Promise<Side> {
  tally.expect(message);
  side.prepare?.();
  const received = await side.run();
  tally.expect(undefined);
  if (received !== count) throw new Error(`${received} of ${count} messages`);
  return side;
}
