/** What is measured: messages of four sizes, both roles, received and sent, beside `ws`'s own receiver and sender. */
import { strictEqual } from "node:assert/strict";
import { Writable } from "node:stream";
import * as ws from "ws";
import { WSConnection, type WSEvent } from "../../src/index.ts";
import type { Side, Workload } from "./measure.ts";

type Role = "client" | "server";

/** `ws` exports its two halves; its types do not tell. */
const { Receiver, Sender } = ws as unknown as {
  Receiver: new (options: { isServer: boolean; maxPayload: number }) => Writable;
  Sender: new (socket: Writable) => {
    send(data: unknown, options: Record<string, boolean>, done: () => void): void;
  };
};

/** Small messages come many to a chunk, as from a busy socket. */
export const CHUNK_BYTES = 64 * 1024;
/** A batch is large enough for the clock and small enough for the cache. */
const BATCH_BYTES = 1024 * 1024;

const SIZES = [16, 125, 4096, 65_536];
export const lengthName = (bytes: number): string =>
  bytes < 1024 ? `${bytes} B` : bytes < 1024 * 1024 ? `${bytes / 1024} KiB` : `${bytes / 1024 / 1024} MiB`;

export function workloads(): Workload[] {
  const list: Workload[] = [];
  for (const role of ["server", "client"] as const) {
    for (const size of SIZES) {
      for (const type of ["binary", "text"] as const) {
        list.push(receiving(role, size, type), sending(role, size, type, false));
      }
    }
    for (const size of SIZES.slice(2)) list.push(sending(role, size, "binary", true));
    list.push(receiving(role, 125, "binary", { count: 64, chunkBytes: 1, note: ", one byte at a time" }));
  }
  // Delivered as it comes; `ws` can only deliver it whole.
  list.push(receiving("client", 16 * 1024 * 1024, "binary", { note: " in 64 KiB chunks, streamed" }));
  return list;
}

function receiving(role: Role, size: number, type: "binary" | "text", shape: Partial<Shape> = {}): Workload {
  const { count = Math.max(1, Math.floor(BATCH_BYTES / size)), chunkBytes = CHUNK_BYTES, note = "" } = shape;
  const input = inChunks(role, encode(other(role), message(size, type), count), chunkBytes);
  return {
    workload: `${lengthName(size)} ${type}${note}`,
    role,
    kind: "receive",
    peerName: "ws",
    ours: checked(ourReceiver(role, input, size, type), count),
    peer: checked(wsReceiver(role, input, size, type), count),
  };
}

/** How messages come, where not many at once in large chunks. */
interface Shape {
  readonly count: number;
  readonly chunkBytes: number;
  readonly note: string;
}

/** `ws` never copies: what it is given must be left alone until it is sent. `handOver` is the same bargain. */
function sending(role: Role, size: number, type: "binary" | "text", handOver: boolean): Workload {
  const count = Math.max(1, Math.floor(BATCH_BYTES / size));
  const data = message(size, type);
  const wireBytes = encode(role, data, count).length;
  return {
    workload: `${lengthName(size)} ${type}${handOver ? ", handed over" : ""}`,
    role,
    kind: "send",
    peerName: "ws",
    ours: checked(ourSender(role, data, count, wireBytes, handOver), count),
    peer: checked(wsSender(role, data, count, wireBytes), count),
  };
}

function ourReceiver(role: Role, input: Input, size: number, type: string): Side {
  const connection = new WSConnection(role, { handshake: "none", limits: { maxFragments: Infinity } });
  const wanted = type === "text" ? "textReceived" : "bytesReceived";
  for (const event of connection.events()) strictEqual(event.type, "connectionEstablished");
  return {
    ...(input.renew !== undefined && { prepare: input.renew }),
    run() {
      let messages = 0;
      let received = 0;
      for (const chunk of input.chunks) {
        connection.receiveBytes(chunk);
        for (const event of connection.events()) {
          if (event.type !== wanted) throw new Error(`unexpected ${event.type}`);
          received += lengthOf(event);
          if (event.messageFinished) messages++;
        }
      }
      strictEqual(received, messages * size);
      return messages;
    },
  };
}

function lengthOf(event: Extract<WSEvent, { type: "textReceived" | "bytesReceived" }>): number {
  return event.data.length;
}

