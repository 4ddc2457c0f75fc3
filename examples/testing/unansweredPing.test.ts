/** A client that pings every half minute notices a server that has gone, without waiting for half a minute. */
import { expect, test } from "vitest";
import { ManualClock, matchers, webSocketServer } from "websocket-over/testing";
import { createWebSocketClass } from "websocket-over/websocket";

expect.extend(matchers);

test("a ping that is never answered ends the connection", async () => {
  const clock = new ManualClock(); // or Vitest's fake timers, and no clock
  await using server = webSocketServer({ clock });
  const keepalive = { intervalMs: 30_000, timeoutMs: 5_000 };
  const Socket = createWebSocketClass(server.dial, { clock, keepalive });
  const client = new Socket("wss://chat.example/live");
  const closed = new Promise<CloseEvent>((resolve) => (client.onclose = resolve));
  const socket = await (await server.request()).accept();

  await clock.advance(30_000);
  await expect(socket).toReceivePing(); // and answers it
  await clock.advance(5_000);
  expect(client.readyState).toBe(client.OPEN);

  socket.answerPings = false;
  await clock.advance(30_000);
  await expect(socket).toReceivePing();
  await clock.advance(5_000);
  expect((await closed).code).toBe(1006);
});
