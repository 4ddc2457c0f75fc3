/** The gateway: it asks the upstream first, answers as that does, and is no open relay. */
import { describe, expect, test } from "vitest";
import { gateway, type GatewayBridge, type GatewayOptions } from "../../src/bridge/index.ts";
import { permessageDeflate } from "../../src/deflate/index.ts";
import {
  connect,
  serve,
  WebSocketError,
  type ConnectOptions,
  type IncomingRequest,
  type RequestHandler,
  type ServeOptions,
  type WebSocketSession,
} from "../../src/stream/index.ts";
import { ManualClock } from "../../src/testing/index.ts";
import { pipe, type ByteTransport } from "../../src/transports/pipe.ts";
import { createWebSocketClass } from "../../src/websocket/index.ts";
import { countedSignal } from "../support/counted.ts";
import { countingClock } from "../support/countingClock.ts";
import { isPending, settled } from "../support/wireTransport.ts";

const url = "ws://upstream.example/chat?room=1";

interface World {
  /** Opens a WebSocket through the gateway. */
  readonly open: (options?: ConnectOptions & { from?: string; encrypted?: boolean }) => Promise<WebSocketSession>;
  /** What the upstream was asked. */
  readonly asked: IncomingRequest[];
  /** The URLs that were dialled. */
  readonly dialled: string[];
  /** The errors that `onError` of `serve` got, at the gateway. */
  readonly errors: unknown[];
}

interface WorldOptions extends Omit<GatewayOptions, "to"> {
  readonly to?: GatewayOptions["to"];
  readonly upstream?: RequestHandler;
  readonly upstreamOptions?: ServeOptions;
  readonly serveOptions?: ServeOptions;
  /** The address that the upstream is found at. */
  readonly address?: string | undefined;
}

const echo: RequestHandler = async (request) => {
  const session = await request.accept({ subprotocol: request.subprotocols.at(-1) });
  for await (const message of session) await session.send(message);
};

/** A gateway in front of an upstream, over pipes. */
function world(options: WorldOptions = {}): World {
  const { upstream = echo, upstreamOptions, serveOptions, address = "203.1.114.5", ...rest } = options;
  const asked: IncomingRequest[] = [];
  const dialled: string[] = [];
  const errors: unknown[] = [];
  const dial = (to: URL): ByteTransport => {
    dialled.push(to.href);
    const [near, far] = pipe();
    const handler: RequestHandler = (request) => {
      asked.push(request);
      return upstream(request);
    };
    void serve([far], handler, { onError: () => undefined, ...upstreamOptions });
    return { ...near, ...(address !== "" && { remoteAddress: address }) };
  };
  const handler = gateway({ to: url, dial, ...rest });
  return {
    asked,
    dialled,
    errors,
    open({ from, encrypted, ...connecting } = {}) {
      const [near, far] = pipe();
      const transport = { ...far, remoteAddress: from, encrypted };
      void serve([transport], handler, { onError: (error) => errors.push(error), ...serveOptions });
      return connect(near, connecting);
    },
  };
}

const rejected = async (opening: Promise<unknown>): Promise<{ status: number; headers: Headers; body: string }> => {
  const error: unknown = await opening.catch((thrown: unknown) => thrown);
  const { status, headers, body } = (error as WebSocketError).rejection!;
  await settled(); // `onError` is called after the answer
  return { status, headers, body: new TextDecoder().decode(body) };
};

