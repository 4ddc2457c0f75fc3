/**
 * Workers of every kind, under the strictest policy that allows scripts: classic, module, nested, shared, from a Blob.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "../../src/server/index.ts";
import { upgrades } from "../../src/transports/node.ts";
import { expect, test as base } from "../../src/playwright/index.ts";

/** Answers with the policy, and with what is served under the path. */
interface Site {
  readonly url: string;
  /** The paths and queries that were asked for. */
  readonly asked: string[];
  serve(path: string, text: string, headers?: Record<string, string>): void;
}

const CONNECT = "const socket = new WebSocket('wss://chat.example/live?from=' + name);";
const TALK = "socket.onmessage = ({ data }) => socket.send(data + ' at ' + location.href);";

const test = base.extend<{ site: Site }>({
  site: async ({}, use) => {
    const served = new Map<string, { text: string; headers: Record<string, string> }>();
    const asked: string[] = [];
    const http = createServer((request, response) => {
      const url = request.url ?? "";
      asked.push(url);
      const { text = "", headers = {} } = served.get(url.replace(/\?.*/, "")) ?? {};
      response.writeHead(text === "" ? 404 : 200, {
        "content-security-policy": "default-src 'none'; script-src 'self'",
        "content-type": url.includes(".js") ? "text/javascript" : "text/html",
        ...headers,
      });
      response.end(text);
    });
    const echo = new WebSocketServer({ origins: "any" });
    echo.on("connection", (peer) =>
      peer.on("message", (data) => peer.send(`echo of ${(data as Uint8Array).toString()}`)),
    );
    void echo.serve(upgrades(http));
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const serve = (path: string, text: string, headers: Record<string, string> = {}): void =>
      void served.set(path, { text, headers });
    serve("/", "<!doctype html><title>Workers</title>");
    await use({ url, asked, serve });
    echo.close();
    http.close();
    http.closeAllConnections();
  },
});

for (const mode of ["page", "wire"] as const) {
  test.describe(mode === "page" ? "over a binding" : "on the wire", () => {
    // What the browser's own WebSocket may reach, the policy has to say.
    const headers = mode === "page" ? undefined : { "content-security-policy": "script-src 'self'; connect-src ws:" };

    test("a classic worker, in strict mode, with imported scripts", async ({ page, site, webSocketServer }) => {
      const server = await webSocketServer({ match: /\/live/, mode });
      if (headers) site.serve("/", "<!doctype html>", headers);
      site.serve("/deep/more.js", "self.more = 'imported';");
      const script = `'use strict';\nimportScripts('more.js');\n${CONNECT}\n${TALK}\npostMessage([(function () { return this; })() === undefined, more]);`;
      site.serve("/deep/worker.js", script, headers);
      await page.goto(site.url);
      const said = await page.evaluate(
        () =>
          new Promise((resolve) => {
            const worker = new Worker("/deep/worker.js?v=1", { name: "a" });
            worker.onmessage = ({ data }) => resolve(data);
          }),
      );
      expect(said).toEqual([true, "imported"]);
      const request = await server.request();
      expect([request.url, request.origin]).toEqual(["wss://chat.example/live?from=a", site.url]);
      const socket = await request.accept();
      await socket.send("hello");
      await expect(socket).toReceiveText(`hello at ${site.url}/deep/worker.js?v=1`);
      expect(site.asked).toContain("/deep/worker.js?v=1");
    });

    test("a module worker, whose imports connect before it runs", async ({ page, site, webSocketServer }) => {
      const server = await webSocketServer({ match: /\/live/, mode });
      if (headers) site.serve("/", "<!doctype html>", headers);
      site.serve("/worker.js", `import { socket } from './connect.js';\n${TALK}`, headers);
      site.serve("/connect.js", `export ${CONNECT}`);
      await page.goto(site.url);
      await page.evaluate(() => void new Worker("/worker.js", { type: "module", name: "m" }));
      const socket = await (await server.request()).accept();
      await socket.send("hello");
      await expect(socket).toReceiveText(`hello at ${site.url}/worker.js`);
    });

    test("a worker started by a worker ends with it", async ({ browserName, page, site, webSocketServer }) => {
      test.skip(browserName === "chromium", "the request for its script is not intercepted: it is left alone");
      const server = await webSocketServer({ match: /\/live/, mode });
      if (headers) site.serve("/", "<!doctype html>", headers);
      site.serve("/outer.js", "const inner = new Worker('/inner.js', { name: 'inner' });", headers);
      site.serve("/inner.js", `${CONNECT}\n${TALK}`, headers);
      await page.goto(site.url);
      await page.evaluate(() => {
        Object.assign(globalThis, { outer: new Worker("/outer.js") });
      });
      const socket = await (await server.request()).accept();
      await socket.send("hello");
      await expect(socket).toReceiveText(`hello at ${site.url}/inner.js`);
      await page.evaluate(() => (globalThis as unknown as { outer: Worker }).outer.terminate());
      const { code } = await socket.closed;
      if (mode === "page") expect(code).toBe(1006);
    });

    test("workers from Blobs whose URLs are revoked at once", async ({ page, site, webSocketServer }) => {
      const server = await webSocketServer({ match: /\/live/, mode });
      const policy = "script-src 'self' blob:; connect-src ws: blob:";
      site.serve("/", "<!doctype html>", { "content-security-policy": policy });
      site.serve("/far.js", CONNECT, { "access-control-allow-origin": "*" });
      await page.goto(site.url);
      await page.evaluate(
        ([connect, base]) => {
          const make = (text: string, options: WorkerOptions): void => {
            const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
            new Worker(url, options);
            URL.revokeObjectURL(url);
          };
          make(connect!, { name: "classic" });
          // As scripts of other origins are got into workers.
          make(`import "${base!}/far.js";`, { name: "module", type: "module" });
        },
        [CONNECT, site.url],
      );
      // A browser opens one connection to a host at a time (RFC 6455 §4.1).
      const urls: string[] = [];
      for (let count = 0; count < 2; count++) {
        const request = await server.request();
        urls.push(request.url);
        await request.accept();
      }
      expect(urls.toSorted()).toEqual(["wss://chat.example/live?from=classic", "wss://chat.example/live?from=module"]);
    });
  });
}

