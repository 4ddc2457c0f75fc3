/** A page says hello, is welcomed, and says when it may not come in. */
import { expect, test } from "websocket-over/playwright";

/** Stands for your application, so that this file runs as it is. */
const app = `<!doctype html>
  <p role="status">connecting</p>
  <script>
    const status = document.querySelector("p");
    const socket = new WebSocket("wss://chat.example/live");
    socket.onopen = () => socket.send("hello");
    socket.onmessage = ({ data }) => (status.textContent = data);
    socket.onerror = () => (status.textContent = "no connection");
  </script>`;

test.beforeEach(({ page }) =>
  page.route("https://chat.example/", (route) => route.fulfill({ contentType: "text/html", body: app })),
);

test("is welcomed", async ({ page, webSocketServer }) => {
  const server = await webSocketServer({ match: /live/ });
  await page.goto("https://chat.example/");
  const socket = await (await server.request()).accept();
  await expect(socket).toReceiveText("hello");
  await socket.send("welcome");
  await expect(page.getByRole("status")).toHaveText("welcome");
});

test("says so when it is refused", async ({ page, webSocketServer }) => {
  const server = await webSocketServer({ match: /live/ });
  await page.goto("https://chat.example/");
  await (await server.request()).reject({ status: 401 });
  await expect(page.getByRole("status")).toHaveText("no connection");
});
