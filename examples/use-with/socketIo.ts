/** Socket.IO over a pipe. Its Engine.IO gets connections that have been upgraded already. */
import type { IncomingMessage } from "node:http";
import { Server as Engine } from "engine.io";
import { WebSocket as EngineTransport } from "engine.io-client";
import { Server } from "socket.io";
import { io } from "socket.io-client";
import { pipe } from "websocket-over/pipe";
import { WebSocketServer, type Peer } from "websocket-over/server";
import { createWebSocketClass } from "websocket-over/websocket";

// The server.
class Upgraded {
  handleUpgrade(_request: IncomingMessage, peer: Peer, _head: Buffer, done: (peer: Peer) => void): void {
    done(peer);
  }
  close(): void {}
}
const sockets = new WebSocketServer();
const engine = new Engine({ transports: ["websocket"], wsEngine: Upgraded });
sockets.on("connection", (peer, request) => {
  engine.handleUpgrade(request as never, peer as never, Buffer.alloc(0)); // it asks for the classes of Node
});
const server = new Server().bind(engine);
server.on("connection", (socket) => {
  socket.on("add", (a: number, b: number, done: (sum: number) => void) => done(a + b));
});

// The client.
const WebSocket = createWebSocketClass(() => {
  const [near, far] = pipe(); // in place of your transport
  sockets.handleTransport(far);
  return near;
});
class OverOurs extends EngineTransport {
  override createSocket(url: string, protocols: string | string[] = []): WebSocket {
    return new WebSocket(url, protocols);
  }
  override doOpen(): this {
    super.doOpen();
    Reflect.get(this, "ws").binaryType = "arraybuffer"; // on Node it asks for "nodebuffer"
    return this;
  }
}
const client = io("ws://server", { transports: [OverOurs] });
console.log(await client.emitWithAck("add", 2, 3));
client.disconnect();
await server.close();
