/** Hooks of crossws, over its Node adapter and over ours: the same tests for both. */
import { defineHooks, type AdapterOptions, type Hooks, type Message, type Peer } from "crossws";
import nodeAdapter from "crossws/adapters/node";
import { broadcastChannel } from "crossws/sync";
import { createServer } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { ClientOptions } from "../../src/index.ts";
import { crosswsAdapter } from "../../src/server/index.ts";
import { pipe, type ByteTransport } from "../../src/transports/pipe.ts";
import { Client } from "../server/client.ts";

type Options = Pick<AdapterOptions, "hooks" | "resolve" | "getNamespace" | "handleProtocols" | "sync" | "idleTimeout">;

/** What both adapters have. */
interface Adapter {
  readonly peers: Map<string, Set<Peer>>;
  publish(topic: string, data: unknown, options?: { namespace?: string }): void;
  close(code?: number, reason?: string): Promise<void>;
  closeAll(code?: number, reason?: string, force?: boolean): void;
}

interface Running {
  readonly adapter: Adapter;
  dial(): ByteTransport;
  stop(): Promise<void>;
}

interface Kind {
  readonly name: string;
  readonly start: (options: Options) => Promise<Running>;
}

const theirs: Kind = {
  name: "its adapter for Node, over TCP",
  async start(options) {
    const adapter = nodeAdapter(options);
    const http = createServer();
    const sockets = new Set<Socket>();
    http.on("upgrade", (request, socket, head) => void adapter.handleUpgrade(request, socket, head));
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const { port } = http.address() as AddressInfo;
    return {
      adapter: adapter as unknown as Adapter,
      dial() {
        const socket = connect({ host: "127.0.0.1", port, noDelay: true, allowHalfOpen: true });
        socket.on("error", () => {});
        sockets.add(socket);
        return { ...(Duplex.toWeb(socket) as unknown as ByteTransport), close: () => socket.destroySoon() };
      },
      async stop() {
        for (const socket of sockets) socket.destroy();
        await adapter.close();
        await new Promise((resolve) => http.close(resolve));
      },
    };
  },
};

const ours: Kind = {
  name: "ours, over pipes",
  start(options) {
    const adapter = crosswsAdapter(options);
    return Promise.resolve({
      adapter: adapter as unknown as Adapter,
      dial() {
        const [near, far] = pipe();
        adapter.handleTransport(far);
        return near;
      },
      async stop() {
        adapter.closeAll(undefined, undefined, true);
        await adapter.close();
      },
    });
  },
};

