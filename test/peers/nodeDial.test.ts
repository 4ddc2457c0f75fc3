/** `dial` with other servers and proxies: ws, TLS with a test authority, tinyproxy, and broken ones. */
import { spawnSync } from "node:child_process";
import { getEventListeners, once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { connect as connectTCP, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { WebSocketServer } from "ws";
import { connect, type WebSocketError } from "../../src/stream/index.ts";
import { dial, DialError, type DialErrorCode, type DialOptions } from "../../src/transports/node.ts";
import { createWebSocketClass } from "../../src/websocket/index.ts";
import { makeAuthority, type Authority } from "../support/authority.ts";
import { Program } from "./programs.ts";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
  // Whatever a test did, both ends of everything are gone.
  await vi.waitFor(() => expect(openSockets()).toBe(0), 5000);
});

/** The sockets of this process, those of servers aside. */
function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => /^(TCP|Pipe|TLS)(Socket)?Wrap$/.test(name)).length - pipes;
}
// Vitest's own.
const pipes = process.getActiveResourcesInfo().filter((name) => /^(TCP|Pipe|TLS)(Socket)?Wrap$/.test(name)).length;

let authority: Authority;
let local: { cert: string; key: string };
beforeAll(async () => {
  authority = await makeAuthority();
  local = await authority.issue(["localhost", "127.0.0.1", "::1"]);
});

async function start(server: Server, host = "127.0.0.1"): Promise<number> {
  const sockets = new Set<Socket>();
  for (const event of ["connection", "secureConnection"]) {
    server.on(event, (socket: Socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket)).on("error", () => {});
    });
  }
  server.listen(0, host);
  await once(server, "listening");
  cleanUp.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** An echo server of ws, and what its clients asked for. */
async function startWs(http: Server, host?: string): Promise<{ port: number; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const server = new WebSocketServer({ server: http as never, handleProtocols: (offered) => [...offered][0] ?? false });
  server.on("connection", (socket, request) => {
    requests.push(request);
    socket.on("message", (data, binary) => socket.send(data as Buffer, { binary }));
  });
  return { port: await start(http, host), requests };
}

async function expectEcho(url: string, options?: DialOptions): Promise<void> {
  const session = await connect(await dial(url, options), { url, protocols: ["chat"] });
  expect(session.protocol).toBe("chat");
  const long = new Uint8Array(3_000_000).map((_, i) => i % 251);
  for (const message of ["héllo", long]) {
    void session.send(message);
    const echoed = await session.receive();
    if (typeof message === "string") expect(echoed).toBe(message);
    else expect(Buffer.compare(echoed as Uint8Array, message)).toBe(0);
  }
  expect(await session.close({ closeCode: 4000, reason: "bye" })).toMatchObject({ closeCode: 4000, reason: "bye" });
}

async function failureOf(dialled: Promise<unknown>): Promise<DialError> {
  const error = await dialled.then(
    () => new Error("it did not fail"),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DialError);
  return error as DialError;
}

async function expectFailure(dialled: Promise<unknown>, code: DialErrorCode, message: RegExp): Promise<void> {
  const error = await failureOf(dialled);
  expect(error.message).toMatch(message);
  expect(error.code).toBe(code);
}

describe("ws:", () => {
  test("reaches a server over TCP, which sees host and target", async () => {
    const { port, requests } = await startWs(createHttpServer());
    await expectEcho(`ws://127.0.0.1:${port}/chat?room=1`);
    expect(requests[0]!.url).toBe("/chat?room=1");
    expect(requests[0]!.headers.host).toBe(`127.0.0.1:${port}`);
  });
  test("reaches an IPv6 address", async () => {
    const { port } = await startWs(createHttpServer(), "::1");
    await expectEcho(`ws://[::1]:${port}/`);
  });
  test("accepts http: for the same", async () => {
    const { port } = await startWs(createHttpServer());
    await expectEcho(`http://127.0.0.1:${port}/`);
  });
  test.each([
    ["ws://host.test/", 80],
    ["wss://host.test/", 443],
    ["http://host.test/", 80],
    ["https://host.test/", 443],
    ["ws://host.test:8080/", 8080],
  ])("and similar schemes have default ports: %s", async (url, port) => {
    const lookup = vi.fn((_host: string, _options: object, callback: (error: Error) => void) =>
      callback(Object.assign(new Error("no"), { code: "ENOTFOUND" })),
    );
    const error = await failureOf(dial(url, { net: { lookup } }));
    expect(lookup.mock.calls[0]![0]).toBe("host.test");
    expect(error.code).toBe("notFound");
    expect(error.message).toBe(
      `no connection to host.test:${port}: its name has no address; check the host of the URL`,
    );
  });
  test("takes Node's options, as the path of a Unix domain socket", async () => {
    const path = join(tmpdir(), `${crypto.randomUUID()}.sock`);
    const http = createHttpServer();
    const server = new WebSocketServer({ server: http });
    server.on("connection", (socket) => socket.send("by path"));
    http.listen(path);
    await once(http, "listening");
    cleanUp.push(() => http.close());
    const session = await connect(await dial("ws://localhost/", { net: { path } }));
    expect(await session.receive()).toBe("by path");
    await session.close();
  });
});

