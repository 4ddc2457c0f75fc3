import { expect, test } from "websocket-over/playwright";

test("the page says hello to the server", async ({ page, webSocketServer }) => {
  const server = await webSocketServer({ match: "wss://chat.example/**" }); // before the page opens
  const app = `<script>
    const socket = new WebSocket("wss://chat.example/live");
    socket.onopen = () => socket.send("hello");
    socket.onclose = () => (document.body.textContent = "offline");
  </script>`;
  await page.goto(`data:text/html,${encodeURIComponent(app)}`); // stands for your application
  const socket = await (await server.request()).accept();
  await expect(socket).toReceiveText("hello");
  await socket.fault.cut(); // the network is gone
  await expect(page.getByText("offline")).toBeVisible();
});
