/**
 * Runs web-platform-tests, `websockets/`, in Chromium, with the library's classes in the place of the browser's:
 *
 *     npm run wpt -- --from FOLDER [--native] [--only TEXT] [--json FILE]
 *
 * FOLDER is a checkout of web-platform-tests, whose own server (Python 3) serves the tests and answers them. The class
 * reaches that server through a relay: a WebSocket that carries the bytes of a TCP or TLS connection. Each test runs in
 * a window and in a dedicated worker, by `ws:` and by `wss:` where it has these variants. Left out are those over HTTP/2,
 * and of the back/forward cache, which need WPT's own driver.
 * `--native` measures the browser's own class; `--only` takes the tests whose path has TEXT in it; `--json` writes all
 * results. Fails if anything fails that is not in `expectations.ts`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTLS } from "node:tls";
import { parseArgs } from "node:util";
import { chromium, type BrowserContext } from "playwright";
import { build, type Rolldown } from "vite";
import { WebSocketServer } from "ws";
import { socketTransport } from "../../src/transports/node.ts";
import { webSocketProtocol, webSocketTransport } from "../../src/transports/webSocketTransport.ts";
import { requireChromium } from "../support/chromium.ts";
import { expectations } from "./expectations.ts";

/** Of one subtest; `message` is that of its failure. */
interface Result {
  readonly test: string;
  readonly name: string;
  readonly status: "pass" | "fail" | "timeout" | "not run" | "precondition failed";
  readonly message: string | null;
}

/** What a page holds once its test is over. */
declare global {
  var subtests: Omit<Result, "test">[] | undefined;
}

const PORTS = { http: [8300, 8301], https: [8343, 8344], ws: [8366], wss: [8367], h2: [8390] };
const PAGES_AT_ONCE = 3;
/** How much longer than by default a test may take, since several run at once. */
const TIMEOUT_MULTIPLIER = 3;
/** Longer than any test with this multiplier: its page has hung. */
const HUNG_MS = 200_000;

const { values } = parseArgs({
  options: {
    from: { type: "string" },
    native: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    json: { type: "string" },
  },
});
if (values.from === undefined) throw new Error("--from is missing: give the folder of a web-platform-tests checkout");
const folder = resolve(values.from);

/** Appended to testharness.js: reports the results of a page, including those of its worker. */
const TELL = `
setup({ timeout_multiplier: ${TIMEOUT_MULTIPLIER} });
if (self.document) add_completion_callback((tests, { status, message }) => {
  const names = ["pass", "fail", "timeout", "not run", "precondition failed"];
  const told = tests.map(({ name, status, message }) => ({ name, status: names[status], message }));
  if (status !== 0) told.push({ name: "the test as a whole", status: names[status], message });
  self.subtests ??= told;
});`;

const relay = new WebSocketServer({ host: "127.0.0.1", port: 0, handleProtocols: () => webSocketProtocol });
relay.on("connection", (socket, request) => {
  const url = URL.parse(decodeURIComponent(request.url!.slice(2)));
  if (url === null) {
    socket.terminate(); // Chromium's URLs have hosts that Node's have not
    return;
  }
  const near = webSocketTransport(socket);
  const isSecure = url.protocol === "wss:";
  const options = { host: "127.0.0.1", port: Number(url.port) || (isSecure ? 443 : 80), rejectUnauthorized: false };
  const far = socketTransport(isSecure ? connectTLS(options) : connect(options));
  near.readable.pipeTo(far.writable).catch(() => undefined);
  far.readable.pipeTo(near.writable).catch(() => undefined);
});
await once(relay, "listening");

const script = values.native ? "" : await bundle(`ws://127.0.0.1:${(relay.address() as AddressInfo).port}`);
const stopServer = await startServer();
const browser = await chromium.launch({
  executablePath: requireChromium(),
  args: [
    "--ignore-certificate-errors",
    "--host-resolver-rules=MAP nonexistent.* ~NOTFOUND, MAP *.test 127.0.0.1, MAP web-platform.test 127.0.0.1",
  ],
});
const context = await browser.newContext({ ignoreHTTPSErrors: true });
if (script !== "") await context.addInitScript(script); // in workers testharness.js has it
const queue = listTests();
const results: Result[] = [];
await Promise.all(Array.from({ length: PAGES_AT_ONCE }, () => runQueued(context)));
await browser.close();
stopServer();
process.exitCode = report();
relay.close();
for (const socket of relay.clients) socket.terminate();