test("a shared worker serves two pages", async ({ browserName, context, page, site, webSocketServer }) => {
  test.skip(browserName === "firefox", "over BiDi the request for its script is not intercepted: it is left alone");
  const server = await webSocketServer({ match: /\/live/ });
  const script = `${CONNECT}\nconst ports = [];\nonconnect = ({ ports: [port] }) => { ports.push(port); port.onmessage = ({ data }) => socket.send(data); port.postMessage(ports.length); };`;
  site.serve("/shared.js", script);
  const connect = (): Promise<unknown> => {
    const worker = new SharedWorker("/shared.js", "s");
    Object.assign(globalThis, { worker });
    return new Promise((resolve) => (worker.port.onmessage = ({ data }) => resolve(data)));
  };
  await page.goto(site.url);
  expect(await page.evaluate(connect)).toBe(1);
  const socket = await (await server.request()).accept();
  await socket.ping();
  await expect(socket).toReceivePong(); // it is open there, too
  const second = await context.newPage();
  await second.goto(site.url);
  expect(await second.evaluate(connect)).toBe(2);
  for (const [one, text] of [
    [page, "first"],
    [second, "second"],
  ] as const) {
    await one.evaluate(
      (said) => (globalThis as unknown as { worker: SharedWorker }).worker.port.postMessage(said),
      text,
    );
    await expect(socket).toReceiveText(text);
  }
});

test("a nested worker in Chromium is unchanged", async ({ browserName, page, site, webSocketServer }) => {
  test.skip(browserName !== "chromium", "elsewhere it is served");
  await webSocketServer({ match: /\/live/ });
  site.serve("/outer.js", "new Worker('/inner.js').onmessage = ({ data }) => postMessage(data);");
  site.serve("/inner.js", "postMessage(String(WebSocket));");
  await page.goto(site.url);
  const said = await page.evaluate(
    () => new Promise((resolve) => (new Worker("/outer.js").onmessage = ({ data }) => resolve(data))),
  );
  expect(said).toContain("native code");
  expect(site.asked).toContain("/inner.js");
});

test("a shared worker in Firefox is unchanged", async ({ browserName, page, site, webSocketServer }) => {
  test.skip(browserName !== "firefox", "elsewhere it is served");
  await webSocketServer({ match: /\/live/ });
  site.serve("/shared.js", "onconnect = ({ ports: [port] }) => port.postMessage(String(WebSocket));");
  await page.goto(site.url);
  const said = await page.evaluate(() => {
    const worker = new SharedWorker("/shared.js");
    return new Promise((resolve) => (worker.port.onmessage = ({ data }) => resolve(data)));
  });
  expect(said).toContain("native code");
  expect(site.asked).toContain("/shared.js");
});

