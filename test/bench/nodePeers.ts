/** The peers of Node: `ws` without and with its native helper, undici, websocket-driver, websocket. */
import { EventEmitter } from "node:events";
import http from "node:http";
import { createRequire } from "node:module";
import { Writable } from "node:stream";
import { ACCEPT, REQUEST, RESPONSE, type Opening } from "./handshakeWorkloads.ts";
import type { Wire } from "./inputs.ts";
import type { Unmask } from "./machineLimits.ts";
import type { Role, Side } from "./measure.ts";
import { wsPeer, type Bench, type Peer } from "./peers.ts";
import { provenSender, type Batch, type Socket } from "./sockets.ts";
import { provenReceiver, Tally } from "./tally.ts";
import type { WsBuild } from "./wsSides.ts";

const require = createRequire(import.meta.url);
const toBuffer = (buffer: ArrayBuffer): Buffer => Buffer.from(buffer);

/** Enough for the clock with peers that are slower. */
const SMALL_BATCH_BYTES = 64 * 1024;

export function nodeBench(): Bench {
  const peers = [
    wsPeer("ws", loadWs(false), toBuffer),
    wsPeer("ws + bufferutil", loadWs(true), toBuffer),
    undici,
    websocketDriver,
    websocket,
  ];
  return { environment: "node", Writable, wrap: toBuffer, peers };
}

/** A separate copy of `ws`, which decides on loading whether it masks with native code. */
export function loadWs(native: boolean): WsBuild {
  for (const path of Object.keys(require.cache)) {
    if (/[\\/]node_modules[\\/]ws[\\/]/.test(path)) Reflect.deleteProperty(require.cache, path);
  }
  const { WS_NO_BUFFER_UTIL } = process.env;
  // Node may bring native code for it as well.
  const { websocketMask } = http as { websocketMask?: unknown };
  if (native) delete process.env.WS_NO_BUFFER_UTIL;
  else process.env.WS_NO_BUFFER_UTIL = "1";
  if (!native) Object.assign(http, { websocketMask: undefined });
  const ws = require("ws") as WsBuild;
  if (WS_NO_BUFFER_UTIL !== undefined) process.env.WS_NO_BUFFER_UTIL = WS_NO_BUFFER_UTIL;
  Object.assign(http, { websocketMask });
  return ws;
}

/** The native code alone. */
export const bufferutil: Unmask = (bytes, key) => {
  const { unmask } = require("bufferutil") as { unmask: (bytes: Uint8Array, key: Uint8Array) => void };
  const [buffer, mask] = [Buffer.from(bytes.buffer), Buffer.from(key)];
  return () => unmask(buffer, mask);
};

/** Receives a chunk at a time; messages come when they come. */
function receiverOf(
  { message, count, ...wire }: Wire,
  start: (take: (data: string | Uint8Array) => void) => (chunk: Buffer) => void,
): Promise<Side> {
  const { chunks, renew } = wire.chunks(toBuffer);
  const tally = new Tally();
  let finish = (): void => {};
  const write = start((data) => {
    tally.take(data, true);
    if (tally.messages === count) finish();
  });
  const run = async (): Promise<number> => {
    const finished = new Promise<void>((resolve) => (finish = resolve));
    for (const chunk of chunks) write(chunk);
    await finished;
    return tally.finish(message.data.length);
  };
  const side = { ...(renew !== undefined && { prepare: renew }), run };
  return provenReceiver(side, tally, { message, count, ...wire });
}

/** Sends a batch in flushes, each in one turn. */
function senderOf(batch: Batch, socket: Socket, send: (data: string | Buffer) => void): Promise<Side> {
  const { message, count, perFlush } = batch;
  const data = typeof message.data === "string" ? message.data : Buffer.from(message.data.buffer);
  return provenSender(batch, socket, () => {
    for (let i = 0; i < count; i += perFlush) {
      socket.cork();
      for (let k = Math.min(perFlush, count - i); k > 0; k--) send(data);
      socket.uncork();
    }
  });
}

