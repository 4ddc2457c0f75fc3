/** Our server can be used like one of ws: the same tests for both, and finally the differences. */
import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import type { VerifyClientCallbackSync, WebSocket } from "ws";
import type { ClientOptions } from "../../src/index.ts";
import { Client } from "../server/client.ts";
import { openPeer, ours, ws, type Options, type Running } from "./wsServers.ts";

const ascii = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const request = (...lines: string[]): string =>
  [
    "GET / HTTP/1.1",
    "Host: server.example",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    ...lines,
    "\r\n",
  ].join("\r\n");

/** What a server sends until it hangs up. */
async function answerTo(running: Running, text: string): Promise<string> {
  const { readable, writable } = running.dial();
  const writer = writable.getWriter();
  writer.closed.catch(() => {});
  await writer.write(ascii(text));
  let answer = "";
  const decoder = new TextDecoder();
  for await (const chunk of readable as unknown as AsyncIterable<Uint8Array>) answer += decoder.decode(chunk);
  await writer.close().catch(() => {});
  return answer;
}

type Info = Parameters<VerifyClientCallbackSync>[0];

describe.each([ws, ours])("$name", ({ start }) => {
  let running: Running;

  async function serve(options?: Options): Promise<Running> {
    running = await start(options);
    onTestFinished(() => running.stop());
    return running;
  }

  /** The status that a client gets when it is refused. */
  async function refusal(
    options: Partial<ClientOptions> = {},
  ): Promise<{ status: number; body: string; headers: Headers }> {
    const client = new Client(running.dial(), options);
    const { status, headers } = await client.event("connectionRejected");
    let body = "";
    for (;;) {
      const { data, finished } = await client.event("rejectionData");
      body += new TextDecoder().decode(data);
      if (finished) return { status, body, headers };
    }
  }

  describe("the request", () => {
    test("has the members that libraries read of an IncomingMessage", async () => {
      const { server } = await serve();
      const connected = once(server, "connection");
      const { request: incoming } = await openPeer(running, {
        resource: "/chat?room=1",
        headers: [
          ["X-Custom", "one"],
          ["X-Custom", "two"],
          ["Cookie", "a=b; c=d"],
        ],
      });
      const { url, method, httpVersion, headers } = incoming;
      expect({ url, method, httpVersion }).toEqual({ url: "/chat?room=1", method: "GET", httpVersion: "1.1" });
      expect(headers).toMatchObject({
        host: "server.example",
        upgrade: "websocket",
        connection: "Upgrade",
        cookie: "a=b; c=d",
        "x-custom": "one, two",
        "sec-websocket-version": "13",
      });
      expect(Object.keys(incoming.headers)).not.toContain("origin");
      expect(incoming.socket).toBe(((await connected) as [WebSocket & { _socket: unknown }])[0]._socket);
    });
  });

  describe("subprotocols", () => {
    const offer = { subprotocols: ["first", "second"] };
    test("the first is taken by default", async () => {
      const { client, peer } = await openPeer(await serve(), offer);
      expect([peer.protocol, client.connection.subprotocol]).toEqual(["first", "first"]);
    });
    test("handleProtocols chooses, and receives the request", async () => {
      const asked: unknown[] = [];
      await serve({
        handleProtocols: (protocols, { url }) => {
          asked.push(protocols, url);
          return "second";
        },
      });
      const { client, peer } = await openPeer(running, offer);
      expect([peer.protocol, client.connection.subprotocol]).toEqual(["second", "second"]);
      expect(asked).toEqual([new Set(["first", "second"]), "/"]);
    });
    test("handleProtocols may choose none", async () => {
      const { client, peer } = await openPeer(await serve({ handleProtocols: () => false }), offer);
      expect([peer.protocol, client.connection.subprotocol]).toEqual(["", undefined]);
    });
    test("handleProtocols may be set later, as graphql-ws does, and is not called without an offer", async () => {
      const { server } = await serve();
      let calls = 0;
      server.options.handleProtocols = () => {
        calls++;
        return "second";
      };
      await openPeer(running);
      expect(calls).toBe(0);
      expect((await openPeer(running, offer)).peer.protocol).toBe("second");
    });
  });

  describe("a client is refused", () => {
    test("with 400 for another path, whatever its query", async () => {
      await serve({ path: "/chat" });
      expect((await refusal({ resource: "/other" })).status).toBe(400);
      expect((await refusal({ resource: "/chat/" })).status).toBe(400);
      await openPeer(running, { resource: "/chat?room=1" });
    });
    test("with 401 if verifyClient refuses", async () => {
      const asked: unknown[] = [];
      await serve({
        verifyClient: ({ origin, secure, req }: Info) => {
          asked.push([origin, secure, req.url]);
          return req.url === "/open";
        },
      });
      expect((await refusal({ origin: "http://server.example" })).status).toBe(401);
      await openPeer(running, { resource: "/open" });
      expect(asked).toEqual([
        ["http://server.example", false, "/"],
        [undefined, false, "/open"],
      ]);
    });
    test("with the status that verifyClient gives, later", async () => {
      await serve({
        verifyClient: (_, verified) => {
          setTimeout(() => verified(false, 403, "not you", { "x-why": "because" }));
        },
      });
      const { status, body, headers } = await refusal();
      expect([status, body, headers.get("x-why"), headers.get("connection")]).toEqual([
        403,
        "not you",
        "because",
        "close",
      ]);
    });
    test("or accepted, if verifyClient agrees later", async () => {
      await serve({ verifyClient: (_, verified) => void setTimeout(() => verified(true)) });
      const { client, peer } = await openPeer(running);
      peer.send("welcome");
      expect(await client.message()).toBe("welcome");
    });
    test("messages sent before the accept are not lost", async () => {
      const { server } = await serve({ verifyClient: (_, verified) => void setTimeout(() => verified(true), 20) });
      const received = new Promise((resolve) => {
        server.on("connection", (peer) => peer.on("message", (data: Buffer) => resolve(data.toString())));
      });
      const { readable, writable } = running.dial();
      await writable.getWriter().write(Buffer.concat([ascii(request()), Buffer.from("8182000000006869", "hex")]));
      expect(await received).toBe("hi");
      await readable.cancel();
    });
  });

  describe("an invalid request", () => {
    test.each([
      ["another method", request().replace("GET", "POST")],
      ["no key", request().replace(/Sec-WebSocket-Key: .*\r\n/, "")],
      ["a short key", request().replace("AAAA==", "==")],
      ["another version", request().replace("Version: 13", "Version: 7")],
      ["no version", request().replace(/Sec-WebSocket-Version: .*\r\n/, "")],
      ["invalid subprotocols", request("Sec-WebSocket-Protocol: a,,b c")],
    ])("is answered with a 4xx: %s", async (_, text) => {
      await serve();
      expect(await answerTo(running, text)).toMatch(/^HTTP\/1.1 4\d\d /);
    });
    test.each(["garbage\r\n\r\n", "\0\0\0\0\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"])(
      "is answered with a 4xx: %j",
      async (text) => {
        await serve();
        expect(await answerTo(running, text)).toMatch(/^HTTP\/1.1 4\d\d /);
      },
    );
    test("leaves the server to others", async () => {
      await serve();
      await answerTo(running, "garbage\r\n\r\n");
      const { client, peer } = await openPeer(running);
      peer.send("still here");
      expect(await client.message()).toBe("still here");
    });
  });

  describe("the answer", () => {
    test("has the headers that a listener adds", async () => {
      const { server } = await serve();
      server.on("headers", (lines, { url }) => {
        expect(lines[0]).toBe("HTTP/1.1 101 Switching Protocols");
        lines.push(`X-Url: ${url}`, "Set-Cookie: a=1", "Set-Cookie: b=2");
      });
      const client = new Client(running.dial(), { resource: "/path" });
      const { headers } = await client.event("connectionEstablished");
      expect([headers.get("x-url"), headers.getSetCookie()]).toEqual(["/path", ["a=1", "b=2"]]);
    });
  });

  describe("clients", () => {
    test("contains the open ones, and not one whose close listener runs", async () => {
      const { server } = await serve();
      expect(server.clients.size).toBe(0);
      const [one, two] = [await openPeer(running), await openPeer(running)];
      expect(server.clients).toEqual(new Set([one.peer, two.peer]));
      const left = new Promise((resolve) => one.peer.on("close", () => resolve(server.clients.size)));
      one.client.do((connection) => connection.close());
      expect(await left).toBe(1);
    });
    test("does not exist without clientTracking", async () => {
      const { server } = await serve({ clientTracking: false });
      await openPeer(running);
      expect(server.clients).toBeUndefined();
    });
  });

  describe("close", () => {
    test("calls back at once without connections, and emits close", async () => {
      const { server } = await serve();
      const heard = once(server, "close");
      const args = await new Promise((resolve) => server.close((...given) => resolve(given)));
      expect(args).toEqual([]);
      await heard;
    });
    test("calls back when the last peer has closed, and leaves them open until then", async () => {
      const { server } = await serve();
      const { client, peer } = await openPeer(running);
      const order: string[] = [];
      peer.on("close", () => order.push("peer"));
      const closed = new Promise<void>((resolve) => server.close(() => resolve())).then(() => order.push("server"));
      peer.send("still open");
      expect(await client.message()).toBe("still open");
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(order).toEqual([]);
      client.do((connection) => connection.close());
      await closed;
      await expect.poll(() => order.toSorted()).toEqual(["peer", "server"]);
    });
    test("calls back every time, with an error once it is closed", async () => {
      const { server } = await serve();
      const close = (): Promise<unknown[]> => new Promise((resolve) => server.close((...given) => resolve(given)));
      expect(await Promise.all([close(), close()])).toEqual([[], []]);
      expect(await close()).toEqual([new Error("The server is not running")]);
    });
    test("still calls back after every listener was removed, as graphql-ws does", async () => {
      const { server } = await serve();
      const { peer } = await openPeer(running);
      peer.close(1001, "Going away");
      server.removeAllListeners();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    });
  });
});

