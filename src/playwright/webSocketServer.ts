/** A test's server for pages: in the page, over a binding, or on the wire, over the loopback interface. */
import type { BrowserContext } from "@playwright/test";
import { checkOptions, passOn, type OptionTable } from "../core/options.ts";
import { TestServer, testServerTable, type TestServerOptions } from "../testing/testServer.ts";
import type { Bridge, BridgeServer } from "./bridge.ts";
import { listenOnLoopback, readLedTarget, type Loopback } from "./loopback.ts";
import { describeMatch, toMatch } from "./match.ts";

/** The options of the fixture `webSocketServer` of {@link test}. */
export interface WebSocketServerOptions extends TestServerOptions {
  /**
   * The URLs that the server handles. A regular expression may match anywhere in the URL. A string is a pattern for the
   * whole URL, or, if it starts with `/`, for the path; in it, `*` matches anything except `/`, and `**` anything. The
   * last server made takes precedence. URLs that no server matches connect as usual.
   */
  readonly match: RegExp | string;
  /**
   * With `"page"`, the default, the page's `WebSocket` is this library's. Its bytes go over a binding, without a
   * network or a content policy in between. With `"wire"` it is the browser's own, redirected to 127.0.0.1; the page's
   * policy must allow that (`connect-src`).
   */
  readonly mode?: "page" | "wire" | undefined;
  /** The context whose pages reach the server; by default the test's own. */
  readonly context?: BrowserContext | undefined;
}

const table: OptionTable<WebSocketServerOptions> = {
  ...testServerTable,
  match: "a string or an object",
  mode: "a string",
  context: "{ exposeBinding }",
};

/** Throws `TypeError` if an option is invalid. */
export function checkServerOptions(options: WebSocketServerOptions): void {
  checkOptions("webSocketServer()", options, table);
}

/**
 * A server in the test process for code that runs in the browser.
 *
 * @see {@link test}
 */
export interface WebSocketServer extends TestServer {
  /** `ws://127.0.0.1:PORT` of a server on the wire, for an application whose URL you can configure; else empty. */
  readonly url: string;
}

let lastId = 0;

/**
 * Makes a server. Call it before you open the page. Rejects with `TypeError` or `RangeError` if an option is invalid.
 */
export async function createWebSocketServer(
  context: BrowserContext,
  bridge: Bridge,
  { match, mode = "page", ...options }: Omit<WebSocketServerOptions, "context">,
): Promise<WebSocketServer> {
  const pattern = toMatch(match);
  if (mode !== "page" && mode !== "wire") throw new TypeError(`mode must be "page" or "wire", not ${String(mode)}`);
  const server = new ReachableServer(passOn(options), () => hintOf(bridge, describeMatch(pattern)));
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
 * Chromium 156 asks the user whether a page may connect to this machine, unless it knows that the page itself is local.
 * It does not know that of a worker whose script is routed.
 */
async function allowLoopback(context: BrowserContext): Promise<void> {
  if (context.browser()?.browserType().name() === "chromium") await context.grantPermissions(["local-network-access"]);
}

/** Returns the cookies that the browser would send, even those hidden from scripts. */
async function cookiesFor(context: BrowserContext, url: string): Promise<string> {
  const cookies = await context.cookies(url.replace(/^ws/, "http")).catch(() => []);
  return cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
}

function hintOf({ passed }: Bridge, match: string): string {
  const others = [...passed].map((url) => `\n  ${url}`).join("");
  return `, for ${match}${others === "" ? "" : `; pages connected to other URLs:${others}`}`;
}