/** The class as one script, before which the page has only the browser's. */
async function bundle(relayURL: string): Promise<string> {
  const [{ output }] = (await build({
    configFile: false,
    logLevel: "warn",
    define: { RELAY: JSON.stringify(relayURL) },
    build: {
      write: false,
      minify: false, // the class keeps its name
      target: "esnext",
      lib: { entry: join(import.meta.dirname, "page.ts"), formats: ["iife"], name: "websocketOver" },
    },
  })) as [Rolldown.RolldownOutput];
  return output[0].code;
}

/** Starts WPT's server, with our testharness.js; returns a function that stops it. */
async function startServer(): Promise<() => void> {
  const scratch = mkdtempSync(join(tmpdir(), "wpt-"));
  const harness = readFileSync(join(folder, "resources/testharness.js"), "utf8");
  writeFileSync(join(scratch, "testharness.js"), `if (!self.document) {\n${script}\n}\n${harness}${TELL}`);
  const config = join(scratch, "config.json");
  const aliases = [{ "url-path": "/resources/testharness.js", "local-dir": scratch }];
  const settings = { server_host: "127.0.0.1", check_subdomains: false, ports: PORTS, aliases };
  writeFileSync(config, JSON.stringify({ ...settings, ssl: { type: "pregenerated" } }));
  const command = ["wpt", "--skip-venv-setup", "serve", "--config", config];
  const server = spawn("python3", command, { cwd: folder, stdio: "ignore", detached: true });
  for (let i = 0; i < 600; i++) {
    if (server.exitCode !== null)
      throw new Error(`WPT's server ended with ${server.exitCode}: run it by hand to see why`);
    if (await fetch(`http://127.0.0.1:${PORTS.http[0]}/resources/testharness.js`).catch(() => undefined)) break;
    await sleep(200);
  }
  return () => process.kill(-server.pid!, "SIGINT"); // it is a group of processes
}

/** The path of each test, once for each scope and variant. */
function listTests(): string[] {
  const files = globSync("websockets/**/*.{any.js,window.js,worker.js,html}", {
    cwd: folder,
    exclude: ["**/back-forward-cache*"],
  });
  const paths = files.sort().flatMap((file) => {
    const source = readFileSync(join(folder, file), "utf8");
    if (file.endsWith(".html") && !source.includes("testharness.js")) return [];
    const variants = [...source.matchAll(/(?:variant=|"variant" content=")([^"\n]*)/g)].map(([, variant]) => variant!);
    const page = file.replace(/\.js$/, ".html");
    const pages = file.endsWith(".any.js") ? [page, page.replace(/html$/, "worker.html")] : [page];
    return pages.flatMap((path) => (variants.length === 0 ? [""] : variants).map((variant) => `/${path}${variant}`));
  });
  return paths.filter((path) => !path.includes("wpt_flags=h2") && path.includes(values.only));
}

async function runQueued(context: BrowserContext): Promise<void> {
  let page = await context.newPage();
  for (let test = queue.shift(); test !== undefined; test = queue.shift()) {
    const origin = /\.https\.|flags=https/.test(test)
      ? `https://web-platform.test:${PORTS.https[0]}`
      : `http://web-platform.test:${PORTS.http[0]}`;
    try {
      await page.goto(origin + test);
      const told = await page.waitForFunction(() => globalThis.subtests, undefined, { timeout: HUNG_MS });
      for (const result of (await told.jsonValue())!) results.push({ test, ...result });
    } catch (error) {
      results.push({ test, name: "the test as a whole", status: "fail", message: String(error) });
      await page.close();
      page = await context.newPage();
    }
  }
}

/** Prints what failed, known or not, and the sum; returns the exit status. */
function report(): number {
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(results, null, 1));
  const known = expectations[values.native ? "native" : "ours"];
  let surprises = 0;
  for (const { test, name, status, message } of results.filter((result) => result.status !== "pass")) {
    const reason = known.find(({ pattern }) => pattern.test(`${test} › ${name}`))?.reason;
    if (reason === undefined) surprises++;
    console.log(`${reason === undefined ? "FAIL" : "known"} ${test} › ${name}: ${reason ?? `${status}: ${message}`}`);
  }
  const passed = results.filter(({ status }) => status === "pass").length;
  console.log(`${passed} of ${results.length} pass, ${surprises} failures are not expected`);
  return surprises === 0 ? 0 : 1;
}
