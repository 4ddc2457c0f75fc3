/** How Node's `http` and ws handle the bytes of an opening handshake. */
import { createServer, type IncomingMessage } from "node:http";
import { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";
import { bytesOf, textOf } from "./mutateHeads.ts";

export interface Answer {
  /** `pending` as long as the head is not whole. */
  readonly end: "accepted" | "refused" | "pending" | `rejected ${number}`;
  readonly target?: string | undefined;
  readonly protocol?: string | undefined;
  readonly why?: string | undefined;
}

/** A socket that brings these bytes and no end, and keeps what is written to it. */
class Wire extends Duplex {
  written = "";
  override _read(): void {}
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.written += chunk.toString("latin1");
    done();
  }
  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}

/** As long as callbacks of streams take. */
async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}

const server = createServer({ connectionsCheckingInterval: 2 ** 31 - 1 });
const upgrader = new WebSocketServer({ noServer: true, perMessageDeflate: true });
const answers = new WeakMap<object, (answer: Answer) => void>();

server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
  const answer = answers.get(socket);
  upgrader.handleUpgrade(request, socket, head, (peer) => {
    answer?.({ end: "accepted", target: request.url, protocol: peer.protocol });
    peer.on("error", () => undefined);
  });
  const written = socket instanceof Wire ? socket.written : "";
  if (!/^(HTTP\/1.1 101|$)/.test(written)) answer?.({ end: "refused", why: written.split("\r\n").at(-1) });
});
server.on("request", ({ socket }) => answers.get(socket)?.({ end: "refused", why: "no upgrade" }));
server.on("clientError", (error: Error & { code?: string }, socket) => {
  answers.get(socket)?.({ end: "refused", why: error.code });
});

export async function wsServerAnswer(bytes: Uint8Array): Promise<Answer> {
  const wire = new Wire();
  wire.on("error", () => undefined);
  let answer: Answer = { end: "pending" };
  let answered = false;
  answers.set(wire, (first) => {
    if (!answered) answer = first;
    answered = true;
  });
  server.emit("connection", wire);
  wire.push(Buffer.from(bytes));
  await settle();
  wire.destroy();
  // Node refuses some requests automatically, without an answer.
  if (!answered && wire.written !== "") answer = { end: "refused", why: wire.written.split("\r\n", 1)[0] };
  return answer;
}

/** The same answer, but to the key that ws has asked with: `accept` is replaced. */
export async function wsClientAnswer(bytes: Uint8Array, accept: string): Promise<Answer> {
  const wire = new Wire();
  wire.on("error", () => undefined);
  const client = new WebSocket("ws://a/", ["chat", "superchat"], {
    createConnection: () => wire as never,
    perMessageDeflate: true,
    handshakeTimeout: 2 ** 31 - 1,
  });
  let answer: Answer = { end: "pending" };
  client.on("open", () => (answer = { end: "accepted", protocol: client.protocol }));
  client.on("unexpected-response", (_, response) => {
    answer = { end: `rejected ${response.statusCode ?? 0}` };
    response.destroy();
  });
  client.on("error", (error) => {
    if (answer.end === "pending") answer = { end: "refused", why: error.message };
  });
  await settle();
  const key = /sec-websocket-key: (.*)\r\n/i.exec(wire.written)?.[1] ?? "";
  wire.push(Buffer.from(bytesOf(textOf(bytes).replaceAll(accept, await acceptFor(key)))));
  await settle();
  const told = answer;
  client.terminate();
  wire.destroy();
  return told;
}

async function acceptFor(key: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-1", Buffer.from(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`));
  return Buffer.from(digest).toString("base64");
}
