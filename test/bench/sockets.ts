/** Sinks for senders: the same stream machinery as a socket's, without the kernel's cost and without a reader. */
import type { Writable } from "node:stream";
import { headerLength, type Message } from "./inputs.ts";
import type { Role, Side } from "./measure.ts";
import { areSame } from "./tally.ts";

export interface Socket extends Writable {
  /** How many bytes were written. */
  bytes: number;
  /** Keeps what is written from now on, or no longer. */
  kept: Uint8Array[] | undefined;
}

export function countingSocket(Base: typeof Writable): Socket {
  class CountingSocket extends Base {
    bytes = 0;
    kept: Uint8Array[] | undefined;

    override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
      this.#count(chunk);
      done();
    }

    override _writev(chunks: { chunk: Uint8Array }[], done: () => void): void {
      for (const { chunk } of chunks) this.#count(chunk);
      done();
    }

    #count(chunk: Uint8Array): void {
      this.bytes += chunk.length;
      this.kept?.push(Uint8Array.from(chunk));
    }
  }
  return new CountingSocket();
}

/** What is sent in one go: messages, gathered to flushes as in one turn of a busy server, so that writes are few. */
export interface Batch {
  readonly role: Role;
  readonly message: Message;
  /** The message, or its fragments. */
  readonly pieces: readonly (string | Uint8Array<ArrayBuffer>)[];
  readonly count: number;
  readonly perFlush: number;
}

/** Sends once and reads what was written, then holds every batch to as many bytes. */
export async function provenSender(
  { role, message, pieces, count }: Batch,
  socket: Socket,
  send: () => void | Promise<void>,
  renew?: () => void,
): Promise<Side> {
  const masked = role === "client";
  const original = message.bytes.slice();
  socket.kept = [];
  await send();
  const wire = joined(socket.kept);
  socket.kept = undefined;
  let at = 0;
  for (let i = 0; i < count; i++) {
    const sent: Uint8Array[] = [];
    for (let fin = false; !fin;) {
      const frame = readFrame(wire, at, masked);
      sent.push(frame.payload);
      at = frame.end;
      fin = frame.fin;
    }
    if (!areSame(joined(sent), original)) throw new Error("sent wrong");
    if (sent.length !== pieces.length) throw new Error(`sent in ${sent.length} fragments`);
  }
  if (at !== wire.length) throw new Error("sent too much");
  const wireBytes = wire.length;
  const check = (): number => {
    if (socket.bytes !== wireBytes) throw new Error(`wrote ${socket.bytes} of ${wireBytes} bytes`);
    return count;
  };
  return {
    ...(renew !== undefined && { prepare: renew }),
    run() {
      socket.bytes = 0;
      const sending = send();
      return sending === undefined ? check() : sending.then(check);
    },
  };
}

function readFrame(wire: Uint8Array, at: number, masked: boolean): { fin: boolean; payload: Uint8Array; end: number } {
  const view = new DataView(wire.buffer);
  const second = wire[at + 1]!;
  if (second >> 7 !== (masked ? 1 : 0)) throw new Error("masked, or not, as it should not be");
  const short = second & 0x7f;
  const length = short < 126 ? short : short === 126 ? view.getUint16(at + 2) : Number(view.getBigUint64(at + 2));
  const start = at + headerLength(length, masked);
  const payload = wire.slice(start, start + length);
  if (masked) for (let i = 0; i < length; i++) payload[i]! ^= wire[start - 4 + (i & 3)]!;
  return { fin: wire[at]! >= 0x80, payload, end: start + length };
}

function joined(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
