/** On the server: WebSockets carry the bytes of sessions that outlive them. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { upgrades } from "websocket-over/node";
import { resumed, type ByteTransport } from "websocket-over/resume";
import { WebSocketServer } from "websocket-over/server";
import { serve } from "websocket-over/stream";
import { webSocketTransport } from "websocket-over/websocket-transport";

const http = createServer((_, response) => response.end("connect with a WebSocket\n"));
const sockets = new WebSocketServer(); // decides by `origins` whose pages may connect
const carriers = new ReadableStream<ByteTransport>({
  start(controller) {
    sockets.on("connection", (peer) => controller.enqueue(webSocketTransport(peer)));
  },
});
void sockets.serve(upgrades(http));
void serve(resumed(carriers, { keepMs: 60_000 }), async (request) => {
  const session = await request.accept();
  for await (const message of session) await session.send(`you said ${message}`);
});
http.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  console.log(`listening on ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
});