describe("wss:", () => {
  test("checks the certificate, sends the server's name, and agrees on http/1.1", async () => {
    const https = createHttpsServer({ ...local, ALPNProtocols: ["h2", "http/1.1"] });
    const { port } = await startWs(https);
    const names: unknown[] = [];
    https.on("secureConnection", ({ servername, alpnProtocol }: TLSSocket) => names.push(servername, alpnProtocol));
    await expectEcho(`wss://localhost:${port}/`, { tls: { ca: authority.ca } });
    expect(names).toEqual(["localhost", "http/1.1"]);
  });
  test.each(["127.0.0.1", "[::1]"])(
    "checks an address against the certificate, and sends no server name: %s",
    async (host) => {
      const https = createHttpsServer(local);
      const { port } = await startWs(https, host.replace(/[[\]]/g, ""));
      const names: unknown[] = [];
      https.on("secureConnection", ({ servername }: TLSSocket) => names.push(servername));
      await expectEcho(`wss://${host}:${port}/`, { tls: { ca: authority.ca } });
      expect(names).toEqual([false]);
    },
  );
  test("refuses an unknown authority, with advice", async () => {
    const { port } = await startWs(createHttpsServer(local));
    await expectFailure(dial(`wss://localhost:${port}/`), "certificate", /UNABLE_TO_VERIFY_LEAF_SIGNATURE.*tls\.ca/);
  });
  test.each([
    ["another name", ["other.example"], {}, /ERR_TLS_CERT_ALTNAME_INVALID\): it is for another host/],
    [
      "a time that is over",
      ["localhost"],
      { expired: true },
      /CERT_HAS_EXPIRED\): the server needs one that is valid now/,
    ],
  ])("does not trust a certificate for %s", async (_, names, options, message) => {
    const { port } = await startWs(createHttpsServer(await authority.issue(names, options)));
    const dialled = dial(`wss://localhost:${port}/`, { tls: { ca: authority.ca } });
    await expectFailure(dialled, "certificate", message);
  });
  test("reports a server without TLS", async () => {
    const { port } = await startWs(createHttpServer());
    await expectFailure(dial(`wss://127.0.0.1:${port}/`), "tls", /is it a TLS server\? For one without TLS use ws:/);
  });
  test("reports a server that hangs up", async () => {
    const port = await start(createServer((socket) => socket.once("data", () => socket.destroy())));
    await expectFailure(dial(`wss://127.0.0.1:${port}/`), "closed", /hung up during the TLS handshake/);
  });
  test("reports a server that speaks only HTTP/2", async () => {
    const port = await start(createTlsServer({ ...local, ALPNProtocols: ["h2"] }));
    await expectFailure(dial(`wss://localhost:${port}/`, { tls: { ca: authority.ca } }), "tls", /TLS handshake/);
  });
});

