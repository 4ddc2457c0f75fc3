/** `websocket-over connect`, against ws and against servers that misbehave. */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createHTTPServer, type IncomingMessage } from "node:http";
import { createServer as createHTTPSServer } from "node:https";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocketServer, type ServerOptions, type WebSocket } from "ws";
import { decode, fromHAR, fromPcap, messagesOf, replay, type Vector } from "../../src/inspect/index.ts";
import { cert, key } from "../support/certificate.ts";
import { oneLine, run, start } from "./command.ts";

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** A server of ws. It echoes, unless the test says otherwise. */
async function serve(
  options: ServerOptions = {},
  connected: (socket: WebSocket, request: IncomingMessage) => void = (socket) =>
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })),
): Promise<string> {
  const http = createHTTPServer();
  const server = new WebSocketServer({ ...options, server: http });
  server.on("connection", connected);
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return `ws://127.0.0.1:${await listening(http)}/`;
}

function scratch(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), "cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, name);
}

describe("pipes", () => {
  test("echo hi | connect --once prints the answer alone, and what happened on standard error", async () => {
    const { status, stdout, stderr } = await run(["connect", await serve(), "--once"], "hi\n");
    expect({ status, stdout }).toEqual({ status: 0, stdout: "hi\n" });
    expect(stderr).toBe("connected\nclosed by this side: 1000\n");
  });
  test("every line is a message, slashes too, and the end of the input closes", async () => {
    const program = start("connect", await serve());
    program.write("a\n/close\n\nüñ\n");
    await program.says(/üñ/);
    program.end();
    expect(await program.ended).toBe(0);
    expect(program.said.stdout).toBe("a\n/close\n\nüñ\n");
  });
  test("--wait leaves the connection open behind the end of the input", async () => {
    const url = await serve({}, (socket) =>
      socket.on("message", () => {
        setTimeout(() => {
          socket.send("late");
          socket.close(1000);
        }, 500);
      }),
    );
    const { status, stdout } = await run(["connect", url, "--wait", "3600"], "a\n");
    expect({ status, stdout }).toEqual({ status: 0, stdout: "late\n" });
  });
  test("--binary passes all of the input as one message, and the answer as it is", async () => {
    const sent = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * i) >> 3);
    let hash = "";
    const url = await serve({ maxPayload: 10_000_000 }, (socket) =>
      socket.on("message", (data: Buffer) => {
        hash = createHash("sha256").update(data).digest("hex");
        socket.send(Buffer.from(hash));
      }),
    );
    const { status, stdout } = await run(["connect", url, "--binary", "--once"], sent);
    expect(hash).toBe(createHash("sha256").update(sent).digest("hex"));
    expect({ status, stdout }).toEqual({ status: 0, stdout: hash });
  });
  test("without --binary bytes are shown as hexadecimal", async () => {
    const url = await serve({}, (socket) => socket.send(Buffer.from([1, 2, 255])));
    expect(await run(["connect", url, "--once"])).toMatchObject({ status: 0, stdout: "< 3 bytes: 01 02 ff\n" });
  });
});

describe("the request", () => {
  test("has the subprotocols, headers, origin and the offer of compression that were asked for", async () => {
    let seen: IncomingMessage["headers"] = {};
    const url = await serve({ perMessageDeflate: true }, (socket, { headers }) => {
      seen = headers;
      socket.close(1000);
    });
    const options = ["-s", "v2", "-s", "v1", "-H", "Cookie: a=b", "-H", "X-Y:z", "--origin", "https://a.test", "-c"];
    const { status, stderr } = await run(["connect", url, ...options]);
    expect(seen).toMatchObject({ cookie: "a=b", "x-y": "z", origin: "https://a.test" });
    expect(seen["sec-websocket-protocol"]).toBe("v2, v1");
    expect(stderr).toContain("connected, v2, permessage-deflate");
    expect(status).toBe(0);
  });
  test("may leave the scheme out of the URL", async () => {
    const { host } = new URL(await serve());
    expect(await run(["connect", host, "--once"], "hi\n")).toMatchObject({ status: 0, stdout: "hi\n" });
  });
});

