/** Workloads for permessage-deflate: JSON in two sizes, beside `ws` with every message compressed. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Writable } from "node:stream";
import * as ws from "ws";
import { pakoEngine, permessageDeflate, type DeflateOptions } from "../../src/deflate/index.ts";
import { WSConnection } from "../../src/index.ts";
import type { Side, Workload } from "./measure.ts";
import { countingSocket } from "./sockets.ts";
import { CHUNK_BYTES, lengthName, LIMIT } from "./workloads.ts";

/** `ws` exports its parts; its types do not tell. */
const { PerMessageDeflate, Receiver, Sender } = ws as unknown as {
  PerMessageDeflate: new (options: object) => { accept(offers: object[]): object };
  Receiver: new (options: object) => Writable;
  Sender: new (
    socket: Writable,
    extensions: object,
  ) => {
    send(data: string, options: Record<string, boolean>, done: () => void): void;
  };
};

interface Shape {
  readonly size: number;
  readonly count: number;
  readonly takeover: boolean;
  readonly level: number;
}

export function deflateWorkloads(): Workload[] {
  const small = { size: 200, count: 256, takeover: true, level: 6 };
  const large = { size: 8192, count: 32, takeover: true, level: 6 };
  const forgetting = { ...small, takeover: false };
  return [
    sending(small),
    receiving(small),
    sending(forgetting),
    receiving(forgetting),
    sending(large),
    sending({ ...large, level: 1 }),
    receiving(large),
  ];
}

function nameOf({ size, takeover, level }: Shape): string {
  return `${lengthName(size)} JSON, deflate level ${level}${takeover ? "" : ", no takeover"}`;
}

function sending(shape: Shape): Workload {
  return {
    environment: "node",
    workload: nameOf(shape),
    role: "server",
    kind: "send",
    bytes: shape.size,
    peerNames: ["ws", LIMIT],
    elsewhere: true,
    sides() {
      const messages = feed(shape);
      const peers = { ws: wsSender(shape, messages), [LIMIT]: sendingLimit(shape, messages) };
      return { ours: ourSender(shape, messages), peers };
    },
  };
}

function receiving(shape: Shape): Workload {
  return {
    environment: "node",
    workload: nameOf(shape),
    role: "client",
    kind: "receive",
    bytes: shape.size,
    peerNames: ["ws", LIMIT],
    elsewhere: true,
    sides() {
      const messages = feed(shape);
      // From an engine that has nothing to refer to, so that it can be received again and again.
      const encoder = connection("server", shape);
      for (const message of messages) encoder.sendData(message);
      const wire = encoder.bytesToSend();
      const chunks: Buffer[] = [];
      for (let at = 0; at < wire.length; at += CHUNK_BYTES) {
        chunks.push(Buffer.from(wire.slice(at, at + CHUNK_BYTES).buffer));
      }
      const peers = { ws: wsReceiver(shape, messages, chunks), [LIMIT]: receivingLimit(shape, messages) };
      return { ours: ourReceiver(shape, messages, chunks), peers };
    },
  };
}

function ourSender(shape: Shape, messages: readonly string[]): Side {
  const server = connection("server", shape);
  const reader = connection("client", shape);
  const socket = countingSocket(Writable);
  const perFlush = Math.max(1, Math.floor(CHUNK_BYTES / shape.size));
  const send = (take: (bytes: Uint8Array<ArrayBuffer>) => void): number => {
    for (const [i, message] of messages.entries()) {
      server.sendData(message);
      if ((i + 1) % perFlush === 0 || i + 1 === messages.length) take(server.bytesToSend());
    }
    return messages.length;
  };
  const sent: string[] = [];
  send((bytes) => sent.push(...read(reader, bytes)));
  deepStrictEqual(sent, messages);
  return { run: () => send((bytes) => socket.write(bytes)) };
}

function wsSender(shape: Shape, messages: readonly string[]): Side {
  const socket = countingSocket(Writable);
  const sender = new Sender(socket, { "permessage-deflate": wsDeflate(true, shape) });
  const options = { binary: false, compress: true, fin: true, mask: false };
  return {
    run: () =>
      new Promise((resolve) => {
        let left = messages.length;
        socket.bytes = 0;
        const done = (): void => {
          if (--left > 0) return;
          const bytes = messages.reduce((sum, message) => sum + message.length, 0);
          strictEqual(socket.bytes > 0 && socket.bytes < bytes, true);
          resolve(messages.length);
        };
        for (const message of messages) sender.send(message, options, done);
      }),
  };
}

