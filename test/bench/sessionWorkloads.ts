/** Sessions over a pipe beside `ws` to `ws` through loopback: messages one way, from the sender's call to the receiver's. */
import { strictEqual } from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import * as ws from "ws";
import { accept, connect, type WebSocketSession } from "../../src/stream/index.ts";
import { pipe } from "../../src/transports/pipe.ts";
import type { Side, Workload } from "./measure.ts";

const SHAPES = [
  { name: "125 B", bytes: 125, count: 2000 },
  { name: "64 KiB", bytes: 64 * 1024, count: 32 },
];

export function sessionWorkloads(): Workload[] {
  return SHAPES.flatMap(({ name, bytes, count }) =>
    (["binary", "text"] as const).map((type) => {
      const message = type === "text" ? "a".repeat(bytes) : new Uint8Array(bytes).fill(7);
      return {
        workload: `session over a pipe, ${name} ${type}`,
        role: "client",
        kind: "send",
        peerName: "ws through loopback",
        ours: sessionSide(message, count),
        peer: wsSide(message, count),
      };
    }),
  );
}

function sessionSide(message: string | Uint8Array<ArrayBuffer>, count: number): Side {
  const pair = openPair();
  return {
    async run() {
      const [client, server] = await pair;
      const sent = (async (): Promise<void> => {
        for (let i = 0; i < count; i++) await client.send(message);
      })();
      for (let i = 0; i < count; i++) strictEqual((await server.receive())?.length, message.length);
      await sent;
      return count;
    },
  };
}

async function openPair(): Promise<[WebSocketSession, WebSocketSession]> {
  const [near, far] = pipe();
  return Promise.all([connect(near), accept(far).then((request) => request.accept())]);
}

function wsSide(message: string | Uint8Array, count: number): Side {
  const pair = openWsPair();
  return {
    async run() {
      const [client, server] = await pair;
      for (const socket of socketsOf(client, server)) socket.ref();
      let received = 0;
      const done = new Promise<void>((resolve) => {
        server.on("message", (data: Buffer) => {
          strictEqual(data.length, message.length);
          if (++received === count) resolve();
        });
      });
      for (let i = 0; i < count; i++) client.send(message);
      await done;
      server.removeAllListeners("message");
      // Nothing but a measurement keeps the process alive.
      for (const socket of socketsOf(client, server)) socket.unref();
      return count;
    },
  };
}

async function openWsPair(): Promise<[ws.WebSocket, ws.WebSocket]> {
  const listener = new ws.WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(listener, "listening");
  const client = new ws.WebSocket(`ws://127.0.0.1:${(listener.address() as AddressInfo).port}`);
  const accepted = once(listener, "connection", { signal: AbortSignal.timeout(10_000) }) as Promise<[ws.WebSocket]>;
  const [[server]] = await Promise.all([accepted, once(client, "open")]);
  listener.close();
  return [client, server];
}

function socketsOf(...peers: readonly ws.WebSocket[]): Socket[] {
  return peers.map((peer) => (peer as unknown as { _socket: Socket })._socket);
}
