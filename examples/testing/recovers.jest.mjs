/** The same with Jest: `NODE_OPTIONS=--experimental-vm-modules npx jest`. */
import { expect, jest, test } from "@jest/globals";
import { matchers, webSocketServer } from "websocket-over/testing";

expect.extend(matchers);

test("a client that loses its connection gets 1006, and what it sent has arrived", async () => {
  await using server = webSocketServer();
  const client = new server.WebSocket("wss://chat.example/live");
  client.onopen = () => client.send(JSON.stringify({ type: "join", room: "lobby" }));
  const onClose = jest.fn();
  client.onclose = onClose;

  const socket = await (await server.request()).accept();
  await expect(socket).toReceiveJSON({ type: "join", room: expect.any(String) });
  const closed = new Promise((resolve) => client.addEventListener("close", resolve));
  await socket.fault.cut();
  await closed;
  expect(onClose).toHaveBeenCalledWith(expect.objectContaining({ code: 1006, wasClean: false }));
});