describe.each([theirs, ours])("$name", ({ start }) => {
  let running: Running;

  async function serve(hooks: Partial<Hooks>, options: Omit<Options, "hooks"> = {}): Promise<Running> {
    running = await start({ ...options, hooks: defineHooks(hooks) });
    const started = running;
    onTestFinished(() => started.stop());
    return started;
  }

  const dial = (options: Partial<ClientOptions> = {}): Client => new Client(running.dial(), options);

  async function open(options: Partial<ClientOptions> = {}): Promise<Client> {
    const client = dial(options);
    await client.event("connectionEstablished");
    return client;
  }

  async function refusal(
    options: Partial<ClientOptions> = {},
  ): Promise<{ status: number; body: string; headers: Headers }> {
    const client = dial(options);
    const { status, headers } = await client.event("connectionRejected");
    let body = "";
    for (;;) {
      const { data, finished } = await client.event("rejectionData");
      body += new TextDecoder().decode(data);
      if (finished) return { status, body, headers };
    }
  }

  describe("the hooks", () => {
    test("are called in the order of events", async () => {
      const calls: unknown[] = [];
      await serve({
        upgrade: () => void calls.push("upgrade"),
        open: () => void calls.push("open"),
        message: (_, message) => void calls.push("message", message.text()),
        ping: (_, data) => void calls.push("ping", String(data)),
        pong: (_, data) => void calls.push("pong", String(data)),
        close: (_, details) => void calls.push("close", details.code, details.reason),
      });
      const client = await open();
      client.do((connection) => {
        connection.sendData("hello");
        connection.ping(Buffer.from("a"));
        connection.pong(Buffer.from("b"));
        connection.close(3000, "bye");
      });
      const expected = ["upgrade", "open", "message", "hello", "ping", "a", "pong", "b", "close", 3000, "bye"];
      await expect.poll(() => calls).toEqual(expected);
    });
    test("may send as soon as it is open", async () => {
      await serve({ open: (peer) => void peer.send("welcome") });
      expect(await (await open()).message()).toBe("welcome");
    });
    test("can also come from the request, after the common ones", async () => {
      const calls: unknown[] = [];
      await serve(
        { message: () => void calls.push("common") },
        {
          resolve: (request) =>
            Promise.resolve({
              message: (peer: Peer, message: Message) => {
                calls.push(new URL(request.url).pathname);
                peer.send(message.text());
              },
            }),
        },
      );
      const client = await open({ resource: "/room" });
      client.do((connection) => ["one", "two"].forEach((text) => connection.sendData(text)));
      expect([await client.message(), await client.message()]).toEqual(["one", "two"]);
      expect(calls.toSorted()).toEqual(["/room", "/room", "common", "common"]);
    });
    test("report errors when the client breaks the protocol, and then the end", async () => {
      const calls: unknown[] = [];
      await serve({
        error: (_, error) => void calls.push(error.name, error instanceof Error),
        close: (_, { code }) => void calls.push(code),
      });
      const client = await open();
      await client.raw(Uint8Array.of(0x83, 0x80, 0, 0, 0, 0));
      await expect.poll(() => calls).toEqual(["WSError", true, 1006]);
    });
    test("report when there is room again", async () => {
      let drains = 0;
      const peers: Peer[] = [];
      await serve({ open: (peer) => void peers.push(peer), drain: () => void drains++ });
      const client = await open();
      await expect.poll(() => peers.length).toBe(1);
      client.hold();
      const waiting = peers[0]!.send(new Uint8Array(8_000_000));
      expect(waiting).toBeGreaterThan(1_000_000);
      expect(peers[0]!.bufferedAmount).toBeGreaterThan(1_000_000);
      const drained = peers[0]!.waitForDrain({ pollInterval: 5 });
      client.release();
      await drained;
      expect(peers[0]!.bufferedAmount).toBe(0);
      await expect.poll(() => drains).toBe(1);
    });
  });

  describe("the upgrade hook", () => {
    test("sees the request, with all of its headers", async () => {
      const seen: unknown[] = [];
      await serve({
        upgrade(request) {
          seen.push(request instanceof Request, request.method, request.url);
          seen.push(request.headers.get("cookie"), request.headers.get("origin"), request.headers.get("host"));
        },
      });
      await open({
        resource: "/chat?room=1",
        origin: "http://server.example",
        headers: { cookie: "session=1" },
      });
      expect(seen).toEqual([
        true,
        "GET",
        "http://server.example/chat?room=1",
        "session=1",
        "http://server.example",
        "server.example",
      ]);
    });
    test("gives each connection a separate context", async () => {
      const contexts: unknown[] = [];
      await serve({
        upgrade: (request) => ({ context: { path: new URL(request.url).pathname } }),
        open: (peer) => void contexts.push(peer.context),
      });
      await open({ resource: "/a" });
      await open({ resource: "/b" });
      await expect.poll(() => contexts).toEqual([{ path: "/a" }, { path: "/b" }]);
    });
    test.each([
      ["returned", () => Promise.resolve(new Response("not you", { status: 401, headers: { "x-why": "no" } }))],
      ["thrown", () => Promise.reject(new Response("not you", { status: 401, headers: { "x-why": "no" } }) as never)],
      [
        "thrown in an error, as h3 does it",
        () => {
          const response = new Response("not you", { status: 401, headers: { "x-why": "no" } });
          throw Object.assign(new Error("no"), { response });
        },
      ],
    ])("refuses with a Response that is %s", async (_, upgrade) => {
      let opened = false;
      await serve({ upgrade: upgrade, open: () => void (opened = true) });
      const { status, body, headers } = await refusal();
      expect([status, body, headers.get("x-why"), opened]).toEqual([401, "not you", "no", false]);
    });
    test("adds headers to the answer", async () => {
      await serve({
        upgrade: () => ({
          headers: [
            ["x-a", "1"],
            ["set-cookie", "b=2"],
            ["set-cookie", "c=3"],
          ],
        }),
      });
      const client = dial();
      const { headers } = await client.event("connectionEstablished");
      expect([headers.get("x-a"), headers.getSetCookie()]).toEqual(["1", ["b=2", "c=3"]]);
    });
    test("that fails causes a 500, and the server continues", async () => {
      const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
      onTestFinished(() => warn.mockRestore());
      await serve({
        upgrade(request) {
          if (request.url.endsWith("/bad")) throw new Error("mine");
        },
      });
      const client = dial({ resource: "/bad" });
      expect((await client.event("connectionRejected")).status).toBe(500);
      await open();
    });
  });

  describe("subprotocols", () => {
    const offer = { subprotocols: ["one", "two"] };
    test("there is none by default", async () => {
      await serve({});
      expect((await open(offer)).connection.subprotocol).toBeUndefined();
    });
    test.each<[string, Partial<Hooks>, Omit<Options, "hooks">]>([
      ["the upgrade hook", { upgrade: () => ({ protocol: "two" }) }, {}],
      ["a header of the upgrade hook", { upgrade: () => ({ headers: { "sec-websocket-protocol": "two" } }) }, {}],
      ["handleProtocols", {}, { handleProtocols: (protocols) => [...protocols].at(-1) }],
      ["handleProtocols, later", {}, { handleProtocols: (protocols) => Promise.resolve([...protocols].at(-1)) }],
      ["the hook before handleProtocols", { upgrade: () => ({ protocol: "two" }) }, { handleProtocols: () => "one" }],
    ])("are chosen by %s", async (_, hooks, options) => {
      const protocols: unknown[] = [];
      await serve({ ...hooks, open: (peer) => void protocols.push(peer.websocket.protocol) }, options);
      expect((await open(offer)).connection.subprotocol).toBe("two");
    });
  });

  describe("a message", () => {
    async function receive(data: string | Uint8Array<ArrayBuffer>): Promise<Message> {
      const received = new Promise<Message>((resolve, reject) => {
        serve({ message: (_, message) => resolve(message) }).then(
          async () => (await open()).do((connection) => connection.sendData(data)),
          reject,
        );
      });
      return received;
    }
    test("of text can be read as text and in other forms", async () => {
      const message = await receive('{"a":"ö"}');
      expect([message.text(), String(message), message[Symbol.toPrimitive](), message.rawData]).toEqual(
        Array(4).fill('{"a":"ö"}'),
      );
      expect(message.json()).toEqual({ a: "ö" });
      expect([...message.uint8Array()]).toEqual([...Buffer.from('{"a":"ö"}')]);
      expect(message.arrayBuffer().byteLength).toBeGreaterThanOrEqual(10);
      expect(await message.blob().text()).toBe('{"a":"ö"}');
      expect(message.data).toEqual(Buffer.from('{"a":"ö"}'));
    });
    test("of bytes can be read as bytes and in other forms", async () => {
      const message = await receive(Uint8Array.of(0x68, 0x69));
      expect([message.text(), [...message.uint8Array()]]).toEqual(["hi", [0x68, 0x69]]);
      expect(message.data).toEqual(Buffer.from("hi"));
      expect(new Uint8Array(await message.blob().arrayBuffer())).toEqual(Uint8Array.of(0x68, 0x69));
    });
    test("has an id, and its peer", async () => {
      const message = await receive("hello");
      expect(message.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(message.id).toBe(message.id);
      expect(message.peer?.id).toBeTypeOf("string");
    });
    test("that is not JSON is a SyntaxError", async () => {
      const message = await receive("{");
      expect(() => message.json()).toThrow(SyntaxError);
    });
  });

  describe("a peer", () => {
    async function peerOf(options: Partial<ClientOptions> = {}): Promise<{ client: Client; peer: Peer }> {
      const peers: Peer[] = [];
      await serve({ open: (peer) => void peers.push(peer) });
      const client = await open(options);
      await expect.poll(() => peers.length).toBe(1);
      return { client, peer: peers[0]! };
    }
    test("has an id, its request and its namespace", async () => {
      const { peer } = await peerOf({ resource: "/room/7?x" });
      expect(peer.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect([String(peer), peer[Symbol.toPrimitive]()]).toEqual([peer.id, peer.id]);
      expect([peer.request.url, peer.namespace]).toEqual(["http://server.example/room/7?x", "/room/7"]);
      expect([...peer.peers]).toEqual([peer]);
      expect(running.adapter.peers.get("/room/7")).toEqual(new Set([peer]));
      expect(peer.websocket.readyState).toBe(1);
      expect(peer.websocket.url).toBe("ws://server.example/room/7?x");
    });
    test.each<[string, unknown, string | Uint8Array]>([
      ["a string", "wörld", "wörld"],
      ["bytes", Uint8Array.of(1, 2), Uint8Array.of(1, 2)],
      ["a Buffer", Buffer.of(1, 2), Uint8Array.of(1, 2)],
      ["an ArrayBuffer", Uint8Array.of(1, 2).buffer, Uint8Array.of(1, 2)],
      ["a number", 42, "42"],
      ["a boolean", true, "true"],
      ["a bigint", 7n, "7"],
      ["an object", { a: [1] }, '{"a":[1]}'],
      ["an object without a prototype", Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
      ["null", null, ""],
      ["nothing", undefined, ""],
    ])("sends %s", async (_, data, expected) => {
      const { client, peer } = await peerOf();
      expect(peer.send(data)).toBeTypeOf("number");
      expect(await client.message()).toEqual(expected);
    });
    test("sends pings", async () => {
      const { client, peer } = await peerOf();
      peer.ping("there?");
      expect(Buffer.from((await client.event("pingReceived")).payload).toString()).toBe("there?");
    });
    test("reports a ping that can't be sent to the error hook", async () => {
      const errors: string[] = [];
      await serve({
        open: (peer) => void peer.ping("x".repeat(126)),
        error: (_, error) => void errors.push(error.name),
      });
      await open();
      await expect.poll(() => errors).toEqual(["WSError"]);
    });
    test("closes with a code and a reason, and is gone from the others", async () => {
      const { client, peer } = await peerOf();
      peer.close(4000, "enough");
      expect(await client.event("connectionClosed")).toMatchObject({ code: 4000, reason: "enough", wasClean: true });
      await expect.poll(() => peer.peers.has(peer)).toBe(false);
    });
    test("terminates", async () => {
      const { client, peer } = await peerOf();
      peer.terminate();
      expect(await client.event("connectionClosed")).toMatchObject({ code: 1006 });
    });
    test("waits for room until its signal aborts or it closes", async () => {
      const { client, peer } = await peerOf();
      client.hold();
      for (let i = 0; i < 4; i++) peer.send(new Uint8Array(8_000_000));
      const giveUp = new AbortController();
      const waiting = peer.waitForDrain({ signal: giveUp.signal });
      giveUp.abort(new Error("tired"));
      await expect(waiting).rejects.toThrow("tired");
      await expect(peer.waitForDrain({ signal: giveUp.signal })).rejects.toThrow("tired");
      const last = peer.waitForDrain({ pollInterval: 5 });
      peer.terminate();
      await last;
    });
  });

  describe("what is published", () => {
    const subscribing: Partial<Hooks> = {
      open: (peer) => peer.subscribe("news"),
      message(peer, message) {
        const text = message.text();
        if (text === "leave") peer.unsubscribe("news");
        else peer.publish("news", text);
        peer.send(`done: ${text}`);
      },
    };
    const say = (client: Client, text: string): void => client.do((connection) => connection.sendData(text));

    test("by a peer reaches the other subscribers in its namespace", async () => {
      await serve(subscribing);
      const [ada, bob, eve] = [
        await open({ resource: "/a" }),
        await open({ resource: "/a" }),
        await open({ resource: "/b" }),
      ];
      say(ada, "hello");
      expect([await ada.message(), await bob.message()]).toEqual(["done: hello", "hello"]);
      say(bob, "leave");
      expect(await bob.message()).toBe("done: leave");
      say(ada, "again");
      expect(await ada.message()).toBe("done: again");
      say(bob, "mine");
      expect([await bob.message(), await ada.message()]).toEqual(["done: mine", "mine"]);
      say(eve, "alone");
      expect(await eve.message()).toBe("done: alone");
    });
    test("by the adapter reaches everyone, or one namespace", async () => {
      await serve(subscribing);
      const [ada, bob] = [await open({ resource: "/a" }), await open({ resource: "/b" })];
      await expect.poll(() => running.adapter.peers.size).toBe(2);
      running.adapter.publish("news", { to: "all" });
      expect([await ada.message(), await bob.message()]).toEqual(['{"to":"all"}', '{"to":"all"}']);
      running.adapter.publish("news", "b only", { namespace: "/b" });
      running.adapter.publish("other", "nobody");
      running.adapter.publish("news", "end");
      expect([await bob.message(), await bob.message(), await ada.message()]).toEqual(["b only", "end", "end"]);
    });
    test("stays in the given namespace", async () => {
      await serve(subscribing, { getNamespace: (request) => request.headers.get("x-room") ?? "none" });
      const one = await open({ resource: "/a", headers: { "x-room": "1" } });
      const other = await open({ resource: "/b", headers: { "x-room": "1" } });
      say(one, "hello");
      expect(await other.message()).toBe("hello");
    });
    test("also reaches other instances", async () => {
      const channel = `crossws-${crypto.randomUUID()}`;
      const here = await serve(subscribing, { sync: broadcastChannel({ channel }) });
      const there = await serve(subscribing, { sync: broadcastChannel({ channel }) });
      const far = await open();
      running = here;
      const [near, neighbour] = [await open(), await open()];
      running = there;
      say(near, "over there");
      expect([await far.message(), await neighbour.message()]).toEqual(["over there", "over there"]);
      here.adapter.publish("news", Uint8Array.of(1, 2));
      expect(await far.message()).toEqual(Uint8Array.of(1, 2));
    });
  });

  describe("the end", () => {
    test("close closes every peer", async () => {
      await serve({});
      const clients = [await open({ resource: "/a" }), await open({ resource: "/b" })];
      const closing = running.adapter.close(1001, "restart");
      for (const client of clients) {
        expect(await client.event("connectionClosed")).toMatchObject({ code: 1001, reason: "restart" });
      }
      await closing;
    });
    test("closeAll keeps the adapter working", async () => {
      await serve({});
      const client = await open();
      running.adapter.closeAll(4001, "away");
      expect(await client.event("connectionClosed")).toMatchObject({ code: 4001, reason: "away" });
      const next = await open();
      running.adapter.closeAll(undefined, undefined, true);
      expect(await next.event("connectionClosed")).toMatchObject({ code: 1006 });
    });
    test("also comes from a client that answers no pings, whose pongs no hook sees", async () => {
      const seen: unknown[] = [];
      await serve(
        { close: (_, { code }) => void seen.push(code), pong: () => void seen.push("pong") },
        { idleTimeout: 0.1 },
      );
      const alive = await open();
      const dead = running.dial();
      const client = new Client(dead, { autoPong: false });
      await client.event("connectionEstablished");
      await expect.poll(() => seen, { timeout: 3_000 }).toEqual([1006]);
      expect(alive.connection.state).toBe("open");
    });
  });
});