test("a worker that closes itself loses its connection", async ({ page, site, webSocketServer }) => {
  const server = await webSocketServer({ match: /\/live/ });
  site.serve("/worker.js", `${CONNECT}\nsocket.onmessage = () => close();`);
  await page.goto(site.url);
  await page.evaluate(() => void new Worker("/worker.js"));
  const socket = await (await server.request()).accept();
  await socket.send("enough");
  expect(await socket.closed).toMatchObject({ code: 1006 });
});

test("a worker whose script does not exist fails as without the fixture", async ({ page, site, webSocketServer }) => {
  await webSocketServer({ match: /\/live/ });
  await page.goto(site.url);
  const failed = await page.evaluate(
    () => new Promise((resolve) => (new Worker("/missing.js").onerror = ({ type }) => resolve(type))),
  );
  expect(failed).toBe("error");
});

test.describe("with workers left alone", () => {
  test.use({ webSocketWorkers: false });
  test("they use the browser's WebSocket, and nothing is routed", async ({ page, site, webSocketServer }) => {
    await webSocketServer({ match: /\/live/ });
    site.serve("/worker.js", "postMessage(String(WebSocket));");
    await page.goto(site.url);
    const said = await page.evaluate(
      () => new Promise((resolve) => (new Worker("/worker.js").onmessage = ({ data }) => resolve(data))),
    );
    expect(said).toContain("native code");
  });
});

test("URLs without a test server reach the original server", async ({ page, site, webSocketServer }) => {
  await webSocketServer({ match: /\/live/ });
  site.serve("/", "<!doctype html>", { "content-security-policy": "script-src 'self'; connect-src ws:" });
  await page.goto(site.url);
  const seen = await page.evaluate(
    async (url) => {
      class Derived extends WebSocket {
        get twice(): string {
          return this.url + this.url;
        }
      }
      const facts = (socket: WebSocket): unknown[] => [
        socket instanceof WebSocket,
        Object.getPrototypeOf(socket) === WebSocket.prototype,
        socket.constructor === WebSocket,
        Object.prototype.toString.call(socket),
        socket.OPEN,
      ];
      const real = new WebSocket(url);
      const heard = new Promise((resolve) => (real.onmessage = ({ data }) => resolve(data)));
      real.onopen = () => real.send("hello");
      const ours = new WebSocket("ws://chat.example/live");
      const derived = [new Derived(url), new Derived("ws://chat.example/live")];
      let refused = "";
      try {
        new WebSocket("mailto:nobody");
      } catch (error) {
        refused = (error as DOMException).name;
      }
      return {
        heard: await heard,
        real: facts(real),
        ours: facts(ours),
        derived: derived.map((socket) => [
          socket instanceof Derived,
          socket instanceof WebSocket,
          socket.twice,
          socket.readyState,
        ]),
        refused,
        statics: [WebSocket.CONNECTING, WebSocket.OPEN, WebSocket.name, WebSocket.length],
        own: Object.keys(ours),
      };
    },
    site.url.replace("http", "ws"),
  );
  const real = site.url.replace("http", "ws");
  expect(seen).toEqual({
    heard: "echo of hello",
    real: [true, true, true, "[object WebSocket]", 1],
    ours: [true, true, true, "[object WebSocket]", 1],
    derived: [
      [true, true, `${real}/${real}/`, expect.any(Number)],
      [true, true, "ws://chat.example/livews://chat.example/live", 0],
    ],
    refused: "SyntaxError",
    statics: [0, 1, "WebSocket", 1],
    own: [],
  });
});

test("the request has the cookies that the browser would send, including those hidden from scripts", async ({
  context,
  page,
  site,
  webSocketServer,
}) => {
  const server = await webSocketServer({ match: /\/live/ });
  await context.addCookies([
    { name: "session", value: "secret", domain: "chat.example", path: "/", httpOnly: true, secure: true },
    { name: "other", value: "x", domain: "elsewhere.example", path: "/" },
  ]);
  await page.goto(site.url);
  await page.evaluate(() => void new WebSocket("wss://chat.example/live"));
  expect((await server.request()).headers.get("cookie")).toBe("session=secret");
});