describe("an unreachable server", () => {
  test("is reported with host and port, and nothing else of the URL", async () => {
    const server = createServer();
    const port = await start(server);
    server.close();
    const error = await failureOf(dial(`ws://user:secret@127.0.0.1:${port}/path?token=secret`));
    expect(error.code).toBe("refused");
    expect(error.message).toBe(
      `no connection to 127.0.0.1:${port}: nothing listens there; check the port of the URL, and that the server runs`,
    );
  });
  test.each([
    [
      "not a URL",
      "dial() takes the URL of a server, ws:// or wss:// or http:// or https://, which has a host, not a string",
    ],
    [
      "ftp://user:s3cret@127.0.0.1/",
      "dial() takes the URL of a server, ws:// or wss:// or http:// or https://, not one with the scheme ftp://",
    ],
  ])("is reported for an invalid URL: %s", async (url, message) => {
    await expect(dial(url)).rejects.toThrow(new TypeError(message));
  });
  test.each([0, -1, NaN])("timeoutMs can't be %s", async (timeoutMs) => {
    await expect(dial("ws://127.0.0.1/", { timeoutMs })).rejects.toThrow(RangeError);
  });
  test("is abandoned in time", async () => {
    const port = await start(createServer()); // takes the connection, and says nothing
    const dialled = dial(`wss://127.0.0.1:${port}/`, { timeoutMs: 50 });
    await expectFailure(
      dialled,
      "timedOut",
      /^no connection to 127\.0\.0\.1:(\d+) in 50 ms: 127\.0\.0\.1:\1 did not end the TLS handshake; see the option timeoutMs$/,
    );
  });
  test("is given up in time before there is a connection", async () => {
    const lookup = (): void => undefined; // finds nothing, and does not say so
    const dialled = dial("ws://server.test/", { timeoutMs: 50, net: { lookup } });
    await expectFailure(dialled, "timedOut", /in 50 ms: no TCP connection to server\.test:80; see/);
  });
});

/** A proxy that does what CONNECT asks for, in Node code: its clients' heads, and what it says. */
async function startProxy(
  answer = "HTTP/1.1 200 Connection established\r\n\r\n",
  make: (take: (socket: Socket) => void) => Server = createServer,
): Promise<{ port: number; heads: string[] }> {
  const heads: string[] = [];
  const proxy = make((near) => {
    near.on("error", () => {});
    near.once("data", (chunk) => {
      const head = chunk.toString("latin1");
      heads.push(head);
      const [, host = "", port = ""] = /^CONNECT (.*):(\d+) HTTP\/1\.1\r\n/.exec(head) ?? [];
      const far = connectTCP(Number(port), host.replace(/[[\]]/g, ""), () => near.write(answer, "latin1"));
      far.on("error", () => near.destroy());
      near.on("close", () => far.destroy());
      far.on("close", () => near.destroy());
      near.pipe(far).pipe(near);
    });
  });
  return { port: await start(proxy), heads };
}

/** A proxy that answers with these bytes, whatever it is asked, and then does nothing or hangs up. */
async function startBrokenProxy(answer: string, then: "wait" | "close" = "wait"): Promise<string> {
  const proxy = createServer((socket) =>
    socket.once("data", () => (then === "wait" ? socket.write(answer, "latin1") : socket.end(answer, "latin1"))),
  );
  return `http://127.0.0.1:${await start(proxy)}`;
}

