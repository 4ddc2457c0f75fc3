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

/** What a server does: sends a `Shape` when it is asked for one in JSON, and tells how many bytes it got of one. */
export interface ServerSide {
  receive(message: string | Uint8Array): void;
}

export function messageOf({ type, bytes }: Shape): string | Uint8Array<ArrayBuffer> {
  return type === "text" ? "a".repeat(bytes) : new Uint8Array(bytes).fill(97);
}

/** The server's part, whatever it sends with. A message in JSON announces what comes, or asks for it. */
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
export function play(socket: WebSocket, kind: Kind, shape: Shape): Promise<number> {
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
  const messages = new MessageAssembler();
  // As `ws` sends: what it is given must be left alone until it is sent.
  const side = serverSide((message) => connection.sendData(message, true, { handOver: true }));
  const driver = new Driver(connection, transport, 1000, (event) => {
    if (event.type === "connectionRequested") connection.accept(event);
    if (event.type !== "textReceived" && event.type !== "bytesReceived") return undefined;
    const message = messages.add(event);
    if (message !== undefined) side.receive(message);
    return undefined;
  });
  void driver.finished;
}

const OverPipes = createWebSocketClass(() => {
  const [near, far] = pipe();
  serve(far);
  return near;
});

/** A socket that is open: ours over a pipe, or with a URL the platform's own. */
export async function open(url?: string): Promise<WebSocket> {
  const socket = url === undefined ? new OverPipes("ws://bench/") : new WebSocket(url);
  socket.binaryType = "arraybuffer";
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error("the connection did not open"));
  });
  return socket;
}

let sessions: Promise<[WebSocketSession, WebSocketSession]> | undefined;

/** The same from one session to another, over a pipe. */
export async function playSession(shape: Shape): Promise<number> {
  const [near, far] = pipe();
  sessions ??= Promise.all([connect(near), accept(far).then((request) => request.accept())]);
  const [client, server] = await sessions;
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
