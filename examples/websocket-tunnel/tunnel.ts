/** A tunnel through a WebSocket server that exists already, here one of `ws`. What it carries is up to you. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { connect, serve } from "websocket-over/stream";
import { webSocketProtocol, webSocketTransport, type ByteTransport } from "websocket-over/websocket-transport";

// The server: each WebSocket with our subprotocol is a transport.
const existing = new WebSocketServer({
  port: 0,
  host: "127.0.0.1",
  handleProtocols: (offered) => offered.has(webSocketProtocol) && webSocketProtocol,
});
const transports = new ReadableStream<ByteTransport>({
  start(controller) {
    existing.on("connection", (socket) => controller.enqueue(webSocketTransport(socket)));
  },
});
void serve(transports, async (request) => {
  const session = await request.accept();
  for await (const message of session) await session.send(`${request.target} says ${message}`);
});
await once(existing, "listening");

// The client, the same in a page. It reaches what the server's end leads to.
const url = `ws://127.0.0.1:${(existing.address() as AddressInfo).port}/tunnel`;
const session = await connect(webSocketTransport(new WebSocket(url, webSocketProtocol)), { url: "ws://inside/chat" });
await session.send("hello");
console.log(await session.receive());
await session.close();
existing.close();