describe("through a proxy", () => {
  test.each([
    ["ws", "127.0.0.1"],
    ["wss", "127.0.0.1"],
    ["ws", "[::1]"],
    ["wss", "localhost"],
  ])("%s: reaches a server at %s by CONNECT", async (scheme, host) => {
    const http = scheme === "ws" ? createHttpServer() : createHttpsServer(local);
    const { port } = await startWs(http, host === "[::1]" ? "::1" : "127.0.0.1");
    const proxy = await startProxy();
    await expectEcho(`${scheme}://${host}:${port}/`, {
      proxy: `http://127.0.0.1:${proxy.port}`,
      tls: { ca: authority.ca },
      net: { family: 4 },
    });
    expect(proxy.heads).toEqual([`CONNECT ${host}:${port} HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`]);
  });
  test.each(["ws", "wss"])("%s: over TLS to the proxy itself", async (scheme) => {
    const { port } = await startWs(scheme === "ws" ? createHttpServer() : createHttpsServer(local));
    const proxy = await startProxy(undefined, (take) => createTlsServer(local, take));
    const own = { tls: { ca: authority.ca }, proxyTLS: { ca: authority.ca } };
    await expectEcho(`${scheme}://localhost:${port}/`, { proxy: new URL(`https://localhost:${proxy.port}`), ...own });
  });
  test("with user and password, which are decoded to bytes", async () => {
    const { port } = await startWs(createHttpServer());
    const proxy = await startProxy();
    await expectEcho(`ws://127.0.0.1:${port}/`, { proxy: `http://tunnel:s%C3%A9cret%3A@127.0.0.1:${proxy.port}` });
    const credentials = Buffer.from("tunnel:sécret:").toString("base64");
    expect(proxy.heads[0]).toContain(`\r\nProxy-Authorization: Basic ${credentials}\r\n`);
  });
  test.each(["ws", "wss"])("%s: keeps bytes that arrive with the head of its answer", async (scheme) => {
    const http = scheme === "ws" ? createServer : (take: (socket: Socket) => void) => createTlsServer(local, take);
    const port = await start(http((socket) => socket.write("behind")));
    // The server's first bytes come in one chunk with the head, after an answer that does not count.
    const proxy = createServer((near) => {
      near.on("error", () => {});
      near.once("data", () => {
        const far = connectTCP(port, "127.0.0.1");
        const head = "HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\nHTTP/1.0 200 OK\r\nVia: test\r\n\r\n";
        if (scheme === "ws") far.once("data", (chunk) => near.write(Buffer.concat([Buffer.from(head), chunk])));
        else near.write(head);
        near.pipe(far);
        if (scheme === "wss") far.pipe(near);
        near.on("close", () => far.destroy());
      });
    });
    const proxyURL = `http://127.0.0.1:${await start(proxy)}`;
    const transport = await dial(`${scheme}://localhost:${port}/`, { proxy: proxyURL, tls: { ca: authority.ca } });
    const { value } = await transport.readable.getReader().read();
    expect(Buffer.from(value!).toString()).toBe("behind");
    transport.close!();
  });
  test.each<[name: string, answer: string, then: "wait" | "close", code: DialErrorCode, message: RegExp]>([
    [
      "407",
      "HTTP/1.1 407 Authenticate\r\n\r\n",
      "wait",
      "proxyCredentials",
      /valid user and password.*http:\/\/user:pass/,
    ],
    ["403", "HTTP/1.1 403 Forbidden\r\n\r\nno", "close", "proxyRefused", /does not connect to .*\(403\): see which/],
    ["502", "HTTP/1.1 502 Bad Gateway\r\n\r\n", "wait", "proxyRefused", /does not connect to .*\(502\): see the/],
    ["nothing, and hangs up", "", "close", "closed", /hung up before it answered/],
    ["half a head, and hangs up", "HTTP/1.1 200 OK\r\nVia", "close", "closed", /hung up before it answered/],
    ["no HTTP", "SSH-2.0-OpenSSH\r\n\r\n", "wait", "proxyAnswer", /something that is not HTTP/],
    ["a head without end", `HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(4000)}`, "wait", "proxyAnswer", /more than 16384/],
    [
      "nothing",
      "",
      "wait",
      "timedOut",
      /to server\.test:1 in 200 ms: the proxy at [\d.:]+ did not answer CONNECT; see/,
    ],
  ])("that answers %s", async (_, answer, then, code, message) => {
    const proxy = await startBrokenProxy(answer, then);
    await expectFailure(
      dial("ws://server.test:1/?secret", { proxy, timeoutMs: code === "timedOut" ? 200 : 10_000 }),
      code,
      message,
    );
  });
  test("that is not there", async () => {
    const server = createServer();
    const port = await start(server);
    server.close();
    const dialled = dial("ws://server.test/", { proxy: `http://127.0.0.1:${port}` });
    await expectFailure(
      dialled,
      "refused",
      new RegExp(`no connection to the proxy at 127.0.0.1:${port}: nothing listens there`),
    );
  });
  test("that is said to speak TLS, and does not", async () => {
    const { port } = await startWs(createHttpServer());
    const dialled = dial("ws://server.test/", { proxy: `https://127.0.0.1:${port}` });
    await expectFailure(dialled, "tls", /with the proxy at [\d.:]+ failed .*For one without TLS use http:$/);
  });
  test("without a valid URL", async () => {
    const dialled = dial("ws://server.test/", { proxy: "socks://127.0.0.1" });
    await expect(dialled).rejects.toThrow(
      /^dial\(\) takes as proxy the URL of an HTTP proxy, http:\/\/ or https:\/\/, not/,
    );
  });

  const hasTinyproxy = spawnSync("tinyproxy", ["-v"]).error === undefined;
  test.skipIf(!hasTinyproxy)("tinyproxy, with and without credentials", async () => {
    const probe = createServer();
    const port = await start(probe);
    await new Promise((resolve) => probe.close(resolve));
    const folder = mkdtempSync(join(tmpdir(), "tinyproxy-"));
    cleanUp.push(() => rmSync(folder, { recursive: true }));
    const lines = [`Port ${port}`, "Listen 127.0.0.1", "Timeout 60", "Allow 127.0.0.1", "BasicAuth tunnel s3cret"];
    writeFileSync(join(folder, "conf"), lines.join("\n"));
    const proxy = new Program("tinyproxy", ["-d", "-c", join(folder, "conf")]);
    cleanUp.push(() => proxy.stop());
    await proxy.says(/Starting main loop/);
    for (const scheme of ["ws", "wss"]) {
      const server = await startWs(scheme === "ws" ? createHttpServer() : createHttpsServer(local));
      const url = `${scheme}://127.0.0.1:${server.port}/`;
      await expectEcho(url, { proxy: `http://tunnel:s3cret@127.0.0.1:${port}`, tls: { ca: authority.ca } });
      for (const credentials of ["", "tunnel:wrong@"]) {
        const error = await failureOf(dial(url, { proxy: `http://${credentials}127.0.0.1:${port}` }));
        expect(error.status).toBe(credentials === "" ? 407 : 401);
      }
    }
  });
});

