/** The clients that are tried: this library's class in Node, the command, and Chromium with its own class and with ours. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer as createPageServer } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright";
import { build, type Rolldown } from "vite";
import { bridgeBytes, gateway } from "../../src/bridge/index.ts";
import { serve } from "../../src/stream/index.ts";
import { listen } from "../../src/transports/node.ts";
import { createWebSocketClass } from "../../src/websocket/index.ts";
import { Program } from "../peers/programs.ts";
import { cert, key } from "../support/certificate.ts";
import { findChromium } from "../support/chromium.ts";
import type { Route } from "./routes.ts";
import { hashOf, randomBytes, tryServer, type Outcome, type Trial } from "./trial.ts";

const COOKIE = "sid=42";

function trialOf(server: URL, bytes: number, seesRefusals = true): Trial {
  return { url: server.href, refusedURL: new URL("/401", server).href, bytes, seesRefusals };
}

/** This library's class in Node. */
export function tryClass(route: Route, server: URL, bytes: number): Promise<Outcome> {
  const Socket = createWebSocketClass(route.dial, {
    headers: { Cookie: COOKIE },
    handshakeTimeoutMs: 60_000, // with stdio: a program starts first
  });
  return tryServer(Socket, trialOf(server, bytes));
}

/** The command `connect`, which speaks TCP: a listener carries its connections on over the route. */
export async function tryCommand(route: Route, server: URL, bytes: number): Promise<Outcome> {
  const tcp = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  await once(tcp, "listening");
  const stop = new AbortController();
  const near = listen(tcp);
  const running = route.isGateway === true ? joinMessages() : joinBytes();
  const url = `127.0.0.1:${(tcp.address() as AddressInfo).port}`;
  const problems: string[] = [];
  const expect = (what: string, program: Program, pattern: RegExp): void => {
    if (!pattern.test(program.said.stderr)) problems.push(`${what}: ${program.said.stderr.trim()}`);
  };
  const connect = (path: string, ...args: string[]): Program =>
    Program.node("src/cli/main.ts", "connect", `${url}${path}`, "-H", `Cookie: ${COOKIE}`, ...args);
  try {
    const refused = connect("/401");
    if ((await refused.ended) !== 1) problems.push("the status of the refusal is not 1");
    expect("the body of the refusal", refused, /401.*no token/);

    const cookie = connect("/", "--once", "-s", "chat");
    cookie.end("cookie\n");
    await cookie.ended;
    expect("the subprotocol", cookie, /connected, chat/);
    if (cookie.said.stdout !== `${COOKIE}\n`) problems.push(`the cookie: ${cookie.said.stdout}`);

    const sent = randomBytes(bytes);
    const beganMs = performance.now();
    const hash = await hashOfEcho([`${url}/`, "--binary", "--once", "--timeout", "600"], sent);
    const echoMs = performance.now() - beganMs;
    if (hash !== (await hashOf(sent))) problems.push("the hash of the echo");

    const closing = connect("/", "--slash", "--wait", "60");
    closing.end("/close 4000 bye\n");
    await closing.ended;
    expect("the close by the client", closing, /closed by this side: 4000, "bye"/);
    const closed = connect("/", "--wait", "60");
    closed.end("close 4321 enough\n");
    await closed.ended;
    expect("the close by the server", closed, /closed by the server: 4321, "enough"/);
    return { echoMs, problems };
  } finally {
    stop.abort();
    tcp.close();
    await running;
  }

  async function joinBytes(): Promise<void> {
    const joined: Promise<unknown>[] = [];
    for await (const transport of near) {
      const far = await route.dial(server, [], stop.signal);
      joined.push(bridgeBytes(transport, far, { signal: stop.signal }).catch(() => undefined));
    }
    await Promise.all(joined);
  }

  async function joinMessages(): Promise<void> {
    const limits = { maxMessageBytes: Infinity, maxFrameBytes: Infinity, maxFragments: Infinity };
    const handler = gateway({
      to: ({ target }) => new URL(target, server).href,
      privateAddresses: ["127.0.0.1"],
      allow: [server.origin],
      dial: async (target, protocols, signal) => {
        const transport = await route.dial(target, protocols, signal);
        return { ...transport, remoteAddress: "127.0.0.1" };
      },
      forwardHeaders: ["cookie"],
      limits,
    });
    await serve(near, handler, { signal: stop.signal, limits, onError: () => undefined });
  }
}

