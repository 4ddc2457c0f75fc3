/** The same with node:test, without a framework: what arrives is a list, and matchers are for those with `expect`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { webSocketServer } from "websocket-over/testing";

await test("the client says hello, and survives a fragmented answer", async () => {
  await using server = webSocketServer();
  const client = new server.WebSocket("wss://chat.example/live", ["chat.v2", "chat.v1"]);
  client.onopen = () => client.send("hello");
  const answered = new Promise((resolve) => (client.onmessage = ({ data }) => resolve(data)));

  const request = await server.request();
  assert.deepEqual(request.subprotocols, ["chat.v2", "chat.v1"]);
  const socket = await request.accept({ subprotocol: "chat.v1" });
  await socket.frame({ fin: false, opcode: "text", payload: "wel" });
  await socket.frame({ opcode: "continuation", payload: "come" });
  assert.equal(await answered, "welcome");
  assert.deepEqual(socket.received.items[0], { type: "text", data: "hello" });

  const closed = new Promise<CloseEvent>((resolve) => (client.onclose = resolve));
  await socket.fault.cut();
  assert.equal((await closed).code, 1006);
});
