/** partysocket connects again when the connection is lost, and then sends what was sent meanwhile. */
import { WebSocket as ReconnectingSocket } from "partysocket";
import { expect, test } from "vitest";
import { matchers, webSocketServer } from "websocket-over/testing";

expect.extend(matchers);

test("a lost connection is made again, and nothing that was sent is lost", async () => {
  await using server = webSocketServer();
  const client = new ReconnectingSocket("wss://chat.example/live", [], {
    WebSocket: server.WebSocket,
    minReconnectionDelay: 1,
  });
  const first = await (await server.request()).accept();
  client.send("before");
  await expect(first).toReceiveText("before");

  await first.fault.cut(); // no Close frame: the client sees 1006
  client.send("meanwhile");

  const second = await (await server.request()).accept();
  await expect(second).toReceiveText("meanwhile");
  client.close();
  await expect(second).toReceiveClose(1000);
});
