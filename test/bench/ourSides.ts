/** Our side, as a program with its own loop uses it: only the connection, from chunk to message and back. */
import { WSConnection, type BytesReceived, type TextReceived } from "../../src/index.ts";
import { MessageAssembler } from "../../src/stream/messageAssembler.ts";
import type { Wire } from "./inputs.ts";
import type { Role, Side } from "./measure.ts";
import { provenSender, type Batch, type Socket } from "./sockets.ts";
import { provenReceiver, Tally } from "./tally.ts";

/** Whole messages as peers deliver them, or with `streamed` pieces as they come. */
export function ourReceiver(
  role: Role,
  wire: Wire,
  streamed: boolean,
  wrap: (buffer: ArrayBuffer) => Uint8Array,
): Promise<Side> {
  const { chunks, renew } = wire.chunks(wrap);
  const { data, type } = wire.message;
  const connection = openConnection(role);
  const assembler = data.length > SCRATCH_BYTES ? new MessageAssembler(connection) : new ScratchAssembler();
  const tally = new Tally();
  const wanted = type === "binary" ? "bytesReceived" : "textReceived";
  let begun = false;
  const run = (): number => {
    for (const chunk of chunks) {
      connection.receiveBytes(chunk);
      for (const event of connection.events()) {
        if (event.type !== wanted) throw new Error(`unexpected ${event.type}`);
        const { messageFinished } = event;
        if (messageFinished && !begun) {
          tally.take(event.data, true);
        } else if (streamed) {
          tally.take(event.data, messageFinished);
        } else {
          const message = assembler.add(event);
          if (message !== undefined) tally.take(message, true);
          begun = !messageFinished;
        }
      }
    }
    return tally.finish(data.length);
  };
  return provenReceiver({ ...(renew !== undefined && { prepare: renew }), run }, tally, wire);
}

/** Up to this length a message that comes in pieces is put together where the one before it was, in bytes. */
export const SCRATCH_BYTES = 64 * 1024;

/**
 * What a program does that knows how long its messages are: one that comes in pieces is put together in memory that is
 * used again. So it lasts until the next one comes, as what is delivered in the memory of a chunk does.
 */
export class ScratchAssembler {
  readonly #scratch = new Uint8Array(SCRATCH_BYTES);
  #length = 0;
  #text = "";

  add({ data, messageFinished }: TextReceived | BytesReceived): string | Uint8Array | undefined {
    if (typeof data === "string") {
      const text = this.#text + data;
      this.#text = messageFinished ? "" : text;
      return messageFinished ? text : undefined;
    }
    if (data.length === 1) this.#scratch[this.#length] = data[0]!;
    else this.#scratch.set(data, this.#length);
    const length = this.#length + data.length;
    this.#length = messageFinished ? 0 : length;
    return messageFinished ? new Uint8Array(this.#scratch.buffer, 0, length) : undefined;
  }
}

/** `handOver` is the bargain that `ws` always makes: what it is given must be left alone until it is sent. */
export function ourSender(batch: Batch, handOver: boolean, socket: Socket): Promise<Side> {
  const { role, pieces, count, perFlush } = batch;
  const connection = openConnection(role);
  const options = { handOver };
  // What was handed over is masked in place.
  const copied = handOver && role === "client";
  const given = Array.from({ length: count }, () =>
    copied ? pieces.map((piece) => (typeof piece === "string" ? piece : piece.slice())) : pieces,
  );
  const handed = new Set(given.flat());
  const renew = (): void => {
    for (const copies of given)
      copies.forEach((copy, p) => typeof copy === "string" || copy.set(pieces[p] as Uint8Array));
  };
  const send = (): void => {
    for (let i = 0; i < count;) {
      // As `ws` does in one turn, so that both write as seldom.
      socket.cork();
      for (const end = Math.min(i + perFlush, count); i < end; i++) {
        const parts = given[i]!;
        for (let p = 0; p < parts.length; p++) connection.sendData(parts[p]!, p + 1 === parts.length, options);
      }
      const chunks = handOver ? connection.chunksToSend() : [connection.bytesToSend()];
      for (const chunk of chunks) socket.write(chunk);
      // The socket has counted them, and is done with them: headers lie in one memory, and what is handed over in the next
      // batch, too, is not the queue's.
      const first = chunks[0]!;
      if (!handed.has(first)) connection.recycle(first);
      socket.uncork();
    }
  };
  return provenSender(batch, socket, send, copied ? renew : undefined);
}

export function openConnection(role: Role): WSConnection {
  const connection = new WSConnection(role, { handshake: "none", limits: { maxFragments: Infinity } });
  for (const event of connection.events()) {
    if (event.type !== "connectionEstablished") throw new Error(`unexpected ${event.type}`);
  }
  return connection;
}