describe("a client gets the upstream's answer", () => {
  test("messages pass both ways", async () => {
    const { open } = world();
    const session = await open();
    await session.send("hello");
    await session.send(Uint8Array.of(1, 2, 3));
    expect([await session.receive(), await session.receive()]).toEqual(["hello", Uint8Array.of(1, 2, 3)]);
    await session.close();
  });
  test("the subprotocol that the upstream chooses", async () => {
    const { open, asked } = world();
    expect((await open({ protocols: ["v1", "v2"] })).protocol).toBe("v2");
    expect(asked[0]!.subprotocols).toEqual(["v1", "v2"]);
  });
  test("no subprotocol if the upstream chooses none", async () => {
    const { open } = world({ upstream: async (request) => void (await request.accept()) });
    expect((await open({ protocols: ["v1"] })).protocol).toBe("");
  });
  test("cookies and other headers of the upstream, and none of its hop", async () => {
    const headers: [string, string][] = [
      ["Set-Cookie", "a=1; Path=/"],
      ["Set-Cookie", "b=2"],
      ["X-Server", "upstream"],
      ["Keep-Alive", "timeout=5"],
    ];
    const { open } = world({ upstream: async (request) => void (await request.accept({ headers })) });
    const session = await open();
    expect(session.headers.getSetCookie()).toEqual(["a=1; Path=/", "b=2"]);
    expect(session.headers.get("x-server")).toBe("upstream");
    expect(session.headers.get("keep-alive")).toBeNull();
  });
  test("a refusal with its status, headers and body", async () => {
    const { open, errors } = world({
      upstream: (request) =>
        request.reject({
          status: 401,
          headers: { "WWW-Authenticate": 'Basic realm="x"', "Content-Type": "application/json" },
          body: '{"error":"who are you?"}',
        }),
    });
    const { status, headers, body } = await rejected(open());
    expect([status, body]).toEqual([401, '{"error":"who are you?"}']);
    expect(headers.get("www-authenticate")).toBe('Basic realm="x"');
    expect(headers.get("content-type")).toBe("application/json");
    expect(errors).toMatchObject([{ name: "WebSocketError", rejection: { status: 401 } }]);
  });
  test.each([302, 304, 404, 426, 503])("a refusal with %i", async (status) => {
    const { open } = world({ upstream: (request) => request.reject({ status, headers: { "X-Why": "so" } }) });
    const got = await rejected(open());
    expect([got.status, got.headers.get("x-why")]).toEqual([status, "so"]);
  });
  test("502 for an answer that is neither a WebSocket nor a refusal", async () => {
    const { open } = world({ upstream: (request) => request.reject({ status: 200, body: "<html>" }) });
    expect(await rejected(open())).toMatchObject({
      status: 502,
      body: "the upstream's answer is neither a WebSocket nor a refusal\n",
    });
  });
  test("extensions only if the upstream agrees to them as well", async () => {
    const extensions = [permessageDeflate()];
    const name = /^permessage-deflate/;
    const through = async (gate: boolean, upstream: boolean): Promise<string> => {
      const { open } = world({
        ...(gate && { extensions }),
        serveOptions: { extensions },
        upstreamOptions: upstream ? { extensions } : {},
      });
      const session = await open({ extensions });
      await session.send("x".repeat(5000));
      expect(await session.receive()).toBe("x".repeat(5000));
      return session.extensions;
    };
    expect(await through(true, true)).toMatch(name);
    expect(await through(true, false)).toBe("");
    expect(await through(false, true)).toBe("");
  });
  test("extensions are not offered if the client does not offer them", async () => {
    const { open, asked } = world({ extensions: [permessageDeflate()] });
    await open();
    expect(asked[0]!.extensions).toEqual([]);
  });
  test("502 if there is no connection, and 504 if that takes too long", async () => {
    const down = world({
      dial() {
        throw new Error("ECONNREFUSED");
      },
    });
    expect(await rejected(down.open())).toMatchObject({ status: 502, body: "the upstream can't be reached\n" });
    expect(down.errors).toMatchObject([{ message: "no WebSocket to upstream.example: ECONNREFUSED" }]);
    const clock = new ManualClock();
    const slow = world({ clock, dialTimeoutMs: 5000, upstream: () => new Promise(() => undefined) });
    const opening = rejected(slow.open());
    await clock.advance(4999);
    expect(await isPending(opening)).toBe(true);
    await clock.advance(1);
    expect(await opening).toMatchObject({ status: 504, body: "the upstream did not answer in time\n" });
    expect(slow.errors).toMatchObject([{ message: "no WebSocket to upstream.example in 5000 ms" }]);
  });
  test("a client that leaves ends the dial, and frees its place", async () => {
    const reasons: unknown[] = [];
    const { open, errors } = world({
      maxConnections: 1,
      dial: (_, __, signal) =>
        new Promise(() => {
          signal.addEventListener("abort", () => reasons.push(signal.reason));
        }),
    });
    for (let i = 1; i <= 2; i++) {
      const leaving = new AbortController();
      const opening = open({ signal: leaving.signal }).catch((error: unknown) => error);
      await settled();
      leaving.abort(new Error("left"));
      expect(await opening).toEqual(new Error("left"));
      await settled(10);
      expect([reasons.length, errors.length]).toEqual([i, i]);
    }
    expect(errors[0]).toBe(reasons[0]);
    expect(errors[0]).toMatchObject({ name: "WebSocketError", closeCode: 1006 });
  });
  test("a client that leaves during the upstream's handshake, or before the upstream is decided, leaves nothing", async () => {
    const { signal, listeners } = countedSignal();
    const ends: Promise<unknown>[] = [];
    const toUpstream = world({
      maxConnections: 1,
      signal,
      dial: () => {
        const [near, far] = pipe();
        ends.push(far.readable.pipeTo(new WritableStream()).catch(() => "failed"));
        return { ...near, remoteAddress: "203.1.114.5" };
      },
    });
    const undecided = world({ maxConnections: 1, signal, to: () => new Promise<undefined>(() => undefined) });
    for (const { open, errors } of [toUpstream, undecided]) {
      for (let i = 1; i <= 2; i++) {
        const leaving = new AbortController();
        const opening = open({ signal: leaving.signal }).catch(() => undefined);
        await settled();
        leaving.abort();
        await opening;
        await settled(10);
        expect(errors).toHaveLength(i);
        expect(errors[i - 1]).toMatchObject({ name: "WebSocketError", closeCode: 1006 });
      }
    }
    expect(await Promise.all(ends)).toEqual(["failed", "failed"]);
    expect(listeners()).toBe(0);
  });
  test("a clock that can't clear timers changes nothing", async () => {
    const clock = new ManualClock();
    clock.clearTimeout = () => {
      throw new Error("no");
    };
    const { open, errors } = world({ clock, idleMs: 60_000 });
    const session = await open();
    await clock.advance(10_000);
    await session.send("hello");
    expect(await session.receive()).toBe("hello");
    await session.close();
    await settled(10);
    expect(errors).toEqual([]);
  });
  test("a transport that is dialled too late is ended", async () => {
    const clock = new ManualClock();
    const [near, far] = pipe();
    let arrive!: (transport: ByteTransport) => void;
    const { open } = world({ clock, dial: () => new Promise((resolve) => (arrive = resolve)) });
    const opening = rejected(open());
    await clock.advance(10_000);
    expect((await opening).status).toBe(504);
    arrive(near);
    await expect(far.readable.getReader().read()).rejects.toThrow(WebSocketError);
  });
});

