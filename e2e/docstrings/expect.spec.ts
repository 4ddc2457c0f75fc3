import { expect, test } from "websocket-over/playwright";

test("the page joins a room, then leaves politely", async ({ page, webSocketServer }) => {
  const server = await webSocketServer({ match: /\/rooms/ });
  const app = `<script>
    const socket = new WebSocket("wss://chat.example/rooms");
    socket.onopen = () => socket.send(JSON.stringify({ type: "join", room: "lobby", at: Date.now() }));
    socket.onmessage = () => socket.close(1000, "bye");
  </script>`;
  await page.goto(`data:text/html,${encodeURIComponent(app)}`); // stands for your application
  const socket = await (await server.request()).accept();
  await expect(socket).toReceiveJSON({ type: "join", room: "lobby" }, { partial: true });
  await socket.send("the room is closing");
  await expect(socket).toReceiveClose(1000, "bye");
});
