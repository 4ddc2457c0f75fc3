/**
 * A byte transport whose far end is the test: it supplies the input, sees the output, and fails in any way a network
 * can.
 */
import type { ByteTransport } from "../../src/transports/byteTransport.ts";
import { join, toHex, type Bytes } from "./wire.ts";

export class WireTransport implements ByteTransport {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array<ArrayBuffer>>;
  readonly copiesChunks: boolean;
  /** The buffer of each written chunk. */
  readonly buffers: ArrayBuffer[] = [];
  readonly #written: Bytes[] = [];
  #incoming!: ReadableStreamDefaultController<Uint8Array>;
  #outgoing!: WritableStreamDefaultController;
  #open: Promise<void> = Promise.resolve();
  #letThrough: () => void = () => {};
  #refuse: (error: unknown) => void = () => {};
  readonly #brought: Uint8Array[] = [];
  #wanted = false;
  #last = false;
  /** How many chunks have been read. */
  reads = 0;
  /** What happened to it, in order: `closed`, `aborted: …`, `cancelled: …`, `ended`. */
  readonly ends: string[] = [];

  constructor({ copiesChunks = false } = {}) {
    this.copiesChunks = copiesChunks;
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#incoming = controller),
        pull: () => {
          this.#wanted = true;
          this.#give();
        },
        cancel: (reason) => void this.ends.push(`cancelled: ${messageOf(reason)}`),
      },
      { highWaterMark: 0 },
    );
    this.writable = new WritableStream<Bytes>({
      start: (controller) => void (this.#outgoing = controller),
      write: async (chunk) => {
        this.buffers.push(chunk.buffer);
        this.#written.push(chunk.slice());
        await this.#open;
      },
      close: () => void this.ends.push("closed"),
      abort: (reason) => void this.ends.push(`aborted: ${messageOf(reason)}`),
    });
  }

  close(): void {
    this.ends.push("ended");
  }

  bring(...chunks: Uint8Array[]): void {
    this.#brought.push(...chunks);
    this.#give();
  }

  /** Ends the stream after the supplied bytes. */
  end(): void {
    this.#last = true;
    this.#give();
  }

  failReading(error: unknown): void {
    this.#incoming.error(error);
  }

  failWriting(error: unknown): void {
    this.#outgoing.error(error);
  }

  /** From now on writes stay pending, until `takeAgain`. */
  takeNothing(): void {
    this.#open = new Promise((resolve, reject) => {
      this.#letThrough = resolve;
      this.#refuse = reject;
    });
  }

  /** Fails the pending write. */
  refuse(error: unknown): void {
    this.#refuse(error);
  }

  takeAgain(): void {
    this.#letThrough();
    this.#open = Promise.resolve();
  }

  #give(): void {
    if (this.#wanted && this.#brought.length > 0) {
      this.#wanted = false;
      this.reads++;
      const chunk = this.#brought.shift()!;
      this.#incoming.enqueue(chunk instanceof Uint8Array ? chunk.slice() : chunk);
    } else if (this.#brought.length === 0 && this.#last) {
      this.#incoming.close();
    }
  }

  /** What was written since the last call, chunk by chunk. */
  chunks(): string[] {
    return this.#written.splice(0).map(toHex);
  }

  /** What was written since the last call. */
  written(): Bytes {
    return join(...this.#written.splice(0));
  }

  get writtenBytes(): number {
    return this.#written.reduce((sum, { length }) => sum + length, 0);
  }
}

/** Waits until everything that is ready to run has run. */
export async function settled(turns = 5): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** Whether a promise is still pending when everything that is ready to run has run. */
export async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let pending = true;
  const note = (): void => void (pending = false);
  promise.then(note, note);
  await settled();
  return pending;
}

function messageOf(reason: unknown): string {
  return reason instanceof Error || reason instanceof DOMException ? reason.message : String(reason);
}
