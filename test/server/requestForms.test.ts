/**
 * Unusual forms of requests at every interface: absolute targets, lists and cookies on several lines, and credentials.
 */
import { describe, expect, test } from "vitest";
import { crosswsAdapter, WebSocketServer } from "../../src/server/index.ts";
import { accept, connect, serve } from "../../src/stream/index.ts";
import { pipe } from "../../src/transports/pipe.ts";
import { createWebSocketClass } from "../../src/websocket/index.ts";
import { request } from "../handshake/heads.ts";

/** A transport on which this request has arrived. The client reads the answer, then ends. */
function asked(...changes: string[]): ReturnType<typeof pipe>[1] {
  const [near, far] = pipe();
  const writer = near.writable.getWriter();
  void writer.write(request(...changes));
  const reader = near.readable.getReader();
  void (async () => {
    while (!(await reader.read()).done);
    await writer.close();
  })().catch(() => undefined);
  return far;
}

const targets = [
  ["/chat?x=1", "ws://server.example.com/chat?x=1"],
  ["http://a.example/chat?x=1", "ws://a.example/chat?x=1"],
  ["HTTPS://A.example:444/chat?x=1", "wss://a.example:444/chat?x=1"],
  ["ws://a.example/chat?x=1", "ws://a.example/chat?x=1"],
  ["wss://a.example/chat?x=1", "wss://a.example/chat?x=1"],
] as const;

describe.each(targets)("RFC 9112 §3.2.2 %s", (target, url) => {
  const change = `=GET ${target} HTTP/1.1`;
  const host = target.startsWith("/") ? "server.example.com" : target.split("/")[2]!;

  test("accept", async () => {
    const incoming = await accept(asked(change));
    expect([incoming.target, incoming.url.href, incoming.host]).toEqual([target, url, host]);
  });

  test("serve", async () => {
    const seen: unknown[] = [];
    await serve([asked(change)], (incoming) => {
      seen.push(incoming.target, incoming.url.href);
      return incoming.reject();
    });
    expect(seen).toEqual([target, url]);
  });

  test.each([
    ["/chat", true],
    ["/", false],
    ["/chat?x=1", false],
  ])("WebSocketServer with the path %s", async (path, matches) => {
    const server = new WebSocketServer({ path });
    const connected = new Promise<string | undefined>((resolve) => {
      server.on("connection", (peer, { url: asIs }) => resolve(`${peer.url} ${asIs}`));
      setTimeout(() => resolve(undefined), 100);
    });
    server.handleTransport(asked(change));
    expect(await connected).toBe(matches ? `${url} ${target}` : undefined);
    server.close();
  });

  test("crossws", async () => {
    const opened = new Promise<[string, string]>((resolve) => {
      const adapter = crosswsAdapter({
        hooks: { open: (peer: { request: Request; namespace: string }) => resolve([peer.request.url, peer.namespace]) },
      });
      adapter.handleTransport(asked(change));
    });
    expect(await opened).toEqual([url.replace(/^ws/, "http"), "/chat"]);
  });
});

test("an absolute target without a path means the path /", async () => {
  const server = new WebSocketServer({ path: "/" });
  const connected = new Promise<string>((resolve) => server.on("connection", (peer) => resolve(peer.url)));
  server.handleTransport(asked("=GET http://a.example?x=1 HTTP/1.1"));
  expect(await connected).toBe("ws://a.example/?x=1");
});

test("Connection on two lines, and cookies on several", async () => {
  const lines = ["Connection: keep-alive", "+Connection: Upgrade", "+Cookie: a=1", "+Cookie: b=2; c=3"];
  expect((await accept(asked(...lines))).headers.get("cookie")).toBe("a=1; b=2; c=3");
  const server = new WebSocketServer();
  const cookie = new Promise<unknown>((resolve) =>
    server.on("connection", (_, { headers }) => resolve(headers.cookie)),
  );
  server.handleTransport(asked(...lines));
  expect(await cookie).toBe("a=1; b=2; c=3");
  const opened = new Promise<unknown>((resolve) => {
    crosswsAdapter({
      hooks: { open: ({ request: { headers } }: { request: Request }) => resolve(headers.get("cookie")) },
    }).handleTransport(asked(...lines));
  });
  expect(await opened).toBe("a=1; b=2; c=3");
});

describe("credentials in the URL (RFC 7617), of a client", () => {
  const url = "wss://us%20er:p%C3%A4ss@a.example/chat";
  const basic = `Basic ${btoa("us er:p\xc3\xa4ss")}`;

  test.each([
    [{}, basic],
    [{ headers: { "X-A": "1" } }, basic],
    [{ headers: { authorization: "Bearer t" } }, "Bearer t"],
  ])("connect, with %j", async (options, expected) => {
    const [near, far] = pipe();
    const session = connect(near, { url, ...options });
    const incoming = await accept(far);
    expect(incoming.headers.get("authorization")).toBe(expected);
    expect(incoming.headers.get("x-a")).toBe("headers" in options && "X-A" in options.headers ? "1" : null);
    expect([incoming.host, incoming.target]).toEqual(["a.example", "/chat"]);
    await incoming.accept();
    await session;
  });

  test.each([
    [{}, basic],
    [{ headers: { "X-A": "1" } }, basic],
    [{ headers: { authorization: "Bearer t" } }, "Bearer t"],
  ])("the class, with %j, whose url is the platform's", async (options, expected) => {
    const [near, far] = pipe();
    const WebSocket = createWebSocketClass(() => near, options);
    const socket = new WebSocket(url);
    expect(socket.url).toBe(url);
    expect((await accept(far)).headers.get("authorization")).toBe(expected);
  });

  test("cookies in several entries are joined with a semicolon", async () => {
    const [near, far] = pipe();
    void connect(near, {
      headers: [
        ["Cookie", "a=1"],
        ["cookie", "b=2"],
      ],
    }).catch(() => undefined);
    expect((await accept(far)).headers.get("cookie")).toBe("a=1; b=2");
  });
});
