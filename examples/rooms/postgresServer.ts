/** One of several processes that share rooms through PostgreSQL. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { defineHooks } from "crossws";
import { pgsql } from "crossws/sync";
import postgres from "postgres";
import { upgrades } from "websocket-over/node";
import { crosswsAdapter } from "websocket-over/server";

// One connection for all that it publishes. On several, messages would overtake each other.
const client = postgres(process.env.POSTGRES_URL ?? "postgres://127.0.0.1/postgres", { max: 1 });
const adapter = crosswsAdapter({
  sync: pgsql({ client, channel: "chat" }),
  onError: (error, { stage }) => console.error(`PostgreSQL, ${stage}:`, error),
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
