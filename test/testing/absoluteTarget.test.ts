/** A request with an absolute target (RFC 9112 §3.2.2), as sent to a proxy. */
import { expect, test } from "vitest";
import { TestServer } from "../../src/testing/index.ts";
import { pipe } from "../../src/transports/pipe.ts";
import { request } from "../handshake/heads.ts";

test.each([
  ["/chat?x=1", "ws://server.example.com/chat?x=1", "server.example.com"],
  ["http://a.example:81/chat?x=1", "ws://a.example:81/chat?x=1", "a.example:81"],
  ["WSS://a.example?x=1", "wss://a.example/?x=1", "a.example"],
])("%s", async (target, url, host) => {
  await using server = new TestServer();
  const [near, far] = pipe();
  server.handleTransport(far);
  await near.writable.getWriter().write(request(`=GET ${target} HTTP/1.1`));
  const received = await server.request();
  expect([received.url, received.target, received.host]).toEqual([url, target, host]);
});
