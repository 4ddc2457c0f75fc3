/** `http2Dial` against hypercorn, an independent server with HTTP/2 and WebSocket (RFC 8441). */
import { spawnSync } from "node:child_process";
import { connect as connectHttp2, type ClientHttp2Session } from "node:http2";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { permessageDeflate } from "../../src/deflate/index.ts";
import { http2Dial } from "../../src/http2/index.ts";
import { connect, type WebSocketError } from "../../src/stream/index.ts";
import { createWebSocketClass } from "../../src/websocket/index.ts";
import { Program } from "./programs.ts";

/** A Python that has the package; Debian's may not be the first on the path. */
const python = ["python3", "/usr/bin/python3"].find(
  (name) => spawnSync(name, ["-c", "import hypercorn, h2, wsproto"], { stdio: "ignore" }).status === 0,
);

describe.skipIf(python === undefined)("hypercorn", () => {
  let program: Program;
  /** A new one for each test: hypercorn 0.13.2 breaks its session off when a WebSocket's stream ends behind its Close. */
  let session: ClientHttp2Session;
  let origin: string;
  beforeAll(async () => {
    program = new Program(python!, [
      "-m",
      "hypercorn",
      "--bind",
      "127.0.0.1:0",
      "test/peers/python/hypercorn_app.py:app",
    ]);
    [, origin = ""] = await program.says(/Running on http:\/\/(\S+)/);
  });
  afterAll(() => program?.stop());
  beforeEach(() => {
    session = connectHttp2(`http://${origin}`);
    session.on("error", () => {});
  });
  afterEach(() => session.destroy());

  test.each([[[]], [[permessageDeflate()]]])("echoes a session's messages, with %j", async (extensions) => {
    const url = `ws://${origin}/chat?room=1`;
    const headers = { cookie: "id=1" };
    const transport = await http2Dial(session)(new URL(url));
    const opened = await connect(transport, { url, protocols: ["other", "chat"], headers, extensions });
    expect(opened.protocol).toBe("chat");
    expect(opened.extensions === "").toBe(extensions.length === 0);
    expect(await opened.receive()).toBe("2 /chat?room=1 id=1");
    const large = new Uint8Array(1_000_000).map((_, i) => i % 251);
    for (const message of ["héllo", large]) {
      void opened.send(message);
      const echoed = await opened.receive();
      if (typeof message === "string") expect(echoed).toBe(message);
      else expect(Buffer.compare(echoed as Uint8Array, message)).toBe(0);
    }
    expect(await opened.close({ closeCode: 4000, reason: "bye" })).toMatchObject({ closeCode: 4000 });
  });
  test("closes first, and hypercorn sees the code", async () => {
    const WebSocket = createWebSocketClass(http2Dial(session));
    const socket = new WebSocket(`ws://${origin}/`);
    socket.onopen = () => socket.send("close");
    const { code, wasClean } = await new Promise<CloseEvent>((resolve) => (socket.onclose = resolve));
    expect([code, wasClean]).toEqual([4001, true]);
  });
  test("refuses with status, headers and body", async () => {
    const url = `ws://${origin}/no`;
    const error = (await connect(await http2Dial(session)(new URL(url)), { url }).catch(
      (reason: unknown) => reason,
    )) as WebSocketError;
    const { status, headers, body } = error.rejection!;
    expect([status, headers.get("www-authenticate"), Buffer.from(body).toString()]).toEqual([401, "Basic", "log in"]);
  });
});
