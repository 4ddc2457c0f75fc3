/** A server that passes on the signals of two peers. Each room is a path, such as /my-room. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { upgrades } from "websocket-over/node";
import { WebSocketServer, type Peer } from "websocket-over/server";

const rooms = new Map<string, Set<Peer>>();
const http = createServer((_, response) => response.end("a relay\n"));
const server = new WebSocketServer({ limits: { maxMessageBytes: 64 * 1024 } });
server.on("connection", (peer, { url }) => {
  const room = rooms.get(url) ?? new Set();
  rooms.set(url, room.add(peer));
  peer.on("message", (data) => {
    for (const other of room) if (other !== peer) other.send(data.toString());
  });
  peer.on("close", () => {
    room.delete(peer);
    if (room.size === 0) rooms.delete(url);
  });
});
void server.serve(upgrades(http));
http.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  console.log(`listening on ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
});
