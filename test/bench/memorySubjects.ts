/** What is kept alive to be weighed: connections that have opened, sent and received, and are idle. */
import type { Writable } from "node:stream";
import { WSConnection } from "../../src/index.ts";
import { WebSocketServer } from "../../src/server/index.ts";
import { pipe } from "../../src/transports/pipe.ts";
import { createWebSocketClass } from "../../src/websocket/index.ts";
import { REQUEST, RESPONSE } from "./handshakeWorkloads.ts";
import { messageOf, wireTo } from "./inputs.ts";
import type { Role } from "./measure.ts";
import { countingSocket } from "./sockets.ts";
import type { WsBuild } from "./wsSides.ts";

/** Makes one, and returns what keeps it alive. */
export type Make = () => unknown;

export const CONNECTIONS = 10_000;

export type Subject = "no handshake" | "http1" | "WebSocket and server over a pipe";

export function maker(subject: Subject, role: Role): Make {
  if (subject === "WebSocket and server over a pipe") return facesOverPipes();
  return () => atRest(role, subject === "http1" ? opened(role) : new WSConnection(role, { handshake: "none" }));
}

const SENT = [messageOf("text", 125).data, messageOf("binary", 125).data];

/** A chunk of two messages, in separate memory, as a socket yields it. */
const chunkTo = (role: Role): Uint8Array<ArrayBuffer> => CHUNKS[role].slice();

const CHUNKS = { server: twoMessagesTo("server"), client: twoMessagesTo("client") };

function twoMessagesTo(role: Role): Uint8Array<ArrayBuffer> {
  const wires = (["text", "binary"] as const).map((type) =>
    wireTo(role, messageOf(type, 125), { count: 1, chunkBytes: 1000 }),
  );
  return Uint8Array.from(wires.flatMap(({ bytes }) => Array.from(bytes)));
}

function atRest(role: Role, connection: WSConnection): WSConnection {
  connection.receiveBytes(chunkTo(role));
  const types = Array.from(connection.events(), ({ type }) => type).filter((type) => type !== "connectionEstablished");
  if (types.join() !== "textReceived,bytesReceived") throw new Error(`received ${types.join()}`);
  for (const message of SENT) connection.sendData(message);
  if (connection.bytesToSend().length < 250) throw new Error("not sent");
  return connection;
}

function opened(role: Role): WSConnection {
  const encoder = new TextEncoder();
  if (role === "server") {
    const server = new WSConnection("server");
    server.receiveBytes(encoder.encode(REQUEST));
    for (const event of server.events()) if (event.type === "connectionRequested") server.accept(event);
    server.bytesToSend();
    return server;
  }
  const random = (bytes: Uint8Array): void => void bytes.fill(0);
  const client = new WSConnection("client", { host: "example.com", resource: "/", random });
  client.bytesToSend();
  client.receiveBytes(encoder.encode(RESPONSE));
  return client;
}

/** The two halves of `ws`, which have had the same. */
export function wsAtRest({ Receiver, Sender }: WsBuild, Base: typeof Writable, role: Role): Make {
  const socket = countingSocket(Base);
  return () => {
    const receiver = new Receiver({
      isServer: role === "server",
      maxPayload: 0,
      maxFragments: 0,
      maxBufferedChunks: 0,
    });
    const sender = new Sender(socket);
    receiver.on("message", () => {});
    receiver.write(Buffer.from(chunkTo(role).buffer));
    for (const data of SENT) {
      const options = { binary: typeof data !== "string", compress: false, fin: true, mask: role === "client" };
      sender.send(data, options, () => {});
    }
    return [receiver, sender];
  };
}

/** Each is a client, a server's peer and the pipe between them, and has had an answer. */
function facesOverPipes(): () => Promise<unknown> {
  const server = new WebSocketServer();
  server.on("connection", (peer) => {
    peer.on("message", () => peer.send("answer"));
  });
  const Class = createWebSocketClass(() => {
    const [near, far] = pipe();
    server.handleTransport(far);
    return near;
  });
  return () =>
    new Promise((resolve, reject) => {
      const socket = new Class("ws://memory/");
      socket.onopen = () => socket.send("hello");
      socket.onmessage = () => {
        socket.onopen = socket.onmessage = socket.onerror = null;
        resolve([socket, server]);
      };
      socket.onerror = () => reject(new Error("did not open"));
    });
}

/** Makes many and keeps them. */
export async function hold(make: Make, count: number): Promise<unknown[]> {
  const held: unknown[] = [];
  while (held.length < count) {
    const made = Array.from({ length: Math.min(100, count - held.length) }, make);
    held.push(...(await Promise.all(made)));
  }
  return held;
}
