/** A server behind a real nginx, with the configuration that the guide shows. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { dial, upgrades } from "../../src/transports/node.ts";
import { connect, serve, type WebSocketSession } from "../../src/stream/index.ts";
import { Program } from "../peers/programs.ts";
import { startExample } from "../support/runExample.ts";
import { findProgram, freePort, isLeftOut, temporaryFolder } from "./services.ts";

const file = join(import.meta.dirname, "../../examples/proxies/nginx.conf");
const patience = { timeout: 120_000 };

interface Nginx {
  readonly url: string;
  reload(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts nginx in front of a port. `edits` replace text of the configuration, which has to be there. */
async function startNginx(upstream: number, edits: Record<string, string> = {}): Promise<Nginx> {
  const folder = temporaryFolder("nginx");
  const port = await freePort();
  let text = readFileSync(file, "utf8");
  const own = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `  ${name}_temp_path ${name};`);
  const all = {
    "127.0.0.1:8000": `127.0.0.1:${port}`,
    ":8080": `:${upstream}`,
    "http {": `http {\n${own.join("\n")}\n  access_log off;`,
    ...edits,
  };
  for (const [from, to] of Object.entries(all)) {
    expect(text).toContain(from);
    text = text.replaceAll(from, to);
  }
  mkdirSync(join(folder, "logs"));
  writeFileSync(join(folder, "nginx.conf"), text);
  const nginx = findProgram("nginx") ?? "nginx";
  const base = ["-p", folder, "-c", "nginx.conf", "-e", "stderr"];
  const program = new Program(nginx, [...base, "-g", "daemon off;"]);
  program.patienceMs = 240_000;
  const get = (): Promise<number> =>
    fetch(`http://127.0.0.1:${port}/`).then(
      ({ status }) => status,
      () => 0,
    );
  await vi.waitFor(async () => expect(await get()).not.toBe(0), patience);
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

async function echoes(session: WebSocketSession, message: string): Promise<void> {
  await session.send(message);
  expect(await session.receive()).toBe(message);
}

describe.skipIf(isLeftOut("nginx"))("behind nginx", { timeout: 300_000 }, () => {
  let server: Program;
  let port: number;
  let nginx: Nginx;

  beforeAll(async () => {
    server = startExample("examples/proxies/server.ts", [], { PORT: "0", PING_MS: "500" });
    server.patienceMs = 240_000;
    port = await server.port();
    nginx = await startNginx(port, { "proxy_read_timeout 60s": "proxy_read_timeout 10s" });
  }, 300_000);

  afterAll(async () => {
    await nginx.stop();
    await server.stop();
  });

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
    const http = createServer();
    const stop = new AbortController();
    const served = serve(
      upgrades(http),
      async (request) => void (await (await request.accept()).closed.catch(() => {})),
      {
        signal: stop.signal,
      },
    );
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const silent = await startNginx((http.address() as AddressInfo).port, {
      "proxy_read_timeout 60s": "proxy_read_timeout 10s",
    });
    onTestFinished(async () => {
      await silent.stop();
      stop.abort();
      await served;
      http.close();
    });
    const pinged = await open(nginx.url);
    await pinged.receive();
    const idle = await open(silent.url);
    expect(await failureOf(idle.closed)).toMatchObject({ closeCode: 1006 });
    await echoes(pinged, "still there");
  });
});