describe("closing passes on", () => {
  test("from the client, with code and reason", async () => {
    const ends: unknown[] = [];
    const { open } = world({
      upstream: async (request) => {
        const session = await request.accept();
        ends.push(await session.closed);
      },
    });
    const session = await open();
    await session.close({ closeCode: 4000, reason: "bye" });
    await settled();
    expect(ends).toMatchObject([{ closeCode: 4000, reason: "bye", initiator: "remote" }]);
  });
  test("from the upstream, with code and reason", async () => {
    const { open } = world({
      upstream: async (request) => {
        await (await request.accept()).close({ closeCode: 4001, reason: "go" });
      },
    });
    expect(await (await open()).closed).toMatchObject({ closeCode: 4001, reason: "go", initiator: "remote" });
  });
  test("1014 if the upstream is lost", async () => {
    const ends: ByteTransport[] = [];
    const { open } = world({
      dial() {
        const [near, far] = pipe();
        ends.push(far);
        void serve([far], echo, { onError: () => undefined });
        return { ...near, remoteAddress: "203.1.114.5" };
      },
    });
    const session = await open();
    ends[0]!.close!();
    expect(await session.closed).toMatchObject({ closeCode: 1014, reason: "the server was lost" });
  });
  test("with 1001 on both sides when the gateway is stopped, which is no error", async () => {
    const { signal, abort, listeners } = countedSignal();
    const { open, errors } = world({ signal });
    const session = await open();
    abort(new Error("stopping"));
    expect(await session.closed).toMatchObject({ closeCode: 1001 });
    await settled();
    expect([errors, listeners()]).toEqual([[], 0]);
  });
  test("503 for clients that wait when the gateway is stopped", async () => {
    const { signal, abort, listeners } = countedSignal();
    const { open } = world({ signal, upstream: () => new Promise(() => undefined) });
    const opening = rejected(open());
    await settled();
    abort(new Error("stopping"));
    expect((await opening).status).toBe(503);
    expect(listeners()).toBe(0);
  });
});