describe("differences from ws", () => {
  async function both(options: Options = {}): Promise<{ theirs: Running; mine: Running }> {
    const [theirs, mine] = [await ws.start(options), await ours.start(options)];
    onTestFinished(async () => {
      await theirs.stop();
      await mine.stop();
    });
    return { theirs, mine };
  }
  const status = (answer: string): number => Number(answer.slice(9, 12));

  test("a page of another origin is refused by default: ws leaves that to verifyClient", async () => {
    const { theirs, mine } = await both();
    await openPeer(theirs, { origin: "https://evil.example" });
    const client = new Client(mine.dial(), { origin: "https://evil.example" });
    expect((await client.event("connectionRejected")).status).toBe(403);
  });
  test("another version gets 426, as in RFC 6455 §4.4, and not 400; version 8 is not supported", async () => {
    const { theirs, mine } = await both();
    const seven = request().replace("Version: 13", "Version: 7");
    expect([status(await answerTo(theirs, seven)), status(await answerTo(mine, seven))]).toEqual([400, 426]);
    const eight = request().replace("Version: 13", "Version: 8");
    expect(status(await answerTo(mine, eight))).toBe(426);
  });
  test("a promise of verifyClient is awaited: ws takes it for true", async () => {
    const verifyClient = (() => Promise.resolve(false)) as never;
    const { theirs, mine } = await both({ verifyClient });
    await openPeer(theirs);
    expect((await new Client(mine.dial()).event("connectionRejected")).status).toBe(401);
  });
  test("a wsClientError listener is called after the answer: with ws it must answer", async () => {
    const { theirs, mine } = await both();
    const heard: string[] = [];
    theirs.server.on("wsClientError", (error, socket) => {
      heard.push(error.message);
      socket.end();
    });
    mine.server.on("wsClientError", (error) => void heard.push(error.message));
    const keyless = request().replace(/Sec-WebSocket-Key: .*\r\n/, "");
    expect(await answerTo(theirs, keyless)).toBe("");
    expect(status(await answerTo(mine, keyless))).toBe(400);
    expect(heard).toEqual(["Missing or invalid Sec-WebSocket-Key header", "Sec-WebSocket-Key is missing"]);
  });
  test("an invalid close code is a RangeError, not a TypeError", async () => {
    const { theirs, mine } = await both();
    const [one, two] = [await openPeer(theirs), await openPeer(mine)];
    expect(() => one.peer.close(1005)).toThrow(TypeError);
    expect(() => two.peer.close(1005)).toThrow(RangeError);
  });
  test("errors have this library's names instead of WS_ERR_…", async () => {
    const { theirs, mine } = await both();
    const codes = [];
    for (const running of [theirs, mine]) {
      const { client, peer } = await openPeer(running);
      const failed = once(peer, "error") as Promise<[{ code: string }]>;
      await client.raw(Uint8Array.of(0x83, 0x80, 0, 0, 0, 0));
      codes.push((await failed)[0].code);
    }
    expect(codes).toEqual(["WS_ERR_INVALID_OPCODE", "reservedOpcode"]);
  });
  test("bytes that are sent as text are made UTF-8: ws sends them unchanged", async () => {
    const { theirs, mine } = await both();
    const [one, two] = [await openPeer(theirs), await openPeer(mine)];
    for (const { peer } of [one, two]) peer.send(Buffer.of(0x61, 0xff), { binary: false });
    expect((await one.client.event("connectionClosed")).error?.code).toBe("invalidUtf8");
    expect(await two.client.message()).toBe("a\uFFFD");
  });
  test("bytes in shared or resizable memory are refused: ws sends them", async () => {
    const { theirs, mine } = await both();
    const [one, two] = [await openPeer(theirs), await openPeer(mine)];
    for (const bytes of [
      new Uint8Array(new SharedArrayBuffer(2)),
      new Uint8Array(new ArrayBuffer(2, { maxByteLength: 4 })),
    ]) {
      one.peer.send(bytes);
      expect(await one.client.message()).toEqual(new Uint8Array(2));
      expect(() => two.peer.send(bytes)).toThrow(TypeError);
    }
  });
  test("a peer has a url: on a ws server it is undefined", async () => {
    const { theirs, mine } = await both();
    expect((await openPeer(theirs)).peer.url).toBeUndefined();
    expect((await openPeer(mine, { resource: "/chat" })).peer.url).toBe("ws://server.example/chat");
  });
});
