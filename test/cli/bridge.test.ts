/** `websocket-over bridge`, between our transports and an unmodified server. */
import { once } from "node:events";
import { createServer as createHTTPServer } from "node:http";
import { connect as connectHTTP2 } from "node:http2";
import { createServer, type AddressInfo, type Server } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { RTCPeerConnection as Polyfill } from "node-datachannel/polyfill";
import { WebSocket, WebSocketServer } from "ws";
import { parseFrom, parseTo } from "../../src/cli/bridgeEnds.ts";
import { http2Dial } from "../../src/http2/index.ts";
import { connect, type WebSocketError, type WebSocketSession } from "../../src/stream/index.ts";
import type { ByteTransport } from "../../src/transports/byteTransport.ts";
import { webRTCDial } from "../../src/transports/webrtc.ts";
import { webSocketProtocol, webSocketTransport } from "../../src/transports/webSocketTransport.ts";
import { oneLine, run, start } from "./command.ts";

async function listening(server: Server, path?: string): Promise<number> {
  if (path === undefined) server.listen(0, "127.0.0.1");
  else server.listen(path);
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => void server.close());
  return path === undefined ? (server.address() as AddressInfo).port : 0;
}

/** An echo server of ws that refuses /401. */
async function upstream(): Promise<string> {
  const http = createHTTPServer();
  const server = new WebSocketServer({ noServer: true });
  http.on("upgrade", (request, socket, head) => {
    if (request.url === "/401") {
      socket.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\n\r\nnope");
      return;
    }
    server.handleUpgrade(request, socket, head, (client) => {
      client.on("message", (data, isBinary) => client.send(data, { binary: isBinary }));
    });
  });
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
  });
  return `127.0.0.1:${await listening(http)}`;
}

async function expectEcho(session: WebSocketSession): Promise<void> {
  const message = new Uint8Array(100_000).map((_, i) => i * 7);
  await session.send(message);
  expect(await session.receive()).toEqual(message);
  const { closeCode, reason } = await session.close({ closeCode: 4001, reason: "bye" });
  expect([closeCode, reason]).toEqual([4001, "bye"]);
}

function tunnel(port: number, protocols: string[] = [webSocketProtocol]): ByteTransport {
  return webSocketTransport(new WebSocket(`ws://127.0.0.1:${port}/tunnel`, protocols));
}

test("ws: carries bytes through WebSockets; it prints each connection, counts on SIGUSR1, and drains on SIGTERM", async () => {
  const authority = await upstream();
  const bridge = start("bridge", "ws://127.0.0.1:0/tunnel", `ws://${authority}/`);
  const port = await bridge.port();
  const open = await connect(tunnel(port), { url: `ws://${authority}/` });
  await expectEcho(await connect(tunnel(port), { url: `ws://${authority}/` }));
  await bridge.says(
    /#2 127\.0\.0\.1 → ws:\/\/127\.0\.0\.1:\d+\n[^]*#2 ended: 1\d{5} bytes there, 1\d{5} back, \d+\.\d s/,
  );
  bridge.signal("SIGUSR1");
  await bridge.says(/1 open, 2 in all, 0 failed; 1\d{5} bytes there/);
  bridge.signal("SIGTERM");
  await bridge.says(/SIGTERM: closing/);
  await expectEcho(open); // goes on while the bridge drains
  expect(await bridge.ended).toBe(0);
});

test("ws: gives plain WebSockets the bytes of tcp: and unix:, as noVNC expects", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "socket");
  const greet = (): Server => createServer((socket) => socket.on("error", () => {}).end("RFB 003.008\n"));
  const targets = [`tcp:127.0.0.1:${await listening(greet())}`, `unix:${path}`];
  await listening(greet(), path);
  for (const target of targets) {
    const port = await start("bridge", "ws://127.0.0.1:0/", target).port();
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, ["binary"]);
    const data = await new Promise((resolve) => socket.on("message", (bytes) => resolve((bytes as Buffer).toString())));
    expect([data, socket.protocol]).toEqual(["RFB 003.008\n", "binary"]);
  }
});

test("http2: joins WebSockets of HTTP/2 with a server", async () => {
  const bridge = start("bridge", "http2://127.0.0.1:0", `ws://${await upstream()}`);
  const port = await bridge.port();
  const client = connectHTTP2(`http://127.0.0.1:${port}`);
  onTestFinished(() => client.destroy());
  const dial = http2Dial(client);
  const url = new URL(`ws://127.0.0.1:${port}/`);
  await expectEcho(await connect(await dial(url), { url }));
});

