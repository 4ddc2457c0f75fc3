/** The chat under every fault that its server has, in the page and in a worker, over a binding and on the wire. */
import { permessageDeflate } from "../../src/deflate/index.ts";
import type { ServerSocket } from "../../src/playwright/index.ts";
import { expect, join, openChat, test, ways } from "./chat.ts";

for (const way of ways) {
  test.describe(way.name, () => {
    test("talks: text, binary, JSON, fragments, pings and a Close", async ({ page, webSocketServer }) => {
      const server = await webSocketServer({ match: "/live?room=*", mode: way.mode });
      const chat = await openChat(page, server, way);
      const request = await server.request();
      expect(request.url).toBe("wss://chat.example/live?room=hall");
      expect(request.target).toBe("/live?room=hall");
      expect(request.host).toBe("chat.example");
      expect(request.origin).toBe(new URL(page.url()).origin);
      expect(request.subprotocols).toEqual(["chat.v2", "chat.v1"]);
      expect(request.headers.get("user-agent")).toBe(await page.evaluate(() => navigator.userAgent));

      const socket = await request.accept({ subprotocol: "chat.v1", headers: { "x-served-by": "a test" } });
      await expect(chat.status).toHaveText("online");
      await expect(chat.protocol).toHaveText("chat.v1");
      await expect(socket).toReceiveJSON({ type: "join", room: "hall" });
      await chat.say("grüß dich");
      await expect(socket).toReceiveText(JSON.stringify({ type: "say", text: "grüß dich" }));
      await chat.press("Attach");
      await expect(socket).toReceiveBytes(new Uint8Array([1, 2, 3]));

      await socket.sendJSON({ type: "message", from: "Ada", text: "one" });
      await socket.send(new Uint8Array(70_000));
      void socket.frame({ fin: false, opcode: "text", payload: '{"type":"message",' });
      void socket.frame({ opcode: "ping", payload: "amid" });
      void socket.frame({ opcode: "continuation", payload: '"from":"Ada","text":"two"}' });
      await expect(socket).toReceivePong("amid");
      await socket.ping("hb");
      await expect(socket).toReceivePong("hb");
      await expect(chat.messages).toHaveText(["Ada: one", "file: 70000 bytes", "Ada: two"]);

      await socket.close(4401, "signed out");
      await expect(socket).toReceiveClose(4401);
      await expect(chat.status).toHaveText("closed: 4401 signed out");
      expect(await socket.closed).toEqual({ code: 4401, reason: "signed out", wasClean: true });
    });

    test("is rejected, then tries again", async ({ page, webSocketServer }) => {
      const server = await webSocketServer({ match: /\/live/, mode: way.mode });
      const chat = await openChat(page, server, way);
      await (await server.request()).reject({ status: 503, headers: { "retry-after": "1" }, body: "not now" });
      const request = await server.request();
      await expect(chat.status).toHaveText("connecting");
      await request.accept({ subprotocol: "chat.v2" });
      await expect(chat.status).toHaveText("online");
    });

    test("drops a server that never completes the handshake", async ({ page, webSocketServer }) => {
      const server = await webSocketServer({ match: /\/live/, mode: way.mode });
      const chat = await openChat(page, server, way, { patience: "300" });
      await server.request();
      await server.request(); // the first one was given up, without a word of the server
      await expect(chat.status).not.toHaveText("online");
    });

    test("reconnects after a cut, then sends what was said in the meantime", async ({ page, webSocketServer }) => {
      const server = await webSocketServer({ match: /\/live/, mode: way.mode });
      const chat = await openChat(page, server, way);
      const first = await join(chat);
      await expect(first).toReceiveJSON({ type: "join", room: "hall" });
      await first.fault.cut();
      expect(await first.closed).toMatchObject({ code: 1006, wasClean: false });
      await chat.say("are you there?");
      const second = await join(chat);
      await expect(second).toReceiveJSON({ type: "join", room: "hall" });
      await expect(second).toReceiveJSON({ type: "say", text: "are you there?" });
      await expect(chat.status).toHaveText("online");
    });

    test("shows nothing of a message that is cut in mid-frame", async ({ page, webSocketServer }) => {
      const server = await webSocketServer({ match: /\/live/, mode: way.mode });
      const chat = await openChat(page, server, way);
      const first = await join(chat);
      await expect(first).toReceiveJSON({ type: "join", room: "hall" });
      first.fault.stall("outgoing");
      void first.sendJSON({ type: "message", from: "Ada", text: "half of this" });
      await first.fault.cut({ midFrame: true });
      const second = await join(chat);
      await second.sendJSON({ type: "message", from: "Ada", text: "all of this" });
      await expect(chat.messages).toHaveText(["Ada: all of this"]);
    });

    test("reconnects after a reset", async ({ page, webSocketServer }) => {
      const server = await webSocketServer({ match: /\/live/, mode: way.mode });
      const chat = await openChat(page, server, way);
      await (await join(chat)).fault.reset();
      await join(chat);
      await expect(chat.status).toHaveText("online");
    });

    test("reads messages that arrive byte by byte, late or stalled", async ({ page, webSocketServer }) => {
      const server = await webSocketServer({ match: /\/live/, mode: way.mode });
      const chat = await openChat(page, server, way);
      const socket = await join(chat);
      socket.fault.chunk(1);
      await socket.sendJSON({ type: "message", from: "Ada", text: "€" });
      await expect(chat.messages).toHaveText(["Ada: €"]);
      socket.fault.chunk(20);
      socket.fault.delay(30);
      const startMs = performance.now();
      await socket.sendJSON({ type: "message", from: "Ada", text: "late" });
      expect(performance.now() - startMs).toBeGreaterThan(85);
      await expect(chat.messages).toHaveText(["Ada: €", "Ada: late"]);
      socket.fault.delay(0);
      socket.fault.stall();
      void socket.sendJSON({ type: "message", from: "Ada", text: "stalled" });
      await chat.say("anyone?");
      await expect(socket).not.toReceiveText(/anyone/, { inOrder: false, timeout: 200 });
      await expect(chat.messages).toHaveCount(2);
      socket.fault.resume();
      await expect(socket).toReceiveText(/anyone/, { inOrder: false });
      await expect(chat.messages).toHaveCount(3);
    });

    test("fails a connection with corrupt bytes, and names the broken rule", async ({
      browserName,
      page,
      webSocketServer,
    }) => {
      const server = await webSocketServer({ match: /\/live/, mode: way.mode });
      const chat = await openChat(page, server, way);
      const breaks: [code: number, spoil: (socket: ServerSocket) => Promise<void>][] = [
        [1002, (socket) => (socket.fault.corrupt(), socket.sendJSON({ type: "message", from: "Ada", text: "x" }))],
        [1007, (socket) => socket.frame({ opcode: "text", payload: new Uint8Array([0xff, 0xfe]) })],
        [1002, (socket) => socket.raw(new Uint8Array([0x83, 0x00]))],
      ];
      // Firefox 153 reads what a server has masked.
      const masked = { opcode: "text", payload: "masked", mask: true } as const;
      if (way.mode === "page" || browserName !== "firefox") breaks.push([1002, (socket) => socket.frame(masked)]);
      for (const [code, spoil] of breaks) {
        const socket = await join(chat);
        await expect(socket).toReceiveJSON({ type: "join", room: "hall" });
        await spoil(socket);
        // Browsers differ: for invalid UTF-8, Chromium 156 sends 1002 and Firefox 153 sends nothing.
        if (way.mode === "page") await expect(socket).toReceiveClose(code);
        await socket.closed;
      }
      await join(chat);
      await expect(chat.status).toHaveText("online");
      await expect(chat.messages).toHaveCount(0);
    });

    test("drops a server that has gone silent", async ({ page, webSocketServer }) => {
      const server = await webSocketServer({ match: /\/live/, mode: way.mode });
      const chat = await openChat(page, server, way, { silence: "400" });
      const first = await join(chat);
      await expect(first).toReceiveJSON({ type: "ping" }, { inOrder: false });
      await expect(first).toReceiveClose(4000, "silence");
      await join(chat);
      await expect(chat.status).toHaveText("online");
    });

    test("leaves even if the server never answers its Close", async ({ page, webSocketServer }) => {
      const server = await webSocketServer({ match: /\/live/, mode: way.mode });
      const chat = await openChat(page, server, way);
      const socket = await join(chat);
      socket.answerClose = false;
      await chat.press("Leave");
      await expect(socket).toReceiveClose(1000, "left");
      await expect(chat.status).toHaveText("online"); // it waits for the answer
      await socket.fault.cut();
      await expect(chat.status).toHaveAttribute("data-past", /offline: 1006/);
    });

    test("waits for a server that does not read", async ({ page, webSocketServer }) => {
      const server = await webSocketServer({ match: /\/live/, mode: way.mode });
      const chat = await openChat(page, server, way);
      const socket = await join(chat);
      await expect(socket).toReceiveJSON({ type: "join", room: "hall" });
      socket.fault.stall("incoming");
      await chat.say("x".repeat(100_000));
      await expect(socket).not.toReceiveText(/x/, { timeout: 300 });
      socket.fault.resume("incoming");
      await expect(socket).toReceiveText(/^{"type":"say","text":"x{100000}"}$/);
    });

    test("compresses if the server agrees", async ({ page, webSocketServer }) => {
      const server = await webSocketServer({ match: /\/live/, mode: way.mode, extensions: [permessageDeflate()] });
      const chat = await openChat(page, server, way);
      const socket = await join(chat);
      expect(socket.extensions.map(({ name }) => name)).toEqual(["permessage-deflate"]);
      await expect(socket).toReceiveJSON({ type: "join", room: "hall" });
      await chat.say("again ".repeat(1000));
      await expect(socket).toReceiveJSON({ type: "say", text: "again ".repeat(1000) });
      await socket.sendJSON({ type: "message", from: "Ada", text: "and again".repeat(10) });
      await expect(chat.messages).toHaveText([`Ada: ${"and again".repeat(10)}`]);
      const { received, sent } = socket.trace.counters;
      expect(received.savedBytes).toBeGreaterThan(5000);
      expect(sent.savedBytes).toBeGreaterThan(0);
    });
  });
}
