/** A test's server that pages reach: in the page, over a binding, or on the wire, over the loopback interface. */
import type { BrowserContext } from "@playwright/test";
import { checkOptions, type OptionTable } from "../core/options.ts";
import { TestServer, testServerTable, type TestServerOptions } from "../testing/testServer.ts";
import type { Bridge, BridgeServer } from "./bridge.ts";
import { listenOnLoopback, readLedTarget, type Loopback } from "./loopback.ts";
import { describeMatch, toMatch } from "./match.ts";

export interface WebSocketServerOptions extends TestServerOptions {
  /**
   * The URLs that the server stands for: a regular expression that is looked for in the URL, or a pattern: the whole URL,
   * or a path with `/` in front, in which `*` is anything but `/`, and `**` anything. The server that was made last goes
   * first; what no server stands for goes to where it always went.
   */
  readonly match: RegExp | string;
  /**
   * `"page"`, the default: the page's `WebSocket` is this library's, and its bytes go over a binding, so that no network
   * and no content policy lies between. `"wire"`: it is the browser's own, led to 127.0.0.1, which the page's policy has
   * to allow (`connect-src`).
   */
  readonly mode?: "page" | "wire";
  /** Whose pages reach it; those of the test's own context by default. */
  readonly context?: BrowserContext;
}

const table: OptionTable<WebSocketServerOptions> = {
  ...testServerTable,
  match: "a string or an object",
  mode: "a string",
  context: "{ exposeBinding }",
};

/** Throws `TypeError` for options that can't be. */
export function checkServerOptions(options: WebSocketServerOptions): void {
  checkOptions("webSocketServer()", options, table);
}

/** A server in the test process for what runs in the browser. */
export interface WebSocketServer extends TestServer {
  /** `ws://127.0.0.1:PORT` of a server on the wire, for an application that can be told where to connect; else empty. */
  readonly url: string;
}

let lastId = 0;

/** Made before the page is opened. `TypeError` or `RangeError` for options that can't be. */
export async function createWebSocketServer(
  context: BrowserContext,
  bridge: Bridge,
  { match, mode = "page", ...options }: Omit<WebSocketServerOptions, "context">,
): Promise<WebSocketServer> {
  const pattern = toMatch(match);
  if (mode !== "page" && mode !== "wire") throw new TypeError(`mode is "page" or "wire", not ${String(mode)}`);
  const server = new ReachableServer(options, () => hintOf(bridge, describeMatch(pattern)));
  const loopback =
    mode === "wire"
      ? await listenOnLoopback((transport) =>
          server.handleTransport(transport, ({ target }) => readLedTarget(target) ?? {}),
        )
      : undefined;
  if (loopback !== undefined) await allowLoopback(context);
  const entry: BridgeServer = {
    id: ++lastId,
    match: pattern,
    loopback: loopback?.url,
    connect(transport, url) {
      void cookiesFor(context, url).then((cookie) =>
        server.handleTransport(transport, () => ({ url, headers: cookie === "" ? {} : { cookie } })),
      );
    },
  };
  server.reach(loopback, () => bridge.remove(entry));
  await bridge.add(entry);
  return server;
}

class ReachableServer extends TestServer implements WebSocketServer {
  url = "";
  readonly #hint: () => string;
  #loopback: Loopback | undefined;
  #leave = (): void => {};

  constructor(options: TestServerOptions, hint: () => string) {
    super(options);
    this.#hint = hint;
  }

  reach(loopback: Loopback | undefined, leave: () => void): void {
    this.#loopback = loopback;
    this.#leave = leave;
    this.url = loopback?.url ?? "";
  }

  override async close(): Promise<void> {
    this.#leave();
    await super.close();
    await this.#loopback?.close();
  }

  protected override hint(): string {
    return this.#hint();
  }
}

/**
 * Chromium 156 asks the user whether a page may connect to this machine, unless it knows that the page is of this machine
 * itself, which it does not of a worker whose script a test has routed.
 */
async function allowLoopback(context: BrowserContext): Promise<void> {
  if (context.browser()?.browserType().name() === "chromium") await context.grantPermissions(["local-network-access"]);
}

/** What the browser would send, which scripts need not see. */
async function cookiesFor(context: BrowserContext, url: string): Promise<string> {
  const cookies = await context.cookies(url.replace(/^ws/, "http")).catch(() => []);
  return cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
}

function hintOf({ passed }: Bridge, match: string): string {
  const others = [...passed].map((url) => `\n  ${url}`).join("");
  return `, for ${match}${others === "" ? "" : `; pages have connected to others:${others}`}`;
}