test(
  "--max-message limits the messages of each WebSocket, and closes one that is over it with 1009",
  { timeout: 120_000 },
  async () => {
    const to = `ws://${await upstream()}`;
    const overHTTP2 = start("bridge", "http2://127.0.0.1:0", to, "--max-message", "100000");
    const client = connectHTTP2(`http://127.0.0.1:${await overHTTP2.port()}`);
    onTestFinished(() => client.destroy());
    const url = new URL("ws://127.0.0.1/");
    await expectEcho(await connect(await http2Dial(client)(url), { url }));
    const session = await connect(await http2Dial(client)(url), { url });
    await session.send(new Uint8Array(100_001));
    expect(await session.closed).toMatchObject({ closeCode: 1009 });

    const tunnelled = start("bridge", "ws://127.0.0.1:0/", to, "--max-message", "100000");
    const carrier = new WebSocket(`ws://127.0.0.1:${await tunnelled.port()}/`);
    carrier.on("open", () => carrier.send(new Uint8Array(100_001)));
    const [closeCode] = (await once(carrier, "close")) as [number];
    expect(closeCode).toBe(1009);
  },
);

test("webrtc: carries bytes through data channels", async () => {
  const authority = await upstream();
  const bridge = start("bridge", "webrtc:http://127.0.0.1:0/rtc", `tcp:${authority}`);
  const endpoint = (await bridge.says(/webrtc:(http:\/\/127\.0\.0\.1:\d+\/rtc)/))[1]!;
  const dial = webRTCDial(endpoint, { makePeerConnection: () => new Polyfill() as unknown as RTCPeerConnection });
  const url = new URL(`ws://${authority}/`);
  await expectEcho(await connect(await dial(url, [], new AbortController().signal), { url }));
});

test("stdio: carries one connection", async () => {
  const request = "GET /401 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  const { status, stdout, stderr } = await run(["bridge", "stdio:", `tcp:${await upstream()}`], request);
  expect(stdout).toMatch(/^HTTP\/1\.1 401 [^]*nope$/);
  expect(stderr).toMatch(/#1 ended: \d+ bytes there, \d+ back/);
  expect(status).toBe(0);
});

test("an upstream that can't be reached fails that one connection", async () => {
  const bridge = start("bridge", "ws://127.0.0.1:0/tunnel", "tcp:127.0.0.1:1");
  const port = await bridge.port();
  const error = await connect(tunnel(port)).catch((reason: unknown) => reason as WebSocketError);
  expect(error).toMatchObject({ name: "WebSocketError" });
  await bridge.says(/#1 failed, no connection to 127\.0\.0\.1:1: nothing listens there/);
  const alone = await run(["bridge", "stdio:", "tcp:127.0.0.1:1"]);
  expect(alone).toMatchObject({ status: 1, stdout: "" });
});

test("pages of other origins, other paths and more than --max-connections are refused", async () => {
  const bridge = start("bridge", "ws://127.0.0.1:0/tunnel", `ws://${await upstream()}`, "--max-connections", "1");
  const port = await bridge.port();
  const status = (path: string, origin?: string): Promise<unknown> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { ...(origin !== undefined && { origin }) });
      socket.on("unexpected-response", (_, response) => resolve(response.statusCode)).on("open", () => resolve(101));
      socket.on("error", () => {});
      onTestFinished(() => socket.terminate());
    });
  expect(await status("/tunnel", "https://elsewhere.test")).toBe(403);
  expect(await status("/elsewhere")).toBe(400);
  expect(await status("/tunnel")).toBe(101);
  await bridge.says(/#1 /);
  expect(await status("/tunnel")).toBe(503);
});

test("http2: passes on only the headers that --forward names", async () => {
  const http = createHTTPServer();
  const seen: unknown[] = [];
  http.on("upgrade", ({ headers }, socket) => {
    seen.push([headers.cookie, headers.authorization]);
    socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  });
  const port = await listening(http);
  for (const args of [[], ["--forward", "Cookie", "--forward", "Authorization"]]) {
    const bridge = start("bridge", "http2://127.0.0.1:0", `ws://127.0.0.1:${port}`, ...args);
    const client = connectHTTP2(`http://127.0.0.1:${await bridge.port()}`);
    onTestFinished(() => client.destroy());
    const url = new URL("ws://127.0.0.1/");
    const headers = { Cookie: "sid=42", Authorization: "Bearer 1" };
    await connect(await http2Dial(client)(url), { url, headers }).catch(() => undefined);
  }
  expect(seen).toEqual([
    [undefined, undefined],
    ["sid=42", "Bearer 1"],
  ]);
});

