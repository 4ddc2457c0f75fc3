/** On SIGTERM: takes no more connections, closes the open ones with 1001, and ends within `closeTimeoutMs`. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { upgrades } from "websocket-over/node";
import { serve } from "websocket-over/stream";

const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());

const http = createServer();
http.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  console.log(`listening on ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
});
await serve(
  upgrades(http),
  async (request) => {
    const session = await request.accept();
    for await (const message of session) await session.send(message);
  },
  { signal: stop.signal, closeTimeoutMs: 5_000 },
);
console.log("all connections have ended");
http.close();
