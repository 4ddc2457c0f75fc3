/** Messages through a `WebSocket` or a session, one way, from the sender's call to the receiver's: in Node and in a page. */
import { ConnectionType, WSConnection } from "../../src/index.ts";
import { Driver } from "../../src/stream/driver.ts";
import { accept, connect, type WebSocketSession } from "../../src/stream/index.ts";
import { MessageAssembler } from "../../src/stream/messageAssembler.ts";
import { pipe, type ByteTransport } from "../../src/transports/pipe.ts";
import { createWebSocketClass } from "../../src/websocket/index.ts";

export interface Shape {
  readonly type: "binary" | "text";
  readonly bytes: number;
  readonly count: number;
}

export type Kind = "send" | "receive";
export type Face = "session" | "websocket";

/** The layer below: a pipe that copies, one that hands over, TCP, or the platform's own WebSocket to this URL. */
export type Below = "a pipe" | "a pipe, handed over" | "TCP" | `ws://${string}`;

/** What a server does: sends a `Shape` when it is asked for one in JSON, and tells how many bytes it got of one. */
export interface ServerSide {
  receive(message: string | Uint8Array): void;
}

export function messageOf({ type, bytes }: Shape): string | Uint8Array<ArrayBuffer> {
  return type === "text" ? "a".repeat(bytes) : new Uint8Array(bytes).fill(97);
}

/** The server's part, for every way of sending. A JSON message announces or requests the next messages. */
export function serverSide(send: (message: string | Uint8Array<ArrayBuffer>) => void): ServerSide {
  let expected = 0;
  let messages = 0;
  let bytes = 0;
  return {
    receive(message) {
      if (expected === 0) {
        const { ask, shape } = JSON.parse(String(message)) as { ask: string; shape: Shape };
        const answer = messageOf(shape);
        if (ask === "receive") for (let i = 0; i < shape.count; i++) send(answer);
        else expected = shape.count;
        return;
      }
      bytes += message.length;
      if (++messages < expected) return;
      send(String(bytes));
      expected = messages = bytes = 0;
    },
  };
}

/** Has the messages go one way, and returns how many they were. */
export function playOn(socket: WebSocket, kind: Kind, shape: Shape): Promise<number> {
  return new Promise((resolve, reject) => {
    socket.onclose = () => reject(new Error("the connection was closed"));
    let messages = 0;
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (kind === "send") {
        if (Number(data) === shape.bytes * shape.count) resolve(shape.count);
        else reject(new Error("the server got other bytes"));
      } else {
        if ((typeof data === "string" ? data.length : data.byteLength) !== shape.bytes)
          reject(new Error("wrong length"));
        if (++messages === shape.count) resolve(messages);
      }
    };
    socket.send(JSON.stringify({ ask: kind, shape }));
    if (kind === "receive") return;
    const message = messageOf(shape);
    for (let i = 0; i < shape.count; i++) socket.send(message);
  });
}

function serve(transport: ByteTransport): void {
  const connection = new WSConnection(ConnectionType.SERVER);
  const messages = new MessageAssembler(connection);
  // As `ws` sends: what it is given must be left alone until it is sent.
  const side = serverSide((message) => connection.sendData(message, true, { handOver: true }));
  const driver = new Driver(connection, transport, { closeTimeoutMs: 1000 }, (event) => {
    if (event.type === "connectionRequested") connection.accept(event);
    if (event.type !== "textReceived" && event.type !== "bytesReceived") return undefined;
    const message = messages.add(event);
    if (message !== undefined) side.receive(message);
    return undefined;
  });
  void driver.finished;
}

type Pair = [near: ByteTransport, far: ByteTransport];

let pairOverTCP: (() => Promise<Pair>) | undefined;

/** Sets how to connect over TCP, where there is any. */
export function useTCP(pair: () => Promise<Pair>): void {
  pairOverTCP = pair;
}

function pairOver(below: Below): Pair | Promise<Pair> {
  return below === "TCP" ? pairOverTCP!() : pipe({ handOver: below === "a pipe, handed over" });
}

const sockets = new Map<Below, Promise<WebSocket>>();
const sessions = new Map<Below, Promise<[WebSocketSession, WebSocketSession]>>();

/** The same, by what is made of it once and kept. */
export async function play(face: Face, below: Below, kind: Kind, shape: Shape): Promise<number> {
  if (face === "session") {
    if (!sessions.has(below)) sessions.set(below, openSessions(below));
    return playSession(await sessions.get(below)!, shape);
  }
  if (!sockets.has(below)) sockets.set(below, openSocket(below));
  return playOn(await sockets.get(below)!, kind, shape);
}

async function openSocket(below: Below): Promise<WebSocket> {
  const Class = createWebSocketClass(async () => {
    const [near, far] = await pairOver(below);
    serve(far);
    return near;
  });
  const socket = below.startsWith("ws:") ? new WebSocket(below) : new Class("ws://bench/");
  socket.binaryType = "arraybuffer";
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error("the connection did not open"));
  });
  return socket;
}

async function openSessions(below: Below): Promise<[WebSocketSession, WebSocketSession]> {
  const [near, far] = await pairOver(below);
  return await Promise.all([connect(near), accept(far).then((request) => request.accept())]);
}

async function playSession([client, server]: [WebSocketSession, WebSocketSession], shape: Shape): Promise<number> {
  const message = messageOf(shape);
  const sending = (async () => {
    for (let i = 0; i < shape.count; i++) await client.send(message);
  })();
  for (let i = 0; i < shape.count; i++) {
    if ((await server.receive())?.length !== shape.bytes) throw new Error("wrong length");
  }
  await sending;
  return shape.count;
}
