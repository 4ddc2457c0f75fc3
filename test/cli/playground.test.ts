/** `websocket-over playground`: the page, and a relay that only the page can use. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer as createTLSServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { parseAddress } from "../../src/cli/relay.ts";
import { connect } from "../../src/stream/index.ts";
import { webSocketProtocol, webSocketTransport } from "../../src/transports/webSocketTransport.ts";
import type { Program } from "../peers/programs.ts";
import { cert, key } from "../support/certificate.ts";
import { oneLine, run, start } from "./command.ts";

interface Served {
  readonly program: Program;
  readonly port: number;
  readonly token: string;
}

async function serve(...args: string[]): Promise<Served> {
  const page = mkdtempSync(join(tmpdir(), "page-"));
  onTestFinished(() => rmSync(page, { recursive: true }));
  writeFileSync(join(page, "index.html"), "<p>the playground");
  const program = start("playground", "--page", page, ...args);
  const [, port, token] = await program.says(/http:\/\/127\.0\.0\.1:(\d+)\/#relay=([\w-]+)\n/);
  return { program, port: Number(port), token: token! };
}

/** An echo server of ws. */
async function echoServer(isSecure = false): Promise<string> {
  const https = isSecure ? createTLSServer({ cert, key }).listen(0, "127.0.0.1") : undefined;
  const server = new WebSocketServer(https === undefined ? { port: 0, host: "127.0.0.1" } : { server: https });
  server.on("connection", (socket) => {
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  const listening = https ?? server;
  await new Promise((resolve) => listening.once("listening", resolve));
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
    https?.close();
  });
  return `127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

/** The status and the body of an answer. */
async function get(port: number, path: string, headers: Record<string, string> = {}): Promise<string> {
  return await new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path, headers }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.on("end", () => resolve(`${response.statusCode} ${body}`));
    });
    asked.on("error", reject).end();
  });
}

interface Asking {
  readonly token?: string;
  readonly to: string;
  readonly tls?: boolean;
  readonly origin?: string | undefined;
  readonly host?: string;
}

/** A WebSocket to the relay, as the page opens it unless something else is asked for. */
function open({ port, token }: Served, { to, tls = false, ...asking }: Asking): WebSocket {
  const query = new URLSearchParams({ token: asking.token ?? token, to, ...(tls && { tls: "" }) });
  const origin = "origin" in asking ? asking.origin : `http://127.0.0.1:${port}`;
  return new WebSocket(`ws://127.0.0.1:${port}/relay?${query.toString()}`, [webSocketProtocol], {
    ...(origin !== undefined && { origin }),
    ...(asking.host !== undefined && { headers: { host: asking.host } }),
  });
}

/** `open`, or the status and the body of the refusal. */
async function outcome(socket: WebSocket): Promise<string> {
  return await new Promise((resolve) => {
    socket.on("open", () => {
      resolve("open");
      socket.terminate();
    });
    socket.on("error", () => {});
    socket.on("unexpected-response", (_, response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.on("end", () => resolve(`${response.statusCode} ${body}`));
    });
  });
}

test("serves the page, and a relay to a server whose bytes the page then speaks itself", async () => {
  const to = await echoServer();
  const served = await serve("--to", to);
  const { port, token, program } = served;
  expect(await get(port, "/")).toBe("200 <p>the playground");
  expect(await get(port, `/relay?token=${token}`)).toBe(`200 ${JSON.stringify({ to: [to] })}`);
  const session = await connect(webSocketTransport(open(served, { to })), { url: `ws://${to}/chat` });
  await session.send("through the relay");
  expect(await session.receive()).toBe("through the relay");
  await program.says(new RegExp(`#1 ws://${to} …`));
  await session.close();
  await program.says(new RegExp(`#1 ws://${to} ended`));
});

test("wss: URLs pass over TLS, whose certificate is checked", async () => {
  const to = await echoServer(true);
  const strict = await serve("--to", to);
  const socket = open(strict, { to, tls: true });
  const closed = new Promise((resolve) => socket.on("close", (_, reason) => resolve(reason.toString())));
  await strict.program.says(/failed: .*certificate/);
  socket.close();
  await closed;

  const file = join(mkdtempSync(join(tmpdir(), "ca-")), "ca.pem");
  onTestFinished(() => rmSync(join(file, ".."), { recursive: true }));
  writeFileSync(file, cert);
  const trusting = await serve("--to", to, "--ca", file);
  const session = await connect(webSocketTransport(open(trusting, { to, tls: true })), { url: `wss://${to}/` });
  await session.send("hello");
  expect(await session.receive()).toBe("hello");
  await session.close();
});

