/** WebSockets of servers and of this library as transports, over TCP: Node's client to ws, and ours to ours. */
import { once } from "node:events";
import { connect as dialTcp, createServer, type AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { WebSocket as WsClient, WebSocketServer as WsServer } from "ws";
import { WebSocketServer } from "../../src/server/index.ts";
import { listen, socketTransport } from "../../src/transports/node.ts";
import {
  webSocketProtocol,
  webSocketTransport,
  type ByteTransport,
  type CarrierSocket,
} from "../../src/transports/webSocketTransport.ts";
import { createWebSocketClass } from "../../src/websocket/index.ts";
import { contract } from "../transports/contract.ts";
import { sessions } from "../transports/sessions.ts";

const handleProtocols = (offered: Set<string>): string | false => offered.has(webSocketProtocol) && webSocketProtocol;

/** The transports at both ends of a connection that a client makes. */
async function join(
  near: CarrierSocket,
  server: { once(event: "connection", listener: (socket: CarrierSocket) => void): unknown },
): Promise<[ByteTransport, ByteTransport]> {
  const far = new Promise<ByteTransport>((resolve) =>
    server.once("connection", (socket) => resolve(webSocketTransport(socket))),
  );
  const open = new Promise((resolve) => near.addEventListener("open", resolve));
  const transport = webSocketTransport(near);
  await open;
  return [transport, await far];
}

function toWs(Client: new (url: string, protocol: string) => CarrierSocket) {
  return async (): Promise<[ByteTransport, ByteTransport]> => {
    const server = new WsServer({ port: 0, host: "127.0.0.1", handleProtocols });
    onTestFinished(() => {
      for (const socket of server.clients) socket.terminate();
      server.close();
    });
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    return await join(new Client(`ws://127.0.0.1:${port}`, webSocketProtocol), server);
  };
}

async function ours(): Promise<[ByteTransport, ByteTransport]> {
  const tcp = createServer();
  tcp.listen(0, "127.0.0.1");
  await once(tcp, "listening");
  const { port } = tcp.address() as AddressInfo;
  const server = new WebSocketServer({ handleProtocols });
  void server.serve(listen(tcp));
  const Client = createWebSocketClass(() => socketTransport(dialTcp(port, "127.0.0.1")));
  const client = new Client(`ws://127.0.0.1:${port}`, webSocketProtocol);
  onTestFinished(() => {
    client.terminate();
    for (const socket of server.clients!) socket.terminate();
    tcp.close();
  });
  return await join(client, server);
}

const TRAITS = { heldBytes: 2 * 1024 * 1024, timeoutMs: 60_000 };
const carriers: [string, () => Promise<[ByteTransport, ByteTransport]>, copiesChunks: boolean][] = [
  ["Node's WebSocket and ws", toWs(WebSocket), true],
  ["both ends of ws", toWs(WsClient), false],
  ["our class and our server", ours, false],
];
for (const [name, pair, copiesChunks] of carriers) {
  contract(name, pair, { ...TRAITS, copiesChunks });
  sessions(name, pair, TRAITS);
}