function ourReceiver(shape: Shape, messages: readonly string[], chunks: readonly Buffer[]): Side {
  const client = connection("client", shape);
  deepStrictEqual(
    chunks.flatMap((chunk) => read(client, chunk)),
    messages,
  );
  return {
    run() {
      let count = 0;
      let received = 0;
      for (const chunk of chunks) {
        client.receiveBytes(chunk);
        for (const event of client.events()) {
          if (event.type !== "textReceived") throw new Error(`unexpected ${event.type}`);
          received += event.data.length;
          if (event.messageFinished) count++;
        }
      }
      strictEqual(received, count * shape.size);
      return count;
    },
  };
}

function wsReceiver(shape: Shape, messages: readonly string[], chunks: readonly Buffer[]): Side {
  const extensions = { "permessage-deflate": wsDeflate(false, shape) };
  const receiver = new Receiver({ isServer: false, extensions, maxPayload: 64 * 1024 * 1024 });
  let left = 0;
  let received = 0;
  let finish = (): void => {};
  receiver.on("message", (data: Buffer) => {
    received += data.toString().length;
    if (--left === 0) finish();
  });
  return {
    async run() {
      left = messages.length;
      received = 0;
      const finished = new Promise<void>((resolve) => (finish = resolve));
      for (const chunk of chunks) receiver.write(chunk);
      await finished;
      strictEqual(received, messages.length * shape.size);
      return messages.length;
    },
  };
}

/** Each text is encoded and compressed: pako alone, with no frame around it. */
function sendingLimit({ takeover, level }: Shape, messages: readonly string[]): Side {
  const deflater = pakoEngine.createDeflater({ windowBits: 15, level, memLevel: 8 });
  const encoder = new TextEncoder();
  return {
    run() {
      let bytes = 0;
      for (const message of messages) {
        bytes += deflater.deflate(encoder.encode(message)).length;
        if (!takeover) deflater.reset();
      }
      strictEqual(bytes > 0, true);
      return messages.length;
    },
  };
}

/** Each message is inflated and decoded: pako alone, with no frame around it. */
function receivingLimit({ takeover, level, size }: Shape, messages: readonly string[]): Side {
  const deflater = pakoEngine.createDeflater({ windowBits: 15, level, memLevel: 8 });
  const deflated = messages.map((message) => {
    const bytes = Uint8Array.from(deflater.deflate(new TextEncoder().encode(message))).subarray(0, -4);
    if (!takeover) deflater.reset();
    return bytes;
  });
  const inflater = pakoEngine.createInflater({ windowBits: 15 });
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  return {
    run() {
      let received = 0;
      for (const bytes of deflated) {
        for (const piece of inflater.inflate(bytes, true)) received += decoder.decode(piece).length;
        if (!takeover) inflater.reset();
      }
      strictEqual(received, messages.length * size);
      return messages.length;
    },
  };
}

function wsDeflate(isServer: boolean, { takeover, level }: Shape): object {
  const deflate = new PerMessageDeflate({ isServer, threshold: 0, maxPayload: 0, zlibDeflateOptions: { level } });
  const forget = { server_no_context_takeover: [true], client_no_context_takeover: [true] };
  deflate.accept([takeover ? {} : forget]);
  return deflate;
}

function connection(type: "client" | "server", { takeover, level }: Shape): WSConnection {
  const options: DeflateOptions = { serverNoContextTakeover: !takeover, clientNoContextTakeover: !takeover, level };
  const made = new WSConnection(type, { handshake: "none", extensions: [permessageDeflate(options)] });
  for (const event of made.events()) strictEqual(event.type, "connectionEstablished");
  return made;
}

function read(reader: WSConnection, bytes: Uint8Array): string[] {
  const messages: string[] = [];
  reader.receiveBytes(Uint8Array.from(bytes));
  for (const event of reader.events()) {
    if (event.type !== "textReceived") throw new Error(`unexpected ${event.type}`);
    messages.push(event.data);
  }
  return messages;
}

/** What a server that tells of prices would send: the same keys again and again, other values. Flat strings. */
function feed({ size, count }: Shape): string[] {
  let random = 1;
  const next = (below: number): number => {
    random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
    return (random >>> 8) % below;
  };
  return Array.from({ length: count }, (_, sequence) => {
    let text = "";
    while (text.length < size) {
      const symbol = ["ACME", "INIT", "UMBR", "WAYN", "STRK"][next(5)];
      const change = { symbol, price: next(100_000) / 100, volume: next(5000), side: next(2) === 0 ? "buy" : "sell" };
      text += JSON.stringify({ type: "update", sequence, time: 1_700_000_000_000 + next(10 ** 9), change });
    }
    return Buffer.from(text.slice(0, size)).toString("latin1");
  });
}