function wsReceiver(role: Role, input: Input, size: number, type: string): Side {
  const receiver = new Receiver({ isServer: role === "server", maxPayload: 64 * 1024 * 1024 });
  let messages = 0;
  let received = 0;
  // As `ws` users do: a text message becomes a string.
  receiver.on("message", (data: Buffer, isBinary: boolean) => {
    received += isBinary ? data.length : data.toString().length;
    if (isBinary !== (type === "binary")) throw new Error("unexpected type");
    messages++;
  });
  return {
    ...(input.renew !== undefined && { prepare: input.renew }),
    run() {
      messages = 0;
      received = 0;
      for (const chunk of input.chunks) receiver.write(chunk);
      strictEqual(received, messages * size);
      return messages;
    },
  };
}

function ourSender(
  role: Role,
  data: string | Uint8Array<ArrayBuffer>,
  count: number,
  wireBytes: number,
  handOver: boolean,
): Side {
  const connection = new WSConnection(role, { handshake: "none" });
  const perFlush = Math.max(1, Math.floor(CHUNK_BYTES / data.length));
  const socket = new CountingSocket();
  return {
    run() {
      socket.bytes = 0;
      for (let i = 1; i <= count; i++) {
        connection.sendData(data, true, { handOver });
        if (i % perFlush > 0 && i < count) continue;
        if (handOver) for (const chunk of connection.chunksToSend()) socket.write(chunk);
        else socket.write(connection.bytesToSend());
      }
      strictEqual(socket.bytes, wireBytes);
      return count;
    },
  };
}

function wsSender(role: Role, data: string | Uint8Array<ArrayBuffer>, count: number, wireBytes: number): Side {
  const perFlush = Math.max(1, Math.floor(CHUNK_BYTES / data.length));
  const socket = new CountingSocket();
  const sender = new Sender(socket);
  const options = { binary: typeof data !== "string", compress: false, fin: true, mask: role === "client" };
  const done = (): void => {};
  return {
    run() {
      socket.bytes = 0;
      for (let i = 0; i < count; i += perFlush) {
        // Gathered as in one turn of a busy server, so that its writes are few as well.
        socket.cork();
        for (let k = Math.min(perFlush, count - i); k > 0; k--) sender.send(data, options, done);
        socket.uncork();
      }
      strictEqual(socket.bytes, wireBytes);
      return count;
    },
  };
}

/** Stands for a socket without the cost of the kernel: the same stream machinery, and nobody behind it. */
export class CountingSocket extends Writable {
  bytes = 0;

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.bytes += chunk.length;
    done();
  }

  override _writev(chunks: { chunk: Uint8Array }[], done: () => void): void {
    for (const { chunk } of chunks) this.bytes += chunk.length;
    done();
  }
}

/** Runs a side once, so that nothing wrong is ever timed. */
function checked(side: Side, count: number): Side {
  side.prepare?.();
  strictEqual(side.run(), count);
  return side;
}

interface Input {
  readonly chunks: readonly Buffer[];
  /** Puts back what was unmasked in place. */
  readonly renew?: () => void;
}

/** The wire in chunks of their own; what a server receives is masked, and has to be put back after each round. */
export function inChunks(role: Role, wire: Uint8Array, chunkBytes: number): Input {
  const chunks: Buffer[] = [];
  for (let at = 0; at < wire.length; at += chunkBytes) {
    chunks.push(Buffer.from(Uint8Array.from(wire.subarray(at, at + chunkBytes)).buffer));
  }
  if (role === "client") return { chunks };
  const renew = (): void => {
    let at = 0;
    for (const chunk of chunks) {
      chunk.set(wire.subarray(at, at + chunk.length));
      at += chunk.length;
    }
  };
  return { chunks, renew };
}

function encode(role: Role, data: string | Uint8Array<ArrayBuffer>, count: number): Uint8Array {
  const connection = new WSConnection(role, { handshake: "none" });
  for (let i = 0; i < count; i++) connection.sendData(data);
  return connection.bytesToSend();
}

/** Text is a flat string: a rope would flatter whoever does not look into it. */
function message(size: number, type: "binary" | "text"): string | Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from({ length: size }, (_, i) => 97 + (i % 26));
  return type === "binary" ? bytes : Buffer.from(bytes).toString("latin1");
}

function other(role: Role): Role {
  return role === "client" ? "server" : "client";
}
