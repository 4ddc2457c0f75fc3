/** A server behind a real nginx, Caddy and HAProxy, with the configurations that the guide shows. */
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import http2 from "node:http2";
import { createConnection, type AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { http2Dial } from "../../src/http2/index.ts";
import { dial, upgrades } from "../../src/transports/node.ts";
import { connect, serve, type WebSocketSession } from "../../src/stream/index.ts";
import { Program } from "../peers/programs.ts";
import { startExample } from "../support/runExample.ts";
import { findProgram, freePort, isLeftOut, temporaryFolder } from "./services.ts";

const patience = { timeout: 120_000 };

interface Proxy {
  readonly url: string;
  reload(): Promise<void>;
  stop(): Promise<void>;
}

/** A configuration of the guide. `edits` replace text of it, which has to be there. */
function configuration(name: string, edits: Record<string, string>): string {
  let text = readFileSync(join(import.meta.dirname, "../../examples/proxies", name), "utf8");
  for (const [from, to] of Object.entries(edits)) {
    expect(text).toContain(from);
    text = text.replaceAll(from, to);
  }
  return text;
}

/** Rejects unless a connection to the port opens. */
async function reachable(port: number): Promise<void> {
  const socket = createConnection(port, "127.0.0.1");
  await once(socket, "connect");
  socket.destroy();
}

/** Waits until something answers requests at the port. */
async function listening(port: number): Promise<void> {
  const get = (): Promise<number> =>
    fetch(`http://127.0.0.1:${port}/`).then(
      ({ status }) => status,
      () => 0,
    );
  await vi.waitFor(async () => expect(await get()).not.toBe(0), patience);
}

/** Starts nginx in front of a port. */
async function startNginx(upstream: number, edits: Record<string, string> = {}): Promise<Proxy> {
  const folder = temporaryFolder("nginx");
  const port = await freePort();
  const own = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `  ${name}_temp_path ${name};`);
  const text = configuration("nginx.conf", {
    "127.0.0.1:8000": `127.0.0.1:${port}`,
    ":8080": `:${upstream}`,
    "http {": `http {\n${own.join("\n")}\n  access_log off;`,
    ...edits,
  });
  mkdirSync(join(folder, "logs"));
  writeFileSync(join(folder, "nginx.conf"), text);
  const nginx = findProgram("nginx") ?? "nginx";
  const base = ["-p", folder, "-c", "nginx.conf", "-e", "stderr"];
  const program = new Program(nginx, [...base, "-g", "daemon off;"]);
  program.patienceMs = 240_000;
  await listening(port);
  return {
    url: `ws://127.0.0.1:${port}/`,
    async reload() {
      const reloading = new Program(nginx, [...base, "-s", "reload"]);
      expect(await reloading.ended, reloading.output).toBe(0);
    },
    async stop() {
      program.signal("SIGTERM");
      await program.ended;
      rmSync(folder, { recursive: true });
    },
  };
}

