/** One of several processes that share rooms through Redis. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { defineHooks } from "crossws";
import { redis } from "crossws/sync";
import { createClient } from "redis";
import { upgrades } from "websocket-over/node";
import { crosswsAdapter } from "websocket-over/server";

/** crossws asks for a second client. Without a listener for `error` a client that loses Redis ends the process. */
function makeClient() {
  const client = createClient({ url: process.env.REDIS_URL ?? "redis://127.0.0.1:6379" });
  return client.on("error", (error: Error) => console.error("Redis:", error.message));
}

const client = Object.assign(makeClient(), { duplicate: makeClient });
await client.connect();
const adapter = crosswsAdapter({
  sync: redis({ client, channel: "chat" }),
  hooks: defineHooks({
    open: (peer) => peer.subscribe(new URL(peer.request.url).searchParams.get("room") ?? "lobby"),
    message(peer, message) {
      for (const room of peer.topics) peer.publish(room, message.rawData);
    },
  }),
});
const http = createServer();
void adapter.serve(upgrades(http));
http.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  console.log(`listening on ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
});
