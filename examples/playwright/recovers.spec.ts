/** A page that loses its connection recovers. Nothing in its own WebSocket code knows of the test. */
import { expect, test } from "websocket-over/playwright";

/** Stands for your application, so that this file runs as it is. */
const app = `<!doctype html>
  <p role="status">offline</p>
  <ol></ol>
  <script>
    const status = document.querySelector("p");
    function connect() {
      const socket = new WebSocket("wss://chat.example/live", ["chat.v2", "chat.v1"]);
      socket.onopen = () => {
        status.textContent = "online";
        socket.send(JSON.stringify({ type: "join", room: "lobby" }));
      };
      socket.onmessage = ({ data }) => {
        const { from, text } = JSON.parse(data);
        document.querySelector("ol").append(Object.assign(document.createElement("li"), { textContent: from + ": " + text }));
      };
      socket.onclose = () => {
        status.textContent = "offline";
        setTimeout(connect, 100);
      };
    }
    connect();
  </script>`;

test("recovers from a lost connection", async ({ page, webSocketServer }) => {
  await page.route("https://chat.example/", (route) => route.fulfill({ contentType: "text/html", body: app }));
  const server = await webSocketServer({ match: /\/live/ }); // before goto
  await page.goto("https://chat.example/");
  const request = await server.request();
  expect(request.subprotocols).toEqual(["chat.v2", "chat.v1"]);
  const socket = await request.accept({ subprotocol: "chat.v2" });
  await expect(socket).toReceiveJSON({ type: "join", room: expect.any(String) });

  await socket.ping("hb");
  await expect(socket).toReceivePong("hb");
  await socket.frame({ fin: false, opcode: "text", payload: '{"type":"mess' });
  await socket.fault.cut({ midFrame: true });
  await expect(page.getByRole("status")).not.toHaveText("online");

  const again = await (await server.request()).accept({ subprotocol: "chat.v2" });
  await again.sendJSON({ type: "message", from: "Ada", text: "welcome back" });
  await expect(page.getByRole("listitem")).toHaveText(["Ada: welcome back"]);
});