describe("the signal", () => {
  const reason = new Error("enough");

  test("that is already aborted starts nothing", async () => {
    const lookup = vi.fn();
    await expect(dial("ws://host.test/", { signal: AbortSignal.abort(reason), net: { lookup } })).rejects.toBe(reason);
    expect(lookup).not.toHaveBeenCalled();
  });
  test("stops during a name lookup", async () => {
    const giveUp = new AbortController();
    const dialled = dial("ws://host.test/", { signal: giveUp.signal, net: { lookup: () => giveUp.abort(reason) } });
    await expect(dialled).rejects.toBe(reason);
  });

  /** Everything on the way: TLS to the proxy, CONNECT, TLS to the server. */
  async function startAll(): Promise<{ url: string; options: DialOptions }> {
    const { port } = await startWs(createHttpsServer(local));
    const proxy = await startProxy(undefined, (take) => createTlsServer(local, take));
    const own = { tls: { ca: authority.ca }, proxyTLS: { ca: authority.ca } };
    return { url: `wss://localhost:${port}/`, options: { proxy: `https://localhost:${proxy.port}`, ...own } };
  }

  test("leaves no socket open, whenever it is aborted", async () => {
    const { url, options } = await startAll();
    let opened = 0;
    let givenUp = 0;
    for (let turns = 0; opened < 3 && turns < 1_000_000; turns += 1 + (turns >> 3)) {
      const giveUp = new AbortController();
      const dialled = dial(url, { ...options, signal: giveUp.signal });
      const outcome = dialled.then(
        (transport) => {
          opened++;
          transport.close!();
        },
        (error: unknown) => {
          expect(error).toBe(reason);
          givenUp++;
        },
      );
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
      giveUp.abort(reason);
      await outcome;
    }
    // Some were too late, and some were not.
    expect(opened).toBe(3);
    expect(givenUp).toBeGreaterThan(10);
    await vi.waitFor(() => expect(openSockets()).toBe(0), 5000);
  });
  test.each([
    ["tls", { tls: { cert: "no certificate" } }],
    ["net", { net: { port: -1 } }],
  ])("and no socket keep a dial whose options for %s Node refuses", async (_, options) => {
    const { url } = await startAll();
    const { signal } = new AbortController();
    await expect(dial(url, { ...options, signal })).rejects.toThrow();
    expect(getEventListeners(signal, "abort")).toEqual([]);
    await vi.waitFor(() => expect(openSockets()).toBe(0), 5000);
  });
  test("has no effect once there is a transport", async () => {
    const { url, options } = await startAll();
    const giveUp = new AbortController();
    const session = await connect(await dial(url, { ...options, signal: giveUp.signal }), { url });
    expect(getEventListeners(giveUp.signal, "abort")).toEqual([]);
    giveUp.abort(reason);
    expect(openSockets()).toBeGreaterThan(0);
    await session.send("still here");
    expect(await session.receive()).toBe("still here");
    await session.close();
  });
});

