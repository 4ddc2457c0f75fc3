/** One turn of the transport bench: a number of 64 KiB messages one way, each in a buffer that is transferred. */
import type { WebSocketSession } from "../../src/stream/index.ts";

export const MESSAGE_BYTES = 64 * 1024;

/** `up` is from the page to the other end, `down` back to it. */
export interface Turn {
  readonly kind: "up" | "down";
  readonly count: number;
}

/** The first byte of a stream without framing. */
export const STREAM_TURNS = ["up", "down", "up, into messages"] as const;

/** Fulfilled when all of it is there. */
export type Move = (turn: Turn) => Promise<void>;

export function newMessage(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(MESSAGE_BYTES).fill(7);
}

export async function sendAll(session: WebSocketSession, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await session.send(newMessage(), { handOver: true });
}

export async function receiveAll(session: WebSocketSession, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await session.receive();
}

export async function writeAll(
  writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>,
  count: number,
): Promise<void> {
  for (let i = 0; i < count; i++) await writer.write(newMessage());
}

/** Reads a number of messages, `first` included, on request each into separate memory. */
export async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  count: number,
  { intoMessages = false, first = new Uint8Array(0) }: { intoMessages?: boolean; first?: Uint8Array } = {},
): Promise<void> {
  let message = new Uint8Array(intoMessages ? MESSAGE_BYTES : 0);
  let filled = 0;
  for (let chunk: Uint8Array = first, left = count * MESSAGE_BYTES; ; chunk = (await reader.read()).value!) {
    left -= chunk.length;
    for (let at = 0; intoMessages && at < chunk.length;) {
      if (filled === MESSAGE_BYTES) {
        message = new Uint8Array(MESSAGE_BYTES);
        filled = 0;
      }
      const part = chunk.subarray(at, at + MESSAGE_BYTES - filled);
      message.set(part, filled);
      filled += part.length;
      at += part.length;
    }
    if (left <= 0) return;
  }
}

/** A port without any framing: each message is a buffer that is transferred, and 16 at most are unread. */
export class RawPort {
  readonly #port: MessagePort;
  #credit = 16;
  #received = 0;
  #wake = (): void => {};

  constructor(port: MessagePort) {
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<ArrayBuffer | number>) => {
      if (typeof data === "number") this.#credit += data;
      else if (++this.#received % 4 === 0) port.postMessage(4);
      this.#wake();
    };
  }

  async send(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      while (this.#credit === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#credit--;
      const { buffer } = newMessage();
      this.#port.postMessage(buffer, [buffer]);
    }
  }

  async receive(count: number): Promise<void> {
    const end = this.#received + count;
    while (this.#received < end) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}