/** Runs `connect` with this input in a file, and hashes its output, which may be larger than a string. */
async function hashOfEcho(args: readonly string[], input: Uint8Array): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "reach-"));
  try {
    writeFileSync(join(folder, "input"), input);
    const stdin = openSync(join(folder, "input"), "r");
    const child = spawn(process.execPath, ["src/cli/main.ts", "connect", ...args], {
      stdio: [stdin, "pipe", "ignore"],
    });
    closeSync(stdin);
    const hash = createHash("sha256");
    for await (const chunk of child.stdout!) hash.update(chunk as Buffer);
    return hash.digest("hex");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A Chromium with a page that has the trial. */
export class ReachBrowser {
  readonly #browser: Browser;
  readonly #script: string;

  private constructor(browser: Browser, script: string) {
    this.#browser = browser;
    this.#script = script;
  }

  static async launch(): Promise<ReachBrowser> {
    const executablePath = findChromium();
    const script = await bundle();
    return new ReachBrowser(await chromium.launch(executablePath === undefined ? {} : { executablePath }), script);
  }

  /** Our class in a page, over WebRTC or a tunnel. */
  async tryOurs(kind: "webrtc" | "tunnel", route: Route, server: URL, bytes: number): Promise<Outcome> {
    const pages = createPageServer((_, response) => response.end("<!doctype html>")).listen(0, "127.0.0.1");
    await once(pages, "listening");
    try {
      const page = await this.#open(`http://127.0.0.1:${(pages.address() as AddressInfo).port}/`);
      return await page.evaluate(([name, trial, address]) => globalThis.reachPage[name](trial, address), [
        kind,
        trialOf(server, bytes),
        route.address,
      ] as const);
    } finally {
      pages.closeAllConnections();
      pages.close();
    }
  }

  /** Chromium's own class, over TLS and HTTP/2 (RFC 8441). */
  async tryOwn(server: URL, bytes: number): Promise<Outcome> {
    const folder = mkdtempSync(join(tmpdir(), "reach-"));
    writeFileSync(join(folder, "cert.pem"), cert);
    writeFileSync(join(folder, "key.pem"), key);
    const tls = ["--cert", join(folder, "cert.pem"), "--key", join(folder, "key.pem")];
    const start = (to: string): Program =>
      Program.node(
        ...([
          "src/cli/main.ts",
          "bridge",
          "http2://127.0.0.1:0",
          to,
          "--origin",
          "any",
          "--forward",
          "Cookie",
        ] as const),
        ...tls,
      );
    const programs = [start(server.href), start(new URL("/401", server).href)] as const;
    try {
      const [echoing, refusing] = await Promise.all(
        programs.map(async (program) => (await program.says(/wss:\/\/127\.0\.0\.1:(\d+)/))[1]!),
      );
      // The page comes from the bridge, so that there is a session of HTTP/2 for the WebSocket.
      const page = await this.#open(`https://localhost:${echoing!}/`);
      const statuses: number[] = [];
      const devTools = await page.context().newCDPSession(page);
      await devTools.send("Network.enable");
      devTools.on("Network.webSocketHandshakeResponseReceived", ({ response }) => statuses.push(response.status));
      const trial = {
        ...trialOf(server, bytes, false),
        url: `wss://localhost:${echoing!}/`,
        refusedURL: `wss://localhost:${refusing!}/`,
      };
      const { echoMs, problems } = await page.evaluate((given) => globalThis.reachPage.own(given), trial);
      const isHTTP2 =
        statuses.length >= 2 && statuses.filter((status) => status < 300).every((status) => status === 200);
      return {
        echoMs,
        problems: isHTTP2 ? problems : [...problems, `the statuses of the handshakes: ${statuses.join()}`],
      };
    } finally {
      await Promise.all(programs.map((program) => program.stop()));
      rmSync(folder, { recursive: true });
    }
  }

  async #open(url: string): Promise<Page> {
    const context = await this.#browser.newContext({ ignoreHTTPSErrors: true });
    await context.addCookies([{ name: "sid", value: "42", url: "https://localhost/", sameSite: "None", secure: true }]);
    const page = await context.newPage();
    await page.goto(url);
    await page.addScriptTag({ content: this.#script, type: "module" });
    await page.waitForFunction(() => "reachPage" in globalThis);
    return page;
  }

  close(): Promise<void> {
    return this.#browser.close();
  }
}

async function bundle(): Promise<string> {
  const { output } = (await build({
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      minify: false,
      target: "esnext",
      rolldownOptions: { input: "test/reach/page.ts", output: { codeSplitting: false } },
    },
  })) as Rolldown.RolldownOutput;
  return output.find((file) => file.type === "chunk")!.code;
}
