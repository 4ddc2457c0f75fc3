/** `websocket-over serve`: echoes, prints, and serves files. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { oneLine, run, start } from "./command.ts";

/** The status and the body of an answer. The path goes out as it is. */
async function get(port: number, path: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.on("end", () => resolve(`${response.statusCode} ${response.headers["content-type"]} ${body}`));
    });
    asked.on("error", reject).end();
  });
}

async function closing(socket: WebSocket): Promise<unknown> {
  return await new Promise((resolve) => {
    socket.on("close", resolve);
    socket.on("unexpected-response", (_, response) => resolve(response.statusCode));
    socket.on("error", () => {});
  });
}

/** The status of the answer to a WebSocket request for a target that goes out as it is. */
async function statusOf(port: number, target: string): Promise<number | undefined> {
  const headers = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  };
  return await new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path: target, headers });
    asked.on("response", (response) => resolve(response.resume().statusCode));
    asked.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve(response.statusCode);
    });
    asked.on("error", reject).end();
  });
}

test("echoes messages, prints them, and ends in order", async () => {
  const server = start("serve", "0");
  const port = await server.port();
  expect(await get(port, "/")).toMatch(/^426 /);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`, ["v1"], { origin: `http://127.0.0.1:${port}` });
  const answer = new Promise((resolve) =>
    socket.on("message", (data, isBinary) => resolve([(data as Buffer).toString(), isBinary])),
  );
  socket.on("open", () => socket.send("hello"));
  expect(await answer).toEqual(["hello", false]);
  expect(socket.protocol).toBe("v1");
  await server.says(/#1 asks for \/chat from http:\/\/127\.0\.0\.1:\d+, offers v1\n#1 text hello\n/);
  const closed = closing(socket);
  server.signal("SIGTERM");
  expect(await closed).toBe(1001);
  expect(await server.ended).toBe(0);
});

test("refuses with the status that the path names, closes with the code of the query, and keeps foreign pages out", async () => {
  const server = start("serve", "0");
  const port = await server.port();
  const url = `ws://127.0.0.1:${port}`;
  expect(await closing(new WebSocket(`${url}/401`))).toBe(401);
  expect(await closing(new WebSocket(`${url}/401?x`))).toBe(401);
  expect(await statusOf(port, "http://example.com/401")).toBe(401); // RFC 9112 §3.2.2
  expect(await closing(new WebSocket(`${url}/?close=4321`))).toBe(4321);
  expect(await closing(new WebSocket(url, { origin: "https://elsewhere.test" }))).toBe(403);
  const inUse = await run(["serve", String(port)]);
  expect(inUse.status).toBe(1);
  expect(inUse.stderr).toMatch(oneLine(/127\.0\.0\.1:\d+: another program listens there already/));
});

test("--static serves the files of a folder, and nothing outside", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const root = join(folder, "public");
  mkdirSync(join(root, "sub"), { recursive: true });
  writeFileSync(join(folder, "secret.txt"), "secret");
  writeFileSync(join(root, "index.html"), "<p>page");
  writeFileSync(join(root, "sub/ä b.js"), "1");
  symlinkSync(join(folder, "secret.txt"), join(root, "link.txt"));
  const server = start("serve", "0", "--static", root);
  const port = await server.port();
  expect(await get(port, "/?x")).toBe("200 text/html; charset=utf-8 <p>page");
  expect(await get(port, "/sub/%C3%A4%20b.js")).toBe("200 text/javascript; charset=utf-8 1");
  for (const path of ["/none", "/sub", "/../secret.txt", "/..%2fsecret.txt", "/link.txt", "/%ff", "/a%00b", "//"]) {
    expect(await get(port, path), path).toMatch(/^(404 .*there is no such file|200 .*<p>page)/s);
    expect(await get(port, path), path).not.toContain("secret");
  }
});

test("says in one line what is wrong with its arguments", async () => {
  for (const [args, message] of [
    [["serve", "http"], /a port is a number/],
    [["serve", "70000"], /a port is a number/],
    [["serve", "0", "--static", "/no/such"], /--static takes a folder/],
  ] as const) {
    const { status, stderr } = await run(args);
    expect(stderr).toMatch(oneLine(message));
    expect(status).toBe(2);
  }
});