describe("commands, with --slash", () => {
  test("/ping tells the round trip, // sends a slash, and /close has a code and a reason", async () => {
    let closed: unknown[] = [];
    const url = await serve({}, (socket) => {
      socket.on("message", (data) => socket.send(data, { binary: false }));
      socket.on("close", (code, reason) => (closed = [code, reason.toString()]));
    });
    const program = start("connect", url, "--slash");
    program.write("/ping\n//tmp\n/what\n/close 1 x\n");
    await program.says(/pong after \d+\.\d ms/);
    await program.says(/^\/tmp$/m);
    await program.says(/error: there is no command \/what/);
    await program.says(/error: .*close code/i);
    program.write("/close 4000 bye\n");
    expect(await program.ended).toBe(0);
    expect(closed).toEqual([4000, "bye"]);
    expect(program.said.stderr).toContain('closed by this side: 4000, "bye"');
  });
});

describe("--frames and --save", () => {
  test("explains every frame with its bits in words", async () => {
    const { stderr } = await run(["connect", await serve(), "--once", "--frames"], "hi\n");
    expect(stderr).toContain('client → server  text, 2 bytes: "hi"');
    expect(stderr).toMatch(/^ {2}MASK +1 +The payload is masked/m);
    expect(stderr).toMatch(/^ {4}Close code +1000 /m);
    expect(stderr).not.toContain("\x1b");
  });
  test.each([".har", ".pcapng", ".json"])("keeps the conversation in a file named %s", async (extension) => {
    const file = scratch(`trace${extension}`);
    expect(await run(["connect", await serve(), "--once", "--save", file], "hi\n")).toMatchObject({ status: 0 });
    const bytes = readFileSync(file);
    if (extension === ".json") {
      expect(replay(JSON.parse(bytes.toString()) as Vector).differences).toEqual([]);
      return;
    }
    const [connection] = extension === ".har" ? fromHAR(JSON.parse(bytes.toString()) as object) : fromPcap(bytes);
    const records = decode(connection!.streams);
    const texts = messagesOf(records).map(({ sender, opcode }) => `${sender} ${opcode}`);
    expect(texts.sort()).toEqual(["client 1", "client 8", "server 1", "server 8"]);
  });
  test("fails before anything is sent if the file can't be written", async () => {
    const wrong = await run(["connect", "ws://127.0.0.1:1", "--save", "x.txt"]);
    expect(wrong).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(oneLine(/\.har, \.pcapng, \.json/)) as string,
    });
    const nowhere = await run(["connect", "ws://127.0.0.1:1", "--save", "/no/such/folder/x.har"]);
    expect(nowhere).toMatchObject({ status: 1, stderr: expect.stringMatching(oneLine(/no such file/)) as string });
  });
});

describe("the end", () => {
  test("by the server tells code and reason, and fails unless they are usual", async () => {
    const url = await serve({}, (socket, { url }) => socket.close(Number(url!.slice(1)), "why"));
    const usual = await run(["connect", `${url}1001`]);
    expect(usual).toMatchObject({ status: 0, stderr: 'connected\nclosed by the server: 1001, "why"\n' });
    expect(await run(["connect", `${url}4999`])).toMatchObject({ status: 1 });
    const early = await run(["connect", `${url}1000`, "--once"]);
    expect(early.stderr).toMatch(/error: the connection closed before a message came\n$/);
    expect(early.status).toBe(1);
  });
  test("by the server shows no control characters of a reason or message", async () => {
    const url = await serve({}, (socket) => socket.close(1000, "\x1b[2Jgone"));
    expect((await run(["connect", url])).stderr).toContain('1000, "\\x1b[2Jgone"');
  });
  test.each(["SIGINT", "SIGTERM"] as const)("by %s is in order: the server gets a Close", async (signal) => {
    let told!: (code: number) => void;
    const code = new Promise<number>((resolve) => (told = resolve));
    const program = start("connect", await serve({}, (socket) => socket.on("close", told)));
    await program.says(/connected/);
    program.signal(signal);
    expect(await program.ended).toBe(0);
    expect(await code).toBe(1000);
  });
  test("by a second signal is at once, if the server does not close", async () => {
    const url = await serve({}, (socket) => socket.pause());
    const program = start("connect", url);
    await program.says(/connected/);
    program.signal("SIGINT");
    await program.says(/SIGINT: closing/);
    program.signal("SIGINT");
    expect(await program.ended).toBe(130);
  });
});

