/** Ours, as a program with its own loop uses it: the connection alone, from chunk to message and back. */
import { WSConnection } from "../../src/index.ts";
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
  const assembler = new MessageAssembler(connection);
  const tally = new Tally();
  const wanted = type === "binary" ? "bytesReceived" : "textReceived";
  let begun = false;
  const run = (): number => {
    for (const chunk of chunks) {
      connection.receiveBytes(chunk);
      for (const event of connection.events()) {
        if (event.type !== wanted) throw new Error(`unexpected ${event.type}`);
        const { messageFinished } = event;
        if (streamed) {
          tally.take(event.data, messageFinished);
        } else if (messageFinished && !begun) {
          tally.take(event.data, true);
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
  const buffers = new Set(given.flat().map((piece) => (typeof piece === "string" ? undefined : piece.buffer)));
  const isGiven = (chunk: Uint8Array<ArrayBuffer>): boolean => handOver && buffers.has(chunk.buffer);
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
      for (const chunk of handOver ? connection.chunksToSend() : [connection.bytesToSend()]) {
        socket.write(chunk);
        // The socket has counted it, and is done with it. What is handed over in the next batch, too, is not the queue's.
        if (!isGiven(chunk)) connection.recycle(chunk);
      }
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
