/** Opening sessions: connect, accept and serve. */
import { describe, expect, test } from "vitest";
import {
  accept,
  connect,
  serve,
  WebSocketError,
  type ConnectOptions,
  type IncomingRequest,
  type OriginPolicy,
} from "../../src/stream/index.ts";
import { systemClock, type Clock } from "../../src/stream/clock.ts";
import { withResolvers } from "../../src/stream/withResolvers.ts";
import { ManualClock } from "../../src/testing/manualClock.ts";
import { pipe, type ByteTransport } from "../../src/transports/pipe.ts";
import { ACCEPT, KEY, NONCE, request, response } from "../handshake/heads.ts";
import { ascii, head, hex, toHex } from "../support/wire.ts";
import { isPending, settled, WireTransport } from "../support/wireTransport.ts";

async function failure(promise: Promise<unknown>): Promise<WebSocketError> {
  return (await promise.then(
    () => Promise.reject(new Error("it did not fail")),
    (error: unknown) => error,
  )) as WebSocketError;
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const random = (bytes: Uint8Array): void => bytes.set(ascii(NONCE).subarray(0, bytes.length));

describe("connect", () => {
  test("requests the URL and the protocols, and is answered", async () => {
    const transport = new WireTransport();
    const session = connect(transport, {
      url: "wss://server.example.com:8443/chat?room=1",
      protocols: ["b", "a"],
      headers: { cookie: "c=1" },
      origin: "https://example.com",
      random,
    });
    await settled();
    const asked = text(transport.written()).split("\r\n");
    expect(asked.slice(0, 2)).toEqual(["GET /chat?room=1 HTTP/1.1", "Host: server.example.com:8443"]);
    for (const line of [
      "Sec-WebSocket-Protocol: b, a",
      "Cookie: c=1",
      "Origin: https://example.com",
      `Sec-WebSocket-Key: ${KEY}`,
    ]) {
      expect(asked).toContain(line);
    }
    transport.bring(response("+Sec-WebSocket-Protocol: a", "+X-Served-By: test"));
    const { protocol, extensions, headers } = await session;
    expect([protocol, extensions, headers.get("x-served-by")]).toEqual(["a", "", "test"]);
  });
  test.each<[ConnectOptions["url"], string, string]>([
    [undefined, "localhost", "/"],
    ["ws://a", "a", "/"],
    ["http://a:80/b#".slice(0, -1), "a", "/b"],
    ["https://a:8080/?q", "a:8080", "/?q"],
    [new URL("ws://[::1]:9/%C3%A4"), "[::1]:9", "/%C3%A4"],
  ])("%s: host %s, target %s", async (url, host, target) => {
    const transport = new WireTransport();
    void connect(transport, url === undefined ? {} : { url }).catch(() => undefined);
    await settled();
    expect(text(transport.written())).toContain(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n`);
    transport.end();
  });
  test.each<[string, ConnectOptions]>([
    ["no URL", { url: "chat" }],
    ["another scheme", { url: "ftp://a/" }],
    ["a fragment", { url: "ws://a/#b" }],
    ["an empty fragment", { url: "ws://a/#" }],
    ["an invalid protocol", { protocols: "a b" }],
    ["an empty protocol", { protocols: [""] }],
    ["a protocol twice", { protocols: ["a", "a"] }],
  ])("%s is a SyntaxError, and the transport is not touched", async (_, options) => {
    const transport = new WireTransport();
    expect(await failure(connect(transport, options))).toMatchObject({ name: "SyntaxError" });
    expect(transport.readable.locked || transport.writable.locked).toBe(false);
  });
  test("a refusal has its status, headers and body", async () => {
    const transport = new WireTransport();
    const session = connect(transport);
    transport.bring(head("HTTP/1.1 401 Unauthorized", "WWW-Authenticate: Basic", "Content-Length: 5"), ascii("sorry"));
    const error = await failure(session);
    expect(error).toBeInstanceOf(WebSocketError);
    expect(error).toMatchObject({ message: "the server refused the connection: 401 Unauthorized", closeCode: 1006 });
    expect(error.rejection).toMatchObject({ status: 401, statusText: "Unauthorized" });
    expect(error.rejection!.headers.get("www-authenticate")).toBe("Basic");
    expect(text(error.rejection!.body)).toBe("sorry");
    transport.end();
    await settled();
    expect(transport.ends).toEqual(["closed", "ended"]);
  });
  test("64 KiB of a refusal's endless body are kept", async () => {
    const transport = new WireTransport();
    const session = connect(transport);
    transport.bring(head("HTTP/1.1 500 Oops"), ...Array.from({ length: 20 }, () => new Uint8Array(10_000)));
    transport.end();
    expect((await failure(session)).rejection!.body.length).toBe(65_536);
  });
  test.each<[string, (transport: WireTransport) => void, object]>([
    [
      "an answer that is wrong",
      (t) => t.bring(response("Sec-WebSocket-Accept: AAAA")),
      { cause: { code: "acceptInvalid" } },
    ],
    ["no HTTP", (t) => t.bring(hex("00 01 02 0d 0a 0d 0a")), { cause: { code: "headMalformed" } }],
    ["the end", (t) => t.end(), { message: "the transport ended without a closing handshake" }],
    ["a failure to read", (t) => t.failReading(new Error("reset")), { cause: new Error("reset") }],
    [
      "a failure to write",
      (t) => {
        t.failWriting(new Error("broken"));
        t.end();
      },
      { cause: new Error("broken") },
    ],
  ])("%s as the answer fails it", async (_, bring, expected) => {
    const transport = new WireTransport();
    const session = connect(transport, { random });
    bring(transport);
    expect(await failure(session)).toMatchObject({ name: "WebSocketError", closeCode: 1006, ...expected });
  });
  test("without an answer it fails by the deadline", async () => {
    const transport = new WireTransport();
    const clock = new ManualClock();
    const error = failure(connect(transport, { clock, handshakeTimeoutMs: 20, closeTimeoutMs: 20 }));
    await clock.advance(40);
    expect(await error).toMatchObject({ cause: { code: "handshakeTimeout" } });
  });
  test("a signal cancels it, before and during the attempt", async () => {
    const unused = new WireTransport();
    expect(await failure(connect(unused, { signal: AbortSignal.abort(new Error("no")) }))).toEqual(new Error("no"));
    expect(unused.ends).toContain("ended");
    const transport = new WireTransport();
    const giveUp = new AbortController();
    const session = connect(transport, { signal: giveUp.signal });
    expect(await isPending(session)).toBe(true);
    giveUp.abort(new Error("enough"));
    expect(await failure(session)).toEqual(new Error("enough"));
    expect(transport.ends).toContain("ended");
  });
  test("a signal that is aborted after the opening has no effect", async () => {
    const [near, far] = pipe();
    const giveUp = new AbortController();
    const [client, server] = await Promise.all([
      connect(near, { signal: giveUp.signal }),
      accept(far, { signal: giveUp.signal }).then((asked) => asked.accept()),
    ]);
    giveUp.abort();
    await client.send("a");
    expect(await server.receive()).toBe("a");
  });
  test("by prior knowledge it is open at once", async () => {
    const transport = new WireTransport();
    const session = await connect(transport, { handshake: "none", subprotocol: "chat" });
    expect(session.protocol).toBe("chat");
    expect(transport.chunks()).toEqual([]);
  });
  test("messages that arrive with the answer are not lost", async () => {
    const transport = new WireTransport();
    const session = connect(transport, { random });
    await settled();
    transport.bring(new Uint8Array([...response(), ...hex("81 01 61 81 01 62")]));
    expect(await (await session).receive()).toBe("a");
    expect(await (await session).receive()).toBe("b");
  });
});

describe("accept", () => {
  test("reports the request, and answers it", async () => {
    const transport = new WireTransport();
    transport.bring(request("+Sec-WebSocket-Protocol: a, b", "+Origin: https://server.example.com", "+Cookie: c=1"));
    const asked = await accept(transport);
    expect(asked).toMatchObject({
      target: "/chat",
      host: "server.example.com",
      origin: "https://server.example.com",
      subprotocols: ["a", "b"],
    });
    expect(asked.headers.get("cookie")).toBe("c=1");
    const session = await asked.accept({ subprotocol: "b", headers: { "x-a": "1" } });
    expect(session.protocol).toBe("b");
    await settled();
    const answer = text(transport.written());
    for (const line of ["HTTP/1.1 101", `Sec-WebSocket-Accept: ${ACCEPT}`, "Sec-WebSocket-Protocol: b", "X-A: 1"]) {
      expect(answer).toContain(line);
    }
  });
  test("refuses with the given options, and resolves when that has been written", async () => {
    const transport = new WireTransport();
    transport.bring(request());
    const asked = await accept(transport);
    transport.takeNothing();
    const refused = asked.reject({ status: 401, headers: { "www-authenticate": "Basic" }, body: "who?" });
    expect(await isPending(refused)).toBe(true);
    transport.takeAgain();
    await refused;
    expect(text(transport.written())).toMatch(/^HTTP\/1.1 401 Unauthorized\r\n[^]*\r\n\r\nwho\?$/);
    expect(transport.ends).toEqual(["closed"]);
  });
  test.each<[string, (asked: IncomingRequest) => Promise<unknown>, object]>([
    [
      "a subprotocol that was not offered",
      (asked) => asked.accept({ subprotocol: "not offered" }),
      { code: "subprotocolNotOffered" },
    ],
    [
      "a header that breaks the line",
      (asked) => asked.accept({ headers: { "x-a": "b\r\nSet-Cookie: c" } }),
      { name: "TypeError" },
    ],
    ["an invalid status", (asked) => asked.reject({ status: 101 }), { name: "RangeError" }],
  ])("an invalid answer throws to its caller, and the client gets 500: %s", async (_, answer, error) => {
    const transport = new WireTransport();
    transport.bring(request());
    const asked = await accept(transport, { clock: new ManualClock() });
    expect(await failure(answer(asked))).toMatchObject(error);
    await settled();
    expect(text(transport.written())).toMatch(/^HTTP\/1.1 500 /);
    expect(transport.ends).toContain("closed");
  });
  test("an answer may be given once", async () => {
    const transport = new WireTransport();
    transport.bring(request());
    const asked = await accept(transport);
    await asked.accept();
    expect(await failure(asked.accept())).toMatchObject({ name: "LocalProtocolError" });
    expect(await failure(asked.reject())).toMatchObject({ name: "LocalProtocolError" });
  });
  test("an invalid request is answered, and fails it", async () => {
    const transport = new WireTransport();
    transport.bring(request("Upgrade: h2c"));
    expect(await failure(accept(transport))).toMatchObject({ cause: { code: "upgradeInvalid" } });
    expect(text(transport.written())).toMatch(/^HTTP\/1.1 400 /);
  });
  test("if a client goes while its request waits, accept fails and reject has no effect", async () => {
    const transport = new WireTransport();
    transport.bring(request());
    const asked = await accept(transport);
    transport.end();
    await settled();
    expect(await failure(asked.accept())).toMatchObject({ name: "WebSocketError", closeCode: 1006 });
    await asked.reject();
  });
  test("the request's signal is aborted when the client goes before the answer, and not after it", async () => {
    const ends = async (answer: (asked: IncomingRequest) => unknown): Promise<AbortSignal> => {
      const [near, far] = pipe();
      const leave = new AbortController();
      const opening = connect(near, { signal: leave.signal }).catch(() => undefined);
      const asked = await accept(far);
      const { signal } = asked;
      expect([signal.aborted, asked.signal]).toEqual([false, signal]);
      await answer(asked);
      leave.abort();
      await (await opening)?.close().catch(() => undefined);
      await settled(10);
      return signal;
    };
    const gone = await ends(() => undefined);
    expect(gone.reason).toMatchObject({ name: "WebSocketError", closeCode: 1006 });
    expect((await ends((asked) => asked.accept())).aborted).toBe(false);
    expect((await ends((asked) => asked.reject())).aborted).toBe(false);
  });
  test("the request's signal is aborted if a client that is known already closes before it is accepted", async () => {
    const [near, far] = pipe();
    const [client, asked] = await Promise.all([
      connect(near, { handshake: "none" }),
      accept(far, { handshake: "none" }),
    ]);
    const { signal } = asked;
    await client.close();
    await settled(10);
    expect(signal.reason).toMatchObject({ name: "WebSocketError" });
  });
  test("a signal cancels the wait for the request", async () => {
    const transport = new WireTransport();
    const giveUp = new AbortController();
    const asked = accept(transport, { signal: giveUp.signal });
    expect(await isPending(asked)).toBe(true);
    giveUp.abort(new Error("enough"));
    expect(await failure(asked)).toEqual(new Error("enough"));
    expect(transport.ends).toContain("ended");
  });
  test("a request that was parsed elsewhere", async () => {
    const transport = new WireTransport();
    const headers = {
      host: "a",
      upgrade: "websocket",
      connection: "Upgrade",
      "sec-websocket-key": KEY,
      "sec-websocket-version": "13",
    };
    const asked = await accept(transport, { request: { method: "GET", target: "/b", headers } });
    expect([asked.host, asked.target]).toEqual(["a", "/b"]);
    await asked.accept();
    await settled();
    expect(text(transport.written())).toContain(ACCEPT);
  });
  test("by prior knowledge, a request is synthesized", async () => {
    const transport = new WireTransport();
    const asked = await accept(transport, { handshake: "none", subprotocol: "chat" });
    expect(asked).toMatchObject({ target: "/", subprotocols: ["chat"], origin: undefined });
    expect((await asked.accept()).protocol).toBe("chat");
    const refusing = new WireTransport();
    const refused = (await accept(refusing, { handshake: "none" })).reject();
    await settled();
    expect(refusing.chunks()).toEqual(["88 02 03 f0"]);
    refusing.bring(hex("88 82 00 00 00 00 03 f0"));
    await refused;
  });
  describe("a request by HTTP/2 (RFC 8441 §4), answered elsewhere", () => {
    /** As `node:http2` passes them: with a null prototype, and a symbol among the names. */
    const byHttp2 = (more: Record<string, string> = {}): { method: string; target: string; headers: HeadersInit } => {
      const headers = Object.assign(Object.create(null) as Record<string, string>, {
        ":method": "CONNECT",
        ":protocol": "websocket",
        ":scheme": "https",
        ":path": "/chat?x=1",
        ":authority": "server.example.com",
        [Symbol("sensitiveHeaders")]: [],
        "sec-websocket-version": "13",
        "sec-websocket-protocol": "a, b",
        cookie: "c=1",
        ...more,
      });
      return { method: "CONNECT", target: "", headers };
    };

    test("is reported from its pseudo-headers, and none of them is a header", async () => {
      const transport = new WireTransport();
      const asked = await accept(transport, { handshake: "none", request: byHttp2(), subprotocol: "b" });
      expect(asked).toMatchObject({ target: "/chat?x=1", host: "server.example.com", subprotocols: ["a", "b"] });
      expect(asked.url.href).toBe("ws://server.example.com/chat?x=1");
      expect([...asked.headers].filter(([name]) => name.startsWith(":"))).toEqual([]);
      expect([asked.headers.get("cookie"), asked.headers.get("host")]).toEqual(["c=1", "server.example.com"]);
      expect((await asked.accept()).protocol).toBe("b");
      expect(transport.chunks()).toEqual([]);
    });
    test("is read from the transport by serve", async () => {
      const transport = Object.assign(new WireTransport(), {
        request: { ...byHttp2(), headers: Object.entries(byHttp2().headers) as [string, string][] },
      });
      const targets: string[] = [];
      const served = serve(
        [transport],
        async (asked) => {
          targets.push(asked.target);
          await (await asked.accept()).close();
        },
        { handshake: "none" },
      );
      await settled();
      transport.bring(hex("88 80 00 00 00 00"));
      transport.end();
      await served;
      expect(targets).toEqual(["/chat?x=1"]);
    });
    test.each<[string, OriginPolicy | undefined, boolean]>([
      ["https://server.example.com", undefined, true],
      ["https://evil.example", undefined, false],
      ["https://evil.example", ["https://evil.example"], true],
      ["https://evil.example", () => Promise.resolve(false), false],
      ["https://evil.example", () => Promise.resolve(true), true],
    ])("from a page of %s, with the policy %j, is checked against it", async (origin, origins, allowed) => {
      const transport = new WireTransport();
      const asking = accept(transport, { handshake: "none", request: byHttp2({ origin }), origins });
      if (allowed) {
        expect((await asking).origin).toBe(origin);
        return;
      }
      await expect(asking).rejects.toMatchObject({ name: "WebSocketError", message: /is not allowed/ });
      await settled();
      expect(transport.chunks()).toEqual(["88 02 03 f0"]);
    });
    test("whose policy throws is closed with 1011", async () => {
      const transport = new WireTransport();
      const origins = (): boolean => {
        throw new Error("mine");
      };
      const asking = accept(transport, { handshake: "none", request: byHttp2({ origin: "https://a" }), origins });
      await expect(asking).rejects.toThrow("mine");
      await settled();
      expect(transport.chunks()).toEqual(["88 02 03 f3"]);
    });
    test("that breaks the rules ends the transport", async () => {
      const transport = new WireTransport();
      const request = byHttp2({ "sec-websocket-version": "8" });
      await expect(accept(transport, { handshake: "none", request })).rejects.toMatchObject({ code: "versionInvalid" });
      expect(transport.ends).toContain("ended");
    });
  });
  describe("origins (RFC 6455 §10.2; CVE-2025-24010 and similar)", () => {
    const page = "+Origin: https://example.com";
    test.each<[string, string[], OriginPolicy | undefined, boolean]>([
      ["a foreign one, by default", [page], undefined, false],
      ["one of the same host, by default", ["+Origin: https://server.example.com"], undefined, true],
      ["any, if all may", [page], "any", true],
      ["a listed one", [page], ["https://example.com"], true],
      ["a foreign one", ["+Origin: https://evil.example"], ["https://example.com"], false],
      ["one with the same start", ["+Origin: https://example.com.evil.example"], ["https://example.com"], false],
      ["an opaque one", ["+Origin: null"], ["https://example.com"], false],
      ["an opaque one that is listed", ["+Origin: null"], ["null"], true],
      ["none, which is not a page", [], ["https://example.com"], true],
      ["none, and a function that insists", [], (origin) => origin !== undefined, false],
      ["any, and a function that minds not", [page], () => true, true],
    ])("%s", async (_, lines, origins, allowed) => {
      const transport = new WireTransport();
      transport.bring(request(...lines));
      const asked = accept(transport, { origins });
      if (allowed) {
        await (await asked).accept();
      } else {
        expect((await failure(asked)).message).toContain("is not allowed");
        await settled();
        expect(text(transport.written())).toMatch(/^HTTP\/1.1 403 /);
      }
    });
  });
});

/** Transports that the test supplies one by one. */
class Arrivals implements AsyncIterable<ByteTransport> {
  readonly #stream: ReadableStream<ByteTransport>;
  #controller!: ReadableStreamDefaultController<ByteTransport>;
  taken = 0;
  returned = false;

  constructor() {
    this.#stream = new ReadableStream({ start: (controller) => void (this.#controller = controller) });
  }

  /** Returns the client's end of a new transport. */
  arrive(): ByteTransport {
    const [near, far] = pipe();
    this.#controller.enqueue(far);
    return near;
  }

  end(): void {
    this.#controller.close();
  }

  fail(error: unknown): void {
    this.#controller.error(error);
  }

  [Symbol.asyncIterator](): AsyncIterator<ByteTransport> {
    const reader = this.#stream.getReader();
    return {
      next: async () => {
        const { done, value } = await reader.read();
        if (done) return { done, value };
        this.taken++;
        return { done, value };
      },
      return: () => {
        this.returned = true;
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }
}

describe("serve", () => {
  test("calls the handler for every transport, in parallel, and ends when all have ended", async () => {
    const arrivals = new Arrivals();
    const served = serve(arrivals, async (asked) => {
      const session = await asked.accept();
      for await (const message of session) await session.send(message);
    });
    const clients = await Promise.all([connect(arrivals.arrive()), connect(arrivals.arrive())]);
    for (const client of clients) {
      await client.send("a");
      expect(await client.receive()).toBe("a");
    }
    arrivals.end();
    expect(await isPending(served)).toBe(true);
    for (const client of clients) await client.close();
    await served;
  });
  test("also accepts an array", async () => {
    const [near, far] = pipe();
    const served = serve([far], (asked) => asked.accept().then(() => undefined));
    await (await connect(near)).close();
    await served;
  });
  test("the connection stays open when the handler has returned", async () => {
    const [near, far] = pipe();
    const served = serve([far], async (asked) => void (await asked.accept()).send("welcome"));
    const client = await connect(near);
    expect(await client.receive()).toBe("welcome");
    expect(await isPending(client.closed)).toBe(true);
    await client.close();
    await served;
  });
  test("an unanswered request is refused with 404", async () => {
    const [near, far] = pipe();
    const served = serve([far], () => undefined);
    expect((await failure(connect(near))).rejection?.status).toBe(404);
    await served;
  });
  test("a handler that throws causes 500 before the answer and 1011 after it, and is reported to onError", async () => {
    const errors: unknown[] = [];
    const [near, far] = pipe();
    const fail = new Error("handler");
    const onError = (error: unknown): void => void errors.push(error);
    const refused = serve([far], () => Promise.reject(fail), { onError });
    expect((await failure(connect(near))).rejection?.status).toBe(500);
    await refused;
    const [client, server] = pipe();
    const served = serve(
      [server],
      async (asked) => {
        await asked.accept();
        throw fail;
      },
      { onError },
    );
    expect(await (await connect(client)).closed).toMatchObject({ closeCode: 1011 });
    await served;
    expect(errors).toEqual([fail, fail]);
  });
  test("a client that sends garbage, or goes away, is reported to onError and affects no other", async () => {
    const errors: unknown[] = [];
    const arrivals = new Arrivals();
    const served = serve(arrivals, (asked) => asked.accept().then(() => undefined), {
      onError: (error) => errors.push(error),
    });
    const bad = arrivals.arrive().writable.getWriter();
    await bad.write(ascii("SSH-2.0-x\r\n\r\n"));
    const good = await connect(arrivals.arrive());
    const gone = await connect(arrivals.arrive());
    const giveUp = new AbortController();
    giveUp.abort();
    await gone.close({ signal: giveUp.signal }).catch(() => undefined);
    expect(await good.ping()).toBeGreaterThanOrEqual(0);
    await good.close();
    arrivals.end();
    await bad.close();
    await served;
    expect(errors).toHaveLength(2);
  });
  test("at most maxConnections at a time: the next transport is not taken before one has ended", async () => {
    const arrivals = new Arrivals();
    const served = serve(arrivals, (asked) => asked.accept().then(() => undefined), { maxConnections: 2 });
    const clients = await Promise.all([connect(arrivals.arrive()), connect(arrivals.arrive())]);
    const third = connect(arrivals.arrive());
    expect(await isPending(third)).toBe(true);
    expect(arrivals.taken).toBe(2);
    await clients[0].close();
    await (await third).close();
    await clients[1].close();
    arrivals.end();
    await served;
    expect(await failure(serve([], () => undefined, { maxConnections: 0 }))).toBeInstanceOf(RangeError);
  });
  test("a signal stops it: open connections close with 1001, waiting requests are refused with 503", async () => {
    const arrivals = new Arrivals();
    const stop = new AbortController();
    let letGo = (): void => {};
    const refused = new Promise<void>((resolve) => (letGo = resolve));
    const served = serve(
      arrivals,
      async (asked) => {
        if (asked.target === "/slow") await refused;
        else await asked.accept();
      },
      { signal: stop.signal },
    );
    const client = await connect(arrivals.arrive());
    const slow = connect(arrivals.arrive(), { url: "ws://a/slow" });
    const silent = arrivals.arrive();
    await settled();
    stop.abort(new Error("shutting down"));
    expect(await client.closed).toMatchObject({ closeCode: 1001 });
    expect((await failure(slow)).rejection?.status).toBe(503);
    letGo();
    await served;
    expect(arrivals.returned).toBe(true);
    expect(
      (
        await silent.readable
          .getReader()
          .read()
          .catch(() => ({ done: true }))
      ).done,
    ).toBe(true);
  });
  test("a transport that arrives after the signal is ended, not left waiting", async () => {
    const arrivals = new Arrivals();
    const stop = new AbortController();
    const served = serve(arrivals, () => undefined, { signal: stop.signal });
    await settled();
    stop.abort(new Error("shutting down"));
    await served;
    const late = arrivals.arrive();
    await expect(late.readable.getReader().read()).rejects.toEqual(new Error("shutting down"));
    await expect(late.writable.getWriter().closed).rejects.toEqual(new Error("shutting down"));
  });
  test("a signal that stops it aborts the signal of a waiting request", async () => {
    const stop = new AbortController();
    const [near, far] = pipe();
    const waiting = withResolvers<AbortSignal>();
    const served = serve(
      [far],
      async ({ signal }) => {
        waiting.resolve(signal);
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
      { signal: stop.signal },
    );
    const opening = failure(connect(near));
    const signal = await waiting.promise;
    stop.abort();
    expect(await opening).toMatchObject({ rejection: { status: 503 } });
    await served;
    expect(signal.aborted).toBe(true);
  });
  test("waits for a handler without a limit if closeTimeoutMs is Infinity", async () => {
    const [near, far] = pipe();
    const handler = withResolvers();
    const served = serve(
      [far],
      async (asked) => {
        await (
          await asked.accept()
        ).closed;
        await handler.promise;
      },
      { closeTimeoutMs: Infinity },
    );
    await (await connect(near)).close();
    expect(await isPending(served)).toBe(true);
    handler.resolve();
    await served;
  });
  test("a clock that can't set timers fails that connection, and is reported once", async () => {
    for (const works of [0, 1, 2]) {
      let calls = 0;
      const thrown = new Error("no timers");
      const clock: Clock = {
        ...systemClock,
        setTimeout(callback, ms) {
          if (calls++ >= works) throw thrown;
          return systemClock.setTimeout(callback, ms);
        },
      };
      const errors: unknown[] = [];
      const [near, far] = pipe();
      const served = serve([far], async (asked) => void (await (await asked.accept()).closed), {
        clock,
        onError: (error) => errors.push(error),
      });
      const session = await connect(near).catch(() => undefined);
      await session?.close().catch(() => undefined);
      await served;
      await settled(10);
      expect(errors).toHaveLength(1);
      expect([errors[0], (errors[0] as Error).cause]).toContain(thrown);
    }
  });
  test("fails with its source, when the existing connections have ended", async () => {
    const arrivals = new Arrivals();
    const served = serve(arrivals, (asked) => asked.accept().then(() => undefined));
    const client = await connect(arrivals.arrive());
    arrivals.fail(new Error("listener"));
    expect(await isPending(served)).toBe(true);
    await client.close();
    expect(await failure(served)).toEqual(new Error("listener"));
  });
});

test("a chunk that the far end writes byte by byte gives the same conversation", async () => {
  const [near, far] = pipe();
  const [client, server] = await Promise.all([
    connect({ readable: near.readable.pipeThrough(oneByOne()), writable: near.writable }),
    accept({ readable: far.readable.pipeThrough(oneByOne()), writable: far.writable }).then((asked) => asked.accept()),
  ]);
  await client.send("héllo");
  expect(await server.receive()).toBe("héllo");
  expect(await client.close({ closeCode: 4000, reason: toHex(hex("01")) })).toMatchObject({
    closeCode: 4000,
    reason: "01",
  });
});

function oneByOne(): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream({
    transform(chunk, controller) {
      for (const byte of chunk) controller.enqueue(Uint8Array.of(byte));
    },
  });
}