const undici: Peer = {
  name: "undici",
  role: "client",
  major: false,
  batchBytes: SMALL_BATCH_BYTES,
  receiver(_role, wire) {
    const { ByteParser } = require("undici/lib/web/websocket/receiver.js") as {
      ByteParser: new (handler: object, extensions: undefined, options: object) => Writable;
    };
    const decoder = new TextDecoder("utf-8", { fatal: true });
    return receiverOf(wire, (take) => {
      // As its WebSocket does.
      const onMessage = (opcode: number, data: Buffer): void => take(opcode === 1 ? decoder.decode(data) : data);
      const parser = new ByteParser({ onMessage }, undefined, { maxFragments: 0, maxPayloadSize: 0 });
      return (chunk) => void parser.write(chunk);
    });
  },
  sender(batch, socket) {
    const { SendQueue } = require("undici/lib/web/websocket/sender.js") as {
      SendQueue: new (socket: Socket) => { add(item: Uint8Array, done: () => void, hint: number): void };
    };
    const { sendHints } = require("undici/lib/web/websocket/constants.js") as { sendHints: Record<string, number> };
    const queue = new SendQueue(socket);
    const done = (): void => {};
    return senderOf(batch, socket, (data) => {
      if (typeof data === "string") queue.add(Buffer.from(data), done, sendHints.text!);
      else queue.add(data, done, sendHints.typedArray!);
    });
  },
};

interface Driver extends EventEmitter {
  readonly io: EventEmitter;
  start(): boolean;
  parse(chunk: Uint8Array): void;
  text(message: string): boolean;
  binary(message: Buffer): boolean;
}

/** Opens a driver with the head that it gets; returns what it sent. */
function openDriver(role: Role, head: Uint8Array): { driver: Driver; sent: string } {
  const { client, server } = require("websocket-driver") as {
    client: (url: string, options: object) => Driver;
    server: (options: object) => Driver;
  };
  const options = { maxLength: 2 ** 30 };
  let sent = "";
  const driver = role === "client" ? client("ws://example.com/chat?room=1", options) : server(options);
  driver.io.once("data", (bytes: Buffer) => (sent = bytes.toString()));
  if (role === "client") {
    // The answer is one to another key.
    Object.assign(driver, { _accept: ACCEPT });
    driver.start();
  } else {
    driver.on("connect", () => driver.start());
  }
  let open = false;
  driver.on("open", () => (open = true));
  driver.parse(head);
  if (!open) throw new Error("the driver did not open");
  return { driver, sent };
}

export const openings = {
  "websocket-driver":
    (role: Role): Opening =>
    (head) =>
      openDriver(role, Buffer.from(head.buffer)).sent,
};

const headTo = (role: Role): Buffer => Buffer.from(role === "server" ? REQUEST : RESPONSE);

const websocketDriver: Peer = {
  name: "websocket-driver",
  major: false,
  batchBytes: SMALL_BATCH_BYTES,
  receiver: (role, wire) =>
    receiverOf(wire, (take) => {
      const { driver } = openDriver(role, headTo(role));
      driver.on("message", ({ data }: { data: string | Uint8Array }) => take(data));
      return (chunk) => driver.parse(chunk);
    }),
  sender(batch, socket) {
    const { driver } = openDriver(batch.role, headTo(batch.role));
    driver.io.on("data", (bytes: Buffer) => socket.write(bytes));
    return senderOf(batch, socket, (data) => {
      if (typeof data === "string") driver.text(data);
      else driver.binary(data);
    });
  },
};

interface Connection extends EventEmitter {
  handleSocketData(chunk: Buffer): void;
  sendUTF(message: string): void;
  sendBytes(message: Buffer): void;
}

function openWebsocket(role: Role, socket: Writable | EventEmitter): Connection {
  const Made = require("websocket/lib/WebSocketConnection.js") as new (...given: unknown[]) => Connection;
  Object.assign(socket, { setNoDelay: () => {}, setTimeout: () => {} });
  const config = {
    maxReceivedFrameSize: 2 ** 30,
    maxReceivedMessageSize: 2 ** 30,
    assembleFragments: true,
    fragmentOutgoingMessages: false,
  };
  return new Made(socket, [], null, role === "client", config);
}

/** Takes one frame in each turn of the event loop. */
const websocket: Peer = {
  name: "websocket",
  major: false,
  batchBytes: SMALL_BATCH_BYTES / 8,
  receiver: (role, wire) =>
    receiverOf(wire, (take) => {
      const connection = openWebsocket(role, new EventEmitter());
      connection.on("message", (message: { utf8Data?: string; binaryData?: Buffer }) =>
        take(message.utf8Data ?? message.binaryData!),
      );
      return (chunk) => connection.handleSocketData(chunk);
    }),
  sender(batch, socket) {
    const connection = openWebsocket(batch.role, socket);
    return senderOf(batch, socket, (data) => {
      if (typeof data === "string") connection.sendUTF(data);
      else connection.sendBytes(data);
    });
  },
};