describe("allowsAddress", () => {
  /** A lookup that finds these addresses. */
  const found = (...addresses: string[]): DialOptions["net"] => ({
    lookup(_: string, options: { all?: boolean }, callback: (...given: unknown[]) => void) {
      const all = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
      if (options.all === true) callback(null, all);
      else callback(null, all[0]!.address, all[0]!.family);
    },
  });

  test("leaves out the addresses of a name that are not allowed, and connects to another", async () => {
    const { port } = await startWs(createHttpServer());
    const asked: string[] = [];
    const allowsAddress = (address: string): boolean => {
      asked.push(address);
      return address === "127.0.0.1";
    };
    const transport = await dial(`ws://a.example:${port}/`, { allowsAddress, net: found("::1", "127.0.0.1") });
    expect([transport.remoteAddress, asked]).toEqual(["127.0.0.1", ["::1", "127.0.0.1"]]);
    transport.close!();
  });
  test.each<[string, DialOptions]>([
    ["a name without an allowed address", { net: found("127.0.0.1", "::1") }],
    ["the same, if one address is looked up", { net: { ...found("127.0.0.1"), autoSelectFamily: false } }],
  ])("refuses %s before it connects", async (_, options) => {
    let connections = 0;
    const port = await start(createServer(() => connections++));
    const dialled = dial(`ws://a.example:${port}/`, { ...options, allowsAddress: () => false });
    await expect(dialled).rejects.toMatchObject({ name: "DialError", code: "notAllowed" });
    expect(connections).toBe(0);
  });
  test("asks of an address in the URL, too, and of names that the system resolves", async () => {
    for (const host of ["127.0.0.1", "[::1]", "localhost"]) {
      const dialled = dial(`ws://${host}:9/`, [], undefined, () => false);
      await expect(dialled).rejects.toMatchObject({ name: "DialError", code: "notAllowed" });
    }
  });
  test("that throws fails the dial, not the process", async () => {
    const allowsAddress = (): boolean => {
      throw new Error("a defect");
    };
    for (const host of ["127.0.0.1", "localhost"]) {
      await expect(dial(`ws://${host}:9/`, { allowsAddress })).rejects.toThrow(/a defect/);
    }
  });
});

describe("dial as a Dial", () => {
  test("can be passed to createWebSocketClass", async () => {
    const { port, requests } = await startWs(createHttpServer());
    const WebSocket = createWebSocketClass(dial);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`, ["v1"]);
    socket.onopen = () => socket.send("hello");
    const { data } = await new Promise<MessageEvent<string>>((resolve) => (socket.onmessage = resolve));
    expect([data, socket.protocol, requests[0]!.url]).toEqual(["hello", "v1", "/chat"]);
    socket.close();
    await new Promise((resolve) => (socket.onclose = resolve));
  });
  test("is abandoned when its socket closes, and otherwise its error is the socket's", async () => {
    const port = await start(createServer());
    const WebSocket = createWebSocketClass(dial);
    const closed = new WebSocket(`wss://127.0.0.1:${port}/`);
    closed.close();
    await new Promise((resolve) => (closed.onclose = resolve));
    const refused = new WebSocket("ws://127.0.0.1:1/");
    const event = await new Promise<Event>((resolve) => (refused.onerror = resolve));
    expect((event as Event & { cause: WebSocketError }).cause.cause).toBeInstanceOf(DialError);
  });
  test("passes on a 401 with its body", async () => {
    const http = createHttpServer();
    http.on("upgrade", (_, socket) => socket.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 5\r\n\r\nlogin"));
    const url = `ws://127.0.0.1:${await start(http)}/`;
    const error = (await connect(await dial(url), { url }).catch((reason: unknown) => reason)) as WebSocketError;
    expect([error.rejection?.status, Buffer.from(error.rejection!.body).toString()]).toEqual([401, "login"]);
  });
});