describe("what goes wrong is one line and a status", () => {
  const failing = async (url: string, ...more: string[]): Promise<string> => {
    const { status, stdout, stderr } = await run(["connect", url, ...more]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(oneLine(/./));
    return stderr;
  };
  test("nothing listens, or the name is unknown", async () => {
    expect(await failing("ws://127.0.0.1:1")).toContain("nothing listens there");
    expect(await failing("ws://nowhere.invalid")).toContain("its name has no address");
  });
  test("a refusal, with what its body says", async () => {
    const http = createHTTPServer((_, response) =>
      response.writeHead(401, { "content-type": "text/plain" }).end("no\nway"),
    );
    const url = `ws://127.0.0.1:${await listening(http)}/`;
    expect(await failing(url)).toBe("error: the server refused the connection: 401 Unauthorized: no way\n");
  });
  test("a web page in place of a WebSocket", async () => {
    const page = "<!doctype html><title>Hello</title><p>…";
    const http = createHTTPServer((_, response) => response.setHeader("content-type", "text/html").end(page));
    expect(await failing(`ws://127.0.0.1:${await listening(http)}/`)).toContain(
      '200 OK: it answers with a web page, "Hello"',
    );
  });
  test("a server that does not speak HTTP, one that resets, and one that never answers", async () => {
    const ssh = createServer((socket) => socket.on("error", () => {}).write("SSH-2.0-OpenSSH_9\r\n"));
    expect(await failing(`ws://127.0.0.1:${await listening(ssh)}/`)).toContain("the connection failed");
    const rude = createServer((socket) => socket.resetAndDestroy());
    await failing(`ws://127.0.0.1:${await listening(rude)}/`);
    const silent = createServer((socket) => socket.on("error", () => {}));
    expect(await failing(`ws://127.0.0.1:${await listening(silent)}/`, "--timeout", "0.5")).toMatch(/500 ?ms/);
  });
  test("TLS that is not trusted, or is none; --ca and --insecure trust it", async () => {
    const https = createHTTPSServer({ cert, key });
    new WebSocketServer({ server: https }).on("connection", (socket) => socket.send("safe"));
    const port = await listening(https);
    expect(await failing(`wss://127.0.0.1:${port}`)).toContain("is not trusted");
    expect(await failing(`wss://127.0.0.1:${port}`, "--ca", "README.md")).toContain(
      "README.md: there is no certificate",
    );
    expect(await run(["connect", `wss://127.0.0.1:${port}`, "--insecure", "-1"])).toMatchObject({ stdout: "safe\n" });
    const plain = new URL(await serve());
    expect(await failing(`wss://${plain.host}`)).toContain("is it a TLS server?");
  });
  test("wrong arguments have the status 2", async () => {
    const wrong: [string[], RegExp][] = [
      [["connect"], /usage: websocket-over connect/],
      [["connect", "a", "b"], /usage: websocket-over connect/],
      [["connect", "ftp://host/"], /ftp:\/\/host\/: .*scheme/],
      [["connect", "ws://h/#x"], /fragment/],
      [["connect", "h", "--header", "none"], /--header takes 'NAME: VALUE'/],
      [["connect", "h", "--header", "Host: other"], /the handshake sets host/],
      [["connect", "h", "--subprotocol", "a,b"], /subprotocol 1 is not a token/],
      [["connect", "h", "-s", "a", "-s", "a"], /subprotocol 2 is a duplicate/],
      [["connect", "h", "--timeout", "soon"], /--timeout takes seconds/],
      [
        ["connect", "h", "--proxy", "nonsense"],
        /--proxy takes http:\/\/HOST:PORT or https:\/\/HOST:PORT, not nonsense/,
      ],
      [["connect", "h", "--bogus"], /--bogus/],
      [["conect", "h"], /there is no verb conect: it is one of connect, serve, bridge, inspect/],
    ];
    for (const [args, message] of wrong) {
      const { status, stderr } = await run(args);
      expect(stderr).toMatch(oneLine(message));
      expect(status).toBe(2);
    }
  });
});

test("help is on standard output: of the whole, and of each verb", async () => {
  const whole = await run(["--help"]);
  expect(whole.status).toBe(0);
  for (const verb of ["connect", "serve", "bridge", "inspect", "playground"]) {
    expect(whole.stdout).toContain(`  ${verb} `);
    const { status, stdout, stderr } = await run([verb, "--help"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain(`Usage: websocket-over ${verb}`);
    expect(stdout).toContain("--help");
  }
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  expect(await run(["--version"])).toMatchObject({ status: 0, stdout: `${version}\n` });
  expect(await run([])).toMatchObject({ status: 2 });
});