/** Starts Caddy in front of a port. */
async function startCaddy(upstream: number): Promise<Proxy> {
  const folder = temporaryFolder("caddy");
  const [port, adminPort] = [await freePort(), await freePort()];
  const address = `http://127.0.0.1:${port} {`;
  const text = configuration("Caddyfile", {
    "http://127.0.0.1:8000 {": `{\n\tadmin 127.0.0.1:${adminPort}\n}\n${address}`,
    ":8080": `:${upstream}`,
  });
  const file = join(folder, "Caddyfile");
  writeFileSync(file, text);
  const caddy = findProgram("caddy") ?? "caddy";
  const options = ["--config", file, "--adapter", "caddyfile"];
  const home = { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  const program = new Program(caddy, ["run", ...options], home);
  await listening(port);
  return {
    url: `ws://127.0.0.1:${port}/`,
    async reload() {
      const reloading = new Program(caddy, ["reload", "--force", ...options], home);
      expect(await reloading.ended, reloading.output).toBe(0);
    },
    async stop() {
      program.signal("SIGTERM");
      await program.ended;
      rmSync(folder, { recursive: true });
    },
  };
}

/** Starts HAProxy in front of a port. */
async function startHAProxy(upstream: number, edits: Record<string, string> = {}): Promise<Omit<Proxy, "reload">> {
  const folder = temporaryFolder("haproxy");
  const port = await freePort();
  const file = join(folder, "haproxy.cfg");
  const text = configuration("haproxy.cfg", { ":8080": `:${upstream}`, ...edits });
  writeFileSync(file, text.replace("127.0.0.1:8000", `127.0.0.1:${port}`));
  const program = new Program(findProgram("haproxy") ?? "haproxy", ["-db", "-f", file]);
  await vi.waitFor(() => reachable(port), patience);
  return {
    url: `ws://127.0.0.1:${port}/`,
    async stop() {
      program.signal("SIGTERM");
      await program.ended;
      rmSync(folder, { recursive: true });
    },
  };
}

async function open(url: string, headers: Record<string, string> = {}): Promise<WebSocketSession> {
  const session = await connect(await dial(url), { url, headers });
  onTestFinished(() =>
    session.close().then(
      () => {},
      () => {},
    ),
  );
  return session;
}

/** The error of a promise that rejects. */
const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

/** Starts a server that sends nothing, not even pings. Returns its port. */
async function silentServer(): Promise<number> {
  const http = createServer();
  const stop = new AbortController();
  const served = serve(
    upgrades(http),
    async (request) => void (await (await request.accept()).closed.catch(() => {})),
    {
      signal: stop.signal,
    },
  );
  onTestFinished(async () => {
    stop.abort();
    await served;
    http.close();
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return (http.address() as AddressInfo).port;
}

async function echoes(session: WebSocketSession, message: string): Promise<void> {
  await session.send(message);
  expect(await session.receive()).toBe(message);
}

let server: Program;
let port: number;

beforeAll(async () => {
  server = startExample("examples/proxies/server.ts", [], { PORT: "0", PING_MS: "500" });
  server.patienceMs = 240_000;
  port = await server.port();
}, 300_000);

afterAll(() => server.stop());

describe.skipIf(isLeftOut("nginx"))("behind nginx", { timeout: 300_000 }, () => {
  let nginx: Proxy;

  beforeAll(async () => {
    nginx = await startNginx(port, { "proxy_read_timeout 60s": "proxy_read_timeout 10s" });
  }, 300_000);

  afterAll(() => nginx.stop());

  test("the server knows the address that nginx saw, whatever the client writes", async () => {
    const session = await open(nginx.url, { "X-Forwarded-For": "203.0.113.7" });
    expect(await session.receive()).toBe("hello, 127.0.0.1");
  });

  test("a page of the host that the browser asked for may connect, and another may not", async () => {
    await open(nginx.url, { Origin: nginx.url.replace("ws:", "http:").slice(0, -1) });
    const foreign = open(nginx.url, { Origin: "https://evil.example" });
    expect(await failureOf(foreign)).toMatchObject({
      rejection: { status: 403 },
    });
  });

  test("without the Host header of the client, no page may connect", async () => {
    const careless = await startNginx(port, { "proxy_set_header Host $http_host;": "" });
    onTestFinished(() => careless.stop());
    const page = open(careless.url, { Origin: careless.url.replace("ws:", "http:").slice(0, -1) });
    expect(await failureOf(page)).toMatchObject({
      rejection: { status: 403 },
    });
  });

  test("without the headers of the upgrade, the server sees a plain request", async () => {
    const careless = await startNginx(port, { "proxy_set_header Upgrade $http_upgrade;": "" });
    onTestFinished(() => careless.stop());
    const refused = await failureOf(open(careless.url));
    expect(refused).toMatchObject({ rejection: { status: 426 } });
  });

  test("a message of 8 MiB goes through, and comes back", async () => {
    const session = await open(nginx.url);
    await session.receive();
    const message = "0123456789abcdef".repeat(2 ** 19);
    const [received] = await Promise.all([session.receive(), session.send(message)]);
    expect(received === message).toBe(true);
  });

  test("a reload leaves open connections alone, and new ones reach the new workers", async () => {
    const session = await open(nginx.url);
    await session.receive();
    await nginx.reload();
    await echoes(session, "before");
    const later = await open(nginx.url);
    await later.receive();
    await Promise.all([echoes(session, "old"), echoes(later, "new")]);
  });

  test("a reload cuts open connections when worker_shutdown_timeout is over", async () => {
    const impatient = await startNginx(port, { "worker_shutdown_timeout 1h": "worker_shutdown_timeout 1s" });
    onTestFinished(() => impatient.stop());
    const session = await open(impatient.url);
    await session.receive();
    await impatient.reload();
    expect(await failureOf(session.closed)).toMatchObject({ closeCode: 1006 });
  });

  test("an idle connection lasts by the server's pings; without them nginx cuts it", async () => {
    const silent = await startNginx(await silentServer(), { "proxy_read_timeout 60s": "proxy_read_timeout 10s" });
    onTestFinished(() => silent.stop());
    const pinged = await open(nginx.url);
    await pinged.receive();
    const idle = await open(silent.url);
    expect(await failureOf(idle.closed)).toMatchObject({ closeCode: 1006 });
    await echoes(pinged, "still there");
  });
});

describe.skipIf(isLeftOut("caddy"))("behind Caddy", { timeout: 300_000 }, () => {
  let caddy: Proxy;

  beforeAll(async () => {
    caddy = await startCaddy(port);
  }, 300_000);

  afterAll(() => caddy.stop());

  test("the server knows the client's address and the host that the browser asked for", async () => {
    const origin = caddy.url.replace("ws:", "http:").slice(0, -1);
    const session = await open(caddy.url, { "X-Forwarded-For": "203.0.113.7", Origin: origin });
    expect(await session.receive()).toBe("hello, 127.0.0.1");
    await echoes(session, "a message");
  });

  test("a reload closes open connections with 1001", async () => {
    const session = await open(caddy.url);
    await session.receive();
    await caddy.reload();
    expect(await session.closed).toMatchObject({ closeCode: 1001 });
  });
});

describe.skipIf(isLeftOut("haproxy"))("behind HAProxy", { timeout: 300_000 }, () => {
  const short = { "timeout tunnel 60s": "timeout tunnel 10s" };
  let haproxy: Omit<Proxy, "reload">;

  beforeAll(async () => {
    haproxy = await startHAProxy(port, short);
  }, 300_000);

  afterAll(() => haproxy.stop());

  test("the server knows the client's address and the host that the browser asked for", async () => {
    const origin = haproxy.url.replace("ws:", "http:").slice(0, -1);
    const session = await open(haproxy.url, { "X-Forwarded-For": "203.0.113.7", Origin: origin });
    expect(await session.receive()).toBe("hello, 127.0.0.1");
    await echoes(session, "a message");
  });

  test("an idle connection lasts by the server's pings; without them timeout tunnel cuts it", async () => {
    const silent = await startHAProxy(await silentServer(), short);
    onTestFinished(() => silent.stop());
    const pinged = await open(haproxy.url);
    await pinged.receive();
    const idle = await open(silent.url);
    expect(await failureOf(idle.closed)).toMatchObject({ closeCode: 1006 });
    await echoes(pinged, "still there");
  });

  test("a WebSocket that is a stream of HTTP/2 reaches a server of HTTP/1.1", async () => {
    const overHTTP2 = await startHAProxy(port, { "bind 127.0.0.1:8000": "bind 127.0.0.1:8000 proto h2" });
    onTestFinished(() => overHTTP2.stop());
    const url = new URL(overHTTP2.url);
    const client = http2.connect(`http://${url.host}`);
    onTestFinished(() => client.close());
    const session = await connect(await http2Dial(client)(url), { url });
    expect(await session.receive()).toBe("hello, 127.0.0.1");
    await session.close();
  });
});
