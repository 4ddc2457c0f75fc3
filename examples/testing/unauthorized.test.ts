/** A client that is refused at the handshake gets itself a new token, and connects with that. */
import { expect, test } from "vitest";
import { webSocketServer } from "websocket-over/testing";

/** The code under test. */
async function connect(Socket: typeof WebSocket, newToken: () => string): Promise<WebSocket> {
  for (;;) {
    const socket = new Socket(`wss://api.example/feed?token=${newToken()}`);
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.onopen = () => resolve(true);
      socket.onclose = () => resolve(false); // a browser's WebSocket does not say why
    });
    if (isOpen) return socket;
  }
}

test("after a 401 it connects with another token", async () => {
  await using server = webSocketServer();
  const tokens = ["expired", "fresh"];
  const connected = connect(server.WebSocket, () => tokens.shift()!);

  const refused = await server.request();
  expect(refused.target).toBe("/feed?token=expired");
  await refused.reject({ status: 401, headers: { "WWW-Authenticate": "Bearer" }, body: "the token has expired" });

  const request = await server.request();
  expect(request.target).toBe("/feed?token=fresh");
  await request.accept();
  const socket = await connected;
  expect(socket.readyState).toBe(socket.OPEN);
});