test(
  "wrong options, ports in use and files without a certificate end with one line, before anything listens",
  { timeout: 300_000 },
  async () => {
    const taken = await listening(createServer());
    const cases: [args: string[], status: number, message: RegExp][] = [
      [["http2://127.0.0.1:0", "ws://h", "--forward", "Host"], 2, /--forward takes names of headers .*, not Host/],
      [["http2://127.0.0.1:0", "ws://h", "--cert", "README.md"], 2, /--cert and --key belong together/],
      [
        ["http2://127.0.0.1:0", "ws://h", "--cert", "README.md", "--key", "README.md"],
        1,
        /README.md are no certificate/,
      ],
      [["http2://127.0.0.1:0", "ws://h", "--cert", "/no/such", "--key", "x"], 1, /\/no\/such: there is no such file/],
      [["ws://h:1/", "tcp:h:1", "--max-message", "1.5"], 2, /--max-message takes a whole number above 0, not 1\.5/],
      [["ws://h:1/", "tcp:h:1", "--idle", "soon"], 2, /--idle takes a number above 0, not soon/],
      [[`ws://127.0.0.1:${taken}/`, "tcp:h:1"], 1, /another program listens there already/],
      [[`webrtc:http://127.0.0.1:${taken}/`, "tcp:h:1"], 1, /another program listens there already/],
      [["ws://203.0.113.5:0/", "tcp:h:1"], 1, /203\.0\.113\.5.*: this machine has no such address/],
    ];
    for (const [args, status, message] of cases) {
      const ended = await run(["bridge", ...args]);
      expect(ended.stderr).toMatch(oneLine(message));
      expect(ended).toMatchObject({ status, stdout: "" });
    }
  },
);

test("webrtc: refuses a body that is not an offer, and goes on", async () => {
  const bridge = start("bridge", "webrtc:http://127.0.0.1:0/rtc", "tcp:127.0.0.1:1");
  const endpoint = (await bridge.says(/webrtc:(http:\/\/127\.0\.0\.1:\d+\/rtc)/))[1]!;
  const post = async (body: string, type = "application/sdp"): Promise<number> => {
    return (await fetch(endpoint, { method: "POST", body, headers: { "content-type": type } })).status;
  };
  for (const body of ["", "<html>", "v=0\r\n", "v=0\r\n".repeat(100)]) {
    const status = await post(body);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
  }
  expect(await post("v=0", "text/html")).toBe(415);
  expect((await fetch(endpoint.replace("/rtc", "/elsewhere"))).status).toBe(404);
  bridge.signal("SIGTERM");
  expect(await bridge.ended).toBe(0);
});

describe("FROM and TO", () => {
  test("name what there is", () => {
    expect(parseFrom("ws://[::1]:9000/tunnel")).toEqual({ kind: "ws", host: "::1", port: 9000, path: "/tunnel" });
    expect(parseFrom("http2://0.0.0.0")).toMatchObject({ kind: "http2", port: 80 });
    expect(parseFrom("webrtc:http://h:1/rtc")).toMatchObject({ kind: "webrtc", path: "/rtc" });
    expect(parseFrom("stdio:")).toEqual({ kind: "stdio" });
    expect(parseTo("wss://user:secret@h/x")).toMatchObject({ kind: "ws", name: "wss://h" });
    expect(parseTo("tcp:[::1]:5900")).toMatchObject({ kind: "tcp", name: "tcp://[::1]:5900" });
    expect(parseTo("unix:/a/b")).toMatchObject({ kind: "unix", path: "/a/b" });
  });
  test.each(["", "http://h", "ws:", "wss://h:1/", "ws://h:99999", "ws://h/?a", "webrtc:https://h"])(
    "FROM %s is refused",
    (text) => {
      expect(() => parseFrom(text)).toThrow(/^FROM is ws:/);
    },
  );
  test.each(["", "http://h", "tcp:h", "tcp:h:x", "tcp:1", "ws://", "unix:"])("TO %s is refused", (text) => {
    expect(() => parseTo(text)).toThrow(/^TO is ws:/);
  });
});
