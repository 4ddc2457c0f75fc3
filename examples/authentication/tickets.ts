/** The page fetches a ticket with its login, and opens the WebSocket with the ticket. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { upgrades } from "websocket-over/node";
import { serve } from "websocket-over/stream";

const LIFETIME_MS = 30_000;

const tickets = new Map<string, { readonly user: string; readonly expiresAt: number }>();

/** Stands for your login, such as a cookie with a session. */
const userOf = (authorization: string | undefined) => (authorization === "Bearer ada's token" ? "ada" : undefined);

const http = createServer((request, response) => {
  const user = userOf(request.headers.authorization);
  if (request.method !== "POST" || user === undefined) return response.writeHead(401).end();
  const ticket = randomBytes(16).toString("base64url");
  tickets.set(ticket, { user, expiresAt: Date.now() + LIFETIME_MS });
  setTimeout(() => tickets.delete(ticket), LIFETIME_MS).unref();
  return response.end(ticket);
});

/** Takes a ticket out, so that it opens one connection. */
function redeem(ticket: string): string | undefined {
  const { user, expiresAt = 0 } = tickets.get(ticket) ?? {};
  tickets.delete(ticket);
  return Date.now() < expiresAt ? user : undefined;
}

const stop = new AbortController();
const served = serve(
  upgrades(http),
  async (request) => {
    const user = redeem(new URL(request.target, "ws://server").searchParams.get("ticket") ?? "");
    if (user === undefined) return request.reject({ status: 401, body: "get a new ticket" });
    const session = await request.accept();
    await session.send(`hello, ${user}`);
    await session.closed;
  },
  { signal: stop.signal },
);
http.listen(0, "127.0.0.1");
await once(http, "listening");

// What the page does:
const host = `127.0.0.1:${(http.address() as AddressInfo).port}`;
const answer = await fetch(`http://${host}/`, { method: "POST", headers: { Authorization: "Bearer ada's token" } });
const ticket = await answer.text();
const socket = new WebSocket(`ws://${host}/chat?ticket=${ticket}`);
socket.onmessage = ({ data }) => console.log(data);
await once(socket, "message");
const again = new WebSocket(`ws://${host}/chat?ticket=${ticket}`);
await once(again, "error");
console.log("a ticket works once");

stop.abort();
http.close();
await served;