test("a server that is not there fails the page's transport with the reason", async () => {
  const served = await serve("--to", "127.0.0.1:1");
  const transport = webSocketTransport(open(served, { to: "127.0.0.1:1" }));
  await expect(transport.readable.getReader().read()).rejects.toThrow(/no connection to 127\.0\.0\.1:1/);
});

/** The browser then sends the same name as `Origin` and as `Host`. */
const rebound = ({ port }: Served, to: string): Asking => ({
  to,
  host: `evil.example:${port}`,
  origin: `http://evil.example:${port}`,
});

test("no other page can use the relay, nor read its addresses or the page's files", async () => {
  const to = await echoServer();
  const served = await serve("--to", to);
  const { port, token } = served;
  for (const [name, asking, refusal] of [
    ["with a wrong token", { to, token: "wrong" }, /^403 the token is wrong/],
    ["without a token", { to, token: "" }, /^403 the token is wrong/],
    ["of another origin", { to, origin: "https://evil.example" }, /^403 this page may not/],
    ["of another port of this machine", { to, origin: "http://127.0.0.1:1" }, /^403 this page may not/],
    ["of an opaque origin, such as a file", { to, origin: "null" }, /^403 this page may not/],
    ["without an origin", { to, origin: undefined }, /^403 this page may not/],
    ["under a name that was pointed at this machine", rebound(served, to), /^403 this name is not served here/],
    ["to an address that was not named", { to: "127.0.0.1:22" }, /^403 the relay does not lead there/],
    ["to no address", { to: "" }, /^403 the relay does not lead there/],
    ["to an address in other words", { to: to.replace("127.0.0.1", "0x7f.1") }, /^403 the relay does not lead there/],
  ] as const satisfies readonly (readonly [string, Asking, RegExp])[]) {
    expect(await outcome(open(served, asking)), name).toMatch(refusal);
  }
  expect(await outcome(open(served, { to }))).toBe("open");

  expect(await get(port, "/", { host: `evil.example:${port}` })).toMatch(/^403 this name is not served here/);
  expect(await get(port, "/", { host: `localhost:${port}` })).toMatch(/^200 /);
  expect(await get(port, "/relay")).toMatch(/^403 the token is wrong/);
  const path = `/relay?token=${token}`;
  expect(await get(port, path, { origin: "https://evil.example" })).toMatch(/^403 this page may not/);
  expect(await get(port, path, { host: `evil.example:${port}` })).toMatch(/^403 this name is not served here/);
});

test("without --to the relay leads nowhere, and each start has another token", { timeout: 60_000 }, async () => {
  const [one, other] = [await serve(), await serve()];
  expect(one.token).toMatch(/^[\w-]{43}$/);
  expect(other.token).not.toBe(one.token);
  expect(await get(one.port, `/relay?token=${one.token}`)).toBe('200 {"to":[]}');
  expect(await outcome(open(one, { to: "127.0.0.1:80" }))).toMatch(/^403 the relay does not lead there/);
});

test.each(["SIGTERM", "SIGINT"] as const)("%s ends the open connections, then the command", async (name) => {
  const to = await echoServer();
  const served = await serve("--to", to);
  const session = await connect(webSocketTransport(open(served, { to })), { url: `ws://${to}/` });
  served.program.signal(name);
  expect(await served.program.ended).toBe(0);
  await expect(session.closed).rejects.toThrow();
});

test("says in one line what is wrong with its arguments", { timeout: 120_000 }, async () => {
  for (const [args, message] of [
    [["--to", "nowhere"], /--to takes HOST:PORT, such as 127\.0\.0\.1:8080, not nowhere/],
    [["--to", "ws://h:80"], /--to takes HOST:PORT/],
    [["--to", "me@h:80"], /--to takes HOST:PORT/],
    [["--port", "70000"], /a port is a number/],
    [["--page", "/none"], /--page takes a folder, not \/none/],
    [["extra"], /usage: websocket-over playground/],
  ] as const) {
    const { status, stderr } = await run(["playground", ...args]);
    expect(stderr).toMatch(oneLine(message));
    expect(status).toBe(2);
  }
  const { status, stderr } = await run(["playground", "--page", tmpdir(), "--ca", "/none"]);
  expect(stderr).toMatch(oneLine(/\/none: there is no such file/));
  expect(status).toBe(1);
});

test("addresses are compared as URLs write them", () => {
  expect(parseAddress("LOCALHOST:80")).toBe("localhost:80");
  expect(parseAddress("[0:0::1]:9000")).toBe("[::1]:9000");
});
