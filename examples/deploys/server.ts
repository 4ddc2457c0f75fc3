/** On SIGTERM: takes no more connections, sends clients away one after the other with 1012, and ends within a bound. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { upgrades } from "websocket-over/node";
import { WebSocketServer } from "websocket-over/server";

const DRAIN_MS = Number(process.env.DRAIN_MS ?? 20_000);

const http = createServer((_, response) => response.end("ready\n"));
const server = new WebSocketServer({ closeTimeoutMs: 5_000 });
server.on("connection", (peer) => {
  peer.on("message", (data, isBinary) => peer.send(data, { binary: isBinary }));
});
void server.serve(upgrades(http));
http.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  console.log(`listening on ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
});

async function stop() {
  http.close(); // new connections are refused, so that the balancer takes another server
  const ended = new Promise<void>((resolve) => server.close(() => resolve()));
  const peers = [...server.clients!];
  for (const peer of peers) {
    peer.close(1012, "restarting"); // answered within `closeTimeoutMs`, or cut
    await wait(DRAIN_MS / peers.length); // else all of them reconnect at once
  }
  await ended;
  console.log("all connections have ended");
}
process.once("SIGTERM", () => void stop());