describe("the request to the upstream has", () => {
  test("its own Host and target, X-Forwarded-*, and nothing else of the client", async () => {
    const { open, asked, dialled } = world();
    await open({
      url: "wss://gateway.example/any",
      from: "198.18.0.7",
      encrypted: true,
      origin: "https://gateway.example",
      headers: { Cookie: "a=1", Authorization: "Bearer x", "X-Forwarded-For": "1.2.3.4", "X-Own": "y" },
    });
    const [{ host, target, origin, headers }] = asked as [IncomingRequest];
    expect(dialled).toEqual([url]);
    expect({ host, target, origin }).toEqual({ host: "upstream.example", target: "/chat?room=1", origin: undefined });
    const sent = Object.fromEntries([...headers].filter(([name]) => !/^(host|connection|upgrade|sec-)/.test(name)));
    expect(sent).toEqual({
      "x-forwarded-for": "198.18.0.7",
      "x-forwarded-host": "gateway.example",
      "x-forwarded-proto": "https",
    });
  });
  test("headers and cookies that are chosen, and headers of the gateway, which take precedence", async () => {
    const { open, asked } = world({
      forwardHeaders: ["Authorization", "accept-language", "X-Absent"],
      forwardCookies: ["sid", "lang"],
      headers: { Authorization: "Basic gateway", "X-Gateway": "1" },
    });
    await open({
      headers: { Authorization: "Bearer x", "Accept-Language": "fr", Cookie: "a=1; sid=42; lang=fr; sid2=3" },
    });
    const { headers } = asked[0]!;
    expect(headers.get("authorization")).toBe("Basic gateway");
    expect(headers.get("accept-language")).toBe("fr");
    expect(headers.get("cookie")).toBe("sid=42; lang=fr");
    expect(headers.get("x-gateway")).toBe("1");
    expect(headers.get("x-absent")).toBeNull();
  });
  test("all cookies with Cookie in forwardHeaders", async () => {
    const { open, asked } = world({ forwardHeaders: ["Cookie"] });
    await open({ headers: { Cookie: "a=1; b=2" } });
    expect(asked[0]!.headers.get("cookie")).toBe("a=1; b=2");
  });
  test("the Origin that is set, also by a function", async () => {
    const origins = [];
    for (const origin of [
      "https://app.example",
      ({ target }: IncomingRequest) => `https://${target.slice(1)}.example`,
    ]) {
      const { open, asked } = world({ origin, upstreamOptions: { origins: "any" } });
      await open({ url: "ws://gateway.example/other", origin: "http://gateway.example" });
      origins.push(asked[0]!.origin);
    }
    expect(origins).toEqual(["https://app.example", "https://other.example"]);
  });
  test("nothing if the function for the Origin throws: the client gets 500, and onError the error", async () => {
    const defect = new Error("a defect");
    const { open, dialled, errors } = world({
      origin() {
        throw defect;
      },
    });
    expect((await rejected(open())).status).toBe(500);
    expect([dialled, errors]).toEqual([[], [defect]]);
  });
  test("the gateway's headers for every client, even if they are given as an iterator", async () => {
    const headers = new Map([["X-Gateway", "1"]]).entries() as unknown as HeadersInit;
    const { open, asked } = world({ headers });
    await open();
    await open();
    expect(asked.map((request) => request.headers.get("x-gateway"))).toEqual(["1", "1"]);
  });
  test("X-Forwarded-* of a proxy in front, with trustForwarded", async () => {
    const { open, asked } = world({ trustForwarded: true });
    await open({
      from: "10.0.0.1",
      headers: { "X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "app.example" },
    });
    const { headers } = asked[0]!;
    expect(headers.get("x-forwarded-for")).toBe("1.2.3.4, 10.0.0.1");
    expect(headers.get("x-forwarded-proto")).toBe("https");
    expect(headers.get("x-forwarded-host")).toBe("app.example");
  });
  test("credentials of the upstream's URL, as Basic authorization", async () => {
    const { open, asked } = world({ to: "ws://user:pass@upstream.example/" });
    await open();
    expect(asked[0]!.headers.get("authorization")).toBe(`Basic ${btoa("user:pass")}`);
  });
});

describe("the function `to`", () => {
  test("decides for each request, also later", async () => {
    const { open, dialled } = world({
      to: async ({ target }) => {
        await settled(1);
        return target === "/a" ? "wss://a.example/x" : new URL("ws://b.example/y");
      },
    });
    await open({ url: "ws://gateway.example/a" });
    await open({ url: "ws://gateway.example/b" });
    expect(dialled).toEqual(["wss://a.example/x", "ws://b.example/y"]);
  });
  test("refuses with 404 by undefined", async () => {
    const { open, dialled, errors } = world({ to: () => undefined });
    expect((await rejected(open())).status).toBe(404);
    expect([dialled, errors]).toEqual([[], []]);
  });
  test("that throws, or returns no URL, gives 500, and onError gets the error", async () => {
    const defect = new Error("a defect");
    const throwing = world({
      to() {
        throw defect;
      },
    });
    expect((await rejected(throwing.open())).status).toBe(500);
    expect(throwing.errors).toEqual([defect]);
    const wrong = world({ to: () => "ftp://a.example/" });
    expect((await rejected(wrong.open())).status).toBe(500);
    expect(wrong.errors).toMatchObject([{ name: "SyntaxError" }]);
  });
});

describe("no open relay: what a client chooses is dialled only if it is public or named", () => {
  const byClient = ({ url: { searchParams } }: IncomingRequest): string => searchParams.get("to")!;
  const asking = (to: string): ConnectOptions => ({ url: `ws://gateway.example/?to=${encodeURIComponent(to)}` });

  test.each([
    "ws://169.254.169.254/latest/meta-data",
    "ws://127.0.0.1/",
    "ws://127.1/",
    "ws://2130706433/",
    "ws://0x7f.0.0.1/",
    "ws://0177.0.0.1/",
    "ws://0.0.0.0/",
    "ws://[::1]/",
    "ws://[::]/",
    "ws://[::ffff:127.0.0.1]/",
    "ws://[::ffff:a9fe:a9fe]/",
    "ws://[64:ff9b::7f00:1]/",
    "ws://10.0.0.1/",
    "wss://172.16.0.1:8443/",
    "ws://192.168.0.1/",
    "ws://[fd00::1]/",
    "ws://[fe80::1]/",
    "ws://localhost/",
    "ws://LOCALHOST./",
    "ws://app.localhost/",
  ])("%s is refused with 403, and not dialled", async (to) => {
    const { open, dialled, errors } = world({ to: byClient });
    const { status, body } = await rejected(open(asking(to)));
    expect([status, body, dialled]).toEqual([403, "this upstream may not be reached\n", []]);
    expect(errors).toMatchObject([{ name: "WebSocketError" }]);
  });
  test.each(["10.0.0.5", "127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254", "fd00:ec2::254"])(
    "a name that leads to %s is refused with 403 before the upstream is asked",
    async (address) => {
      const { open, dialled, asked, errors } = world({ to: byClient, address });
      expect((await rejected(open(asking("ws://rebound.example/")))).status).toBe(403);
      expect([dialled.length, asked.length]).toEqual([1, 0]);
      expect(errors).toMatchObject([
        {
          message: `rebound.example leads to ${address}, which is not a public address: name it in privateAddresses`,
        },
      ]);
    },
  );
  test("a name that leads to an unknown address is refused, unless it is in allow", async () => {
    const unknown = world({ to: byClient, address: "" });
    expect((await rejected(unknown.open(asking("ws://a.example/")))).status).toBe(403);
    expect(unknown.asked).toEqual([]);
    const named = world({ to: byClient, address: "", allow: ["ws://a.example"] });
    await named.open(asking("ws://a.example/path"));
    expect(named.dialled).toEqual(["ws://a.example/path"]);
  });
  test("the dial can ask which addresses are allowed", async () => {
    const told: boolean[] = [];
    const { open } = world({
      to: byClient,
      privateAddresses: ["10.1.0.0/16"],
      dial(_url, _protocols, _signal, allowsAddress) {
        told.push(...["1.1.1.1", "10.1.2.3", "10.2.0.1", "127.0.0.1"].map(allowsAddress));
        throw new Error("enough");
      },
    });
    await rejected(open(asking("ws://a.example/")));
    expect(told).toEqual([true, true, false, false]);
  });
  test("private addresses are reached where they are named", async () => {
    const { open, dialled } = world({ to: byClient, address: "10.1.2.3", privateAddresses: ["10.1.0.0/16"] });
    await open(asking("ws://inside.example/"));
    await open(asking("ws://10.1.2.3/"));
    expect(dialled).toHaveLength(2);
    expect((await rejected(open(asking("ws://10.2.0.1/")))).status).toBe(403);
  });
  test("only what is in allow is reached, by scheme, host and port", async () => {
    const allow = ["wss://chat.example", "ws://127.0.0.1:9000"];
    const { open, dialled } = world({ to: byClient, allow });
    await open(asking("wss://chat.example/a?b"));
    expect(dialled).toEqual(["wss://chat.example/a?b"]);
    for (const to of [
      "ws://chat.example/",
      "wss://chat.example:444/",
      "wss://other.example/",
      "wss://chat.example.evil.example/",
      "wss://chat.example@evil.example/",
      "ws://127.0.0.1:9001/",
    ]) {
      expect((await rejected(open(asking(to)))).status).toBe(403);
    }
    expect(dialled).toHaveLength(1);
    const local = world({ to: byClient, allow, address: "127.0.0.1" });
    await local.open(asking("ws://127.0.0.1:9000/"));
  });
  test.each([
    ["ws://127.0.0.1:9000/", "127.0.0.1", true],
    ["ws://127.0.0.1:9000/", "::ffff:127.0.0.1", true],
    ["ws://[::1]:9000/", "::1", true],
    ["ws://localhost:9000/", "127.0.0.1", true],
    ["ws://localhost:9000/", "::1", true],
    ["ws://localhost:9000/", "10.0.0.1", false],
    ["ws://inside.example/", "10.0.0.1", false],
    ["ws://inside.example/", "", true],
  ])("the fixed upstream %s at %j: reached %s", async (to, address, isReached) => {
    const { open, asked } = world({ to, address });
    const opening = open();
    if (isReached) await opening;
    else expect((await rejected(opening)).status).toBe(403);
    expect(asked).toHaveLength(isReached ? 1 : 0);
  });
});

describe("limits", () => {
  test("maxConnections: one more gets 503, until another has ended", async () => {
    const { open, errors } = world({ maxConnections: 2 });
    const [first] = await Promise.all([open(), open()]);
    expect((await rejected(open())).status).toBe(503);
    expect(errors).toMatchObject([{ message: "a client was refused: see the option maxConnections" }]);
    await first.close();
    await settled(10);
    await open();
  });
  test("idleMs: both get 1001", async () => {
    const clock = new ManualClock();
    const { open } = world({ idleMs: 1000, clock, serveOptions: { clock } });
    const session = await open({ clock });
    await clock.advance(1000);
    expect(await session.closed).toMatchObject({ closeCode: 1001, reason: "idle" });
  });
  test("maxBytes: both get 1009", async () => {
    const { open } = world({ maxBytes: 9 });
    const session = await open();
    await session.send("12345");
    expect(await session.receive()).toBe("12345");
    expect(await session.closed).toMatchObject({ closeCode: 1009 });
  });
  test("a message over the limit of either hop: 1009", async () => {
    const limits = { maxMessageBytes: 1000 };
    const fromUpstream = world({
      limits,
      upstream: async (request) => {
        const session = await request.accept();
        await session.send("x".repeat(1001));
        await session.closed;
      },
    });
    expect(await (await fromUpstream.open()).closed).toMatchObject({ closeCode: 1009 });
    const { open } = world({ serveOptions: { limits } });
    const session = await open();
    await session.send("x".repeat(1001));
    expect(await session.closed).toMatchObject({ closeCode: 1009 });
  });
});

describe("onBridge", () => {
  test("tells of the request, the upstream, the bytes so far, and the end", async () => {
    const bridges: GatewayBridge[] = [];
    const { open } = world({ onBridge: (bridge) => bridges.push(bridge) });
    const session = await open({ url: "ws://gateway.example/here", from: "198.18.0.7" });
    await session.send("é");
    await session.receive();
    const [bridge] = bridges as [GatewayBridge];
    expect(bridge.request).toMatchObject({ target: "/here", remoteAddress: "198.18.0.7" });
    expect([bridge.url.href, bridge.bytes]).toEqual([url, { toUpstream: 2, toClient: 2 }]);
    await session.close({ closeCode: 4000 });
    expect(await bridge.closed).toEqual({ closeCode: 4000, reason: "", closedBy: "a" });
  });
  test("that throws closes both with 1011, and onError gets the error once", async () => {
    const { open, errors } = world({
      onBridge() {
        throw new Error("a defect");
      },
    });
    expect(await (await open()).closed).toMatchObject({ closeCode: 1011 });
    await settled();
    expect(errors).toMatchObject([{ message: "a defect" }]);
  });
});

describe("a dial that returns a WebSocket object", () => {
  const upstreamClass = createWebSocketClass(() => {
    const [near, far] = pipe();
    void serve([far], echo, { onError: () => undefined, origins: "any" });
    return near;
  });
  test("works: messages, subprotocol, close", async () => {
    const { open } = world({ dial: (to, protocols) => new upstreamClass(to, protocols) });
    const session = await open({ protocols: ["v1"] });
    await session.send("hello");
    expect([session.protocol, await session.receive()]).toEqual(["v1", "hello"]);
    await session.close({ closeCode: 4000 });
  });
  test("gives 502 if it does not open", async () => {
    const refusing = createWebSocketClass(() => {
      throw new Error("no");
    });
    const { open } = world({ dial: (to, protocols) => new refusing(to, protocols) });
    expect((await rejected(open())).status).toBe(502);
  });
  test("is refused for a name that is not in allow, because its address is unknown", async () => {
    const { open } = world({ to: () => url, dial: (to, protocols) => new upstreamClass(to, protocols) });
    expect((await rejected(open())).status).toBe(403);
  });
  test("can't send headers: the client gets 502, and onError the error", async () => {
    const { open, errors } = world({
      headers: { "X-A": "b" },
      dial: (to, protocols) => new upstreamClass(to, protocols),
    });
    expect((await rejected(open())).status).toBe(502);
    expect(errors).toMatchObject([{ name: "TypeError" }]);
  });
});

test("2,000 clients leave no timer and no listener behind, refused or not", { timeout: 300_000 }, async () => {
  const { clock, timers } = countingClock();
  const { signal, listeners } = countedSignal();
  const { open } = world({
    signal,
    clock,
    idleMs: 60_000,
    upstream: (request) => (request.target.endsWith("/no") ? request.reject() : echo(request)),
    upstreamOptions: { clock },
    serveOptions: { clock },
    to: ({ target }) => `ws://upstream.example${target}`,
  });
  const once = async (i: number): Promise<void> => {
    const refused = i % 4 === 0;
    const opening = open({ url: `ws://gateway.example/${refused ? "no" : "echo"}`, clock });
    if (refused) {
      expect((await rejected(opening)).status).toBe(403);
      return;
    }
    const session = await opening;
    await session.send("a");
    await session.receive();
    expect(listeners()).toBe(1);
    if (i % 4 === 1) await session.close({ signal: AbortSignal.abort() }).catch(() => undefined);
    else await session.close();
  };
  for (let batch = 0; batch < 20; batch++) {
    await Promise.all(Array.from({ length: 100 }, (_, i) => once(i)));
  }
  await settled(20);
  expect([timers(), listeners()]).toEqual([0, 0]);
});

describe("options that can't be meant", () => {
  const to = url;
  const dial = (): ByteTransport => pipe()[0];
  test.each<[string, object, string | RegExp]>([
    ["none", {}, /^gateway\(\) takes \{ to \}/],
    [
      "a to of another kind",
      { to: 8080, dial },
      /^gateway\(\): to must be a string or an object or a function, not 8080/,
    ],
    ["an unknown name", { to, dial, forwardedHeaders: [] }, /did you mean forwardHeaders\?$/],
    ["forwardHeaders: Host", { to, dial, forwardHeaders: ["Host"] }, /can't hold Host, which the gateway sets/],
    ["forwardHeaders: Origin", { to, dial, forwardHeaders: ["origin"] }, /can't hold origin/],
    [
      "forwardHeaders: X-Forwarded-For",
      { to, dial, forwardHeaders: ["X-Forwarded-For"] },
      /can't hold X-Forwarded-For/,
    ],
    ["forwardHeaders: Sec-WebSocket-Key", { to, dial, forwardHeaders: ["Sec-WebSocket-Key"] }, /can't hold/],
    ["forwardHeaders: a string", { to, dial, forwardHeaders: "Cookie" }, /forwardHeaders must be an object/],
    ["forwardHeaders: no name", { to, dial, forwardHeaders: ["a b"] }, /holds names; one of them is none$/],
    ["cookies twice", { to, dial, forwardHeaders: ["Cookie"], forwardCookies: ["a"] }, /leave out forwardCookies$/],
    ["allow: a string", { to, dial, allow: "ws://a" }, /allow must be an object/],
    ["allow: a path", { to, dial, allow: ["ws://a/b"] }, /allow holds origins/],
    ["privateAddresses: a name", { to, dial, privateAddresses: ["localhost"] }, /one is neither$/],
    ["dial: a URL", { to, dial: url }, /dial must be a function/],
    ["headers that the handshake sets", { to, dial, headers: { Host: "a" } }, /the handshake sets host: leave it out/],
  ])("%s", (_, options, message) => {
    expect(() => gateway(options as GatewayOptions)).toThrow(TypeError);
    expect(() => gateway(options as GatewayOptions)).toThrow(message);
  });
  test.each<[string, object]>([
    ["maxConnections: 0", { maxConnections: 0 }],
    ["idleMs: 0", { idleMs: 0 }],
    ["maxBytes: -1", { maxBytes: -1 }],
    ["dialTimeoutMs: NaN", { dialTimeoutMs: NaN }],
    ["limits", { limits: { maxMessageBytes: -1 } }],
  ])("%s", (_, options) => {
    expect(() => gateway({ to, dial, ...options })).toThrow(RangeError);
  });
  test("an invalid URL, also in allow", () => {
    expect(() => gateway({ to: "upstream", dial })).toThrow(expect.objectContaining({ name: "SyntaxError" }) as Error);
    expect(() => gateway({ to, dial, allow: ["a"] })).toThrow(
      expect.objectContaining({ name: "SyntaxError" }) as Error,
    );
  });
  test("headers without a dial, because the platform's WebSocket sends none", () => {
    expect(() => gateway({ to, forwardHeaders: ["Authorization"] })).toThrow(/sends no headers/);
  });
});
