/** A server behind nginx, on the same machine. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { upgrades } from "websocket-over/node";
import { serve, type IncomingRequest } from "websocket-over/stream";

/** The client's address. Only nginx may tell another one than that of the connection: anyone can send the header. */
function addressOf({ remoteAddress, headers }: IncomingRequest): string | undefined {
  return remoteAddress === "127.0.0.1" ? (headers.get("x-forwarded-for") ?? remoteAddress) : remoteAddress;
}

const http = createServer((_, response) => response.writeHead(426, { Upgrade: "websocket" }).end("WebSocket only\n"));
void serve(
  upgrades(http),
  async (request) => {
    const session = await request.accept();
    await session.send(`hello, ${String(addressOf(request))}`);
    for await (const message of session) await session.send(message);
  },
  { keepalive: { intervalMs: Number(process.env.PING_MS ?? 25_000), timeoutMs: 20_000 } },
);
http.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  console.log(`listening on ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
});
