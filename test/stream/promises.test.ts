/**
 * Promises of every interface: it ends in time, reports the truth, ends once, leaves nothing behind, and contains
 * failures.
 */
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Extension, ExtensionCodec } from "../../src/index.ts";
import type { Connection } from "../../src/connection/connection.ts";
import type { Clock } from "../../src/stream/clock.ts";
import { crosswsAdapter, WebSocketServer, type Peer } from "../../src/server/index.ts";
import {
  accept,
  connect,
  serve,
  WebSocketError,
  type IncomingRequest,
  type ServeOptions,
  type WebSocketSession,
} from "../../src/stream/index.ts";
import { ManualClock } from "../../src/testing/manualClock.ts";
import { pipe, type ByteTransport } from "../../src/transports/pipe.ts";
import { createWebSocketClass } from "../../src/websocket/index.ts";
import { request } from "../handshake/heads.ts";
import { collectReports } from "../server/reports.ts";
import { ascii, hex, toHex } from "../support/wire.ts";
import { settled, WireTransport } from "../support/wireTransport.ts";

const known = { handshake: "none", masking: false } as const;

/** How a promise settled, and at which time. Advances the clock until it settles. */
async function outcome<Value>(
  clock: ManualClock,
  promise: Promise<Value>,
): Promise<{ atMs: number; value?: Value; error?: unknown }> {
  const startMs = clock.now();
  let result: { atMs: number; value?: Value; error?: unknown } | undefined;
  promise.then(
    (value) => (result = { atMs: clock.now() - startMs, value }),
    (error: unknown) => (result = { atMs: clock.now() - startMs, error }),
  );
  await clock.advance(0);
  for (let ms = 0; result === undefined && ms < 5000; ms += 50) await clock.advance(50);
  return result ?? { atMs: Infinity };
}

/** A server's session, with the test as its client. */
async function serverSession(
  transport: WireTransport,
  clock: ManualClock,
  closeTimeoutMs = 500,
): Promise<WebSocketSession> {
  return await (await accept(transport, { ...known, clock, closeTimeoutMs })).accept();
}

afterEach(() => void vi.useRealTimers());

/** Handled here, because the table that contains it is created before any test runs. */
const rejected = Promise.reject(new Error("lost"));
rejected.catch(() => undefined);

describe("it ends within one closeTimeoutMs, whatever the transport does", () => {
  test("close() of a session whose peer never reads", async () => {
    const clock = new ManualClock();
    const [near] = pipe();
    const session = await connect(near, { ...known, clock, closeTimeoutMs: 500 });
    await session.send(new Uint8Array(100_000));
    await clock.advance(10);
    const { atMs, error } = await outcome(clock, session.close());
    expect(error).toBeInstanceOf(WebSocketError);
    expect(error).toMatchObject({ closeCode: 1006 });
    expect(atMs).toBe(500);
  });
  test("close() of a WebSocket whose peer never reads", async () => {
    const clock = new ManualClock();
    const transport = new WireTransport();
    const WebSocket = createWebSocketClass(() => transport, { ...known, clock, closeTimeoutMs: 500 });
    const socket = new WebSocket("ws://a/");
    await new Promise((resolve) => (socket.onopen = resolve));
    transport.takeNothing();
    socket.send(new Uint8Array(100_000));
    await clock.advance(10);
    const closed = new Promise<CloseEvent>((resolve) => (socket.onclose = resolve));
    socket.close();
    const { atMs, value } = await outcome(clock, closed);
    expect([atMs, value?.code, value?.wasClean]).toEqual([500, 1006, false]);
  });
  test("close() of a server's peer whose client does not read", async () => {
    const clock = new ManualClock();
    const transport = new WireTransport();
    const server = new WebSocketServer({ clock, closeTimeoutMs: 500 });
    const opened = new Promise<Peer>((resolve) => server.on("connection", resolve));
    server.handleTransport(transport);
    transport.bring(request());
    const peer = await opened;
    await settled();
    transport.takeNothing();
    peer.send(new Uint8Array(8_000_000));
    await clock.advance(10);
    const closed = new Promise<number>((resolve) => peer.on("close", resolve));
    peer.close(1000);
    expect(await outcome(clock, closed)).toEqual({ atMs: 500, value: 1006 });
    expect(server.clients!.size).toBe(0);
  });
  test("serve() that is stopped while a client does not read", async () => {
    const clock = new ManualClock();
    const stop = new AbortController();
    const transport = new WireTransport();
    transport.takeNothing();
    const options = { ...known, clock, closeTimeoutMs: 500, signal: stop.signal };
    const served = serve(
      [transport],
      async (request) => {
        const session = await request.accept();
        for (;;) await session.send(new Uint8Array(100_000));
      },
      options,
    );
    await clock.advance(10);
    stop.abort();
    expect((await outcome(clock, served)).atMs).toBe(500);
    expect(transport.ends).toContain("ended");
  });
  test("serve() that is stopped while a handler never returns", async () => {
    const clock = new ManualClock();
    const stop = new AbortController();
    const transport = new WireTransport();
    const options = { ...known, clock, closeTimeoutMs: 500, signal: stop.signal };
    const served = serve([transport], () => new Promise(() => undefined), options);
    await clock.advance(10);
    stop.abort();
    expect((await outcome(clock, served)).atMs).toBe(500);
  });
  test("close() while the opening answer is still being written", async () => {
    const clock = new ManualClock();
    const transport = new WireTransport();
    transport.takeNothing();
    transport.bring(request());
    const session = await (await accept(transport, { clock, closeTimeoutMs: 500 })).accept();
    const { atMs, error } = await outcome(clock, session.close());
    expect([atMs, (error as WebSocketError).closeCode]).toEqual([500, 1006]);
  });
  test("close() to a peer that has disappeared takes one closeTimeoutMs, not two", async () => {
    const clock = new ManualClock();
    const transport = new WireTransport();
    const session = await serverSession(transport, clock, 1000);
    const closed = outcome(clock, session.close());
    expect(await closed).toMatchObject({ atMs: 1000, error: { closeCode: 1006, cause: { code: "closeTimeout" } } });
    expect(transport.ends).toContain("ended");
  });
  test("leaving `await using` of a busy feed takes no longer than the peer's close", async () => {
    const clock = new ManualClock();
    const [near, far] = pipe();
    const served = serve(
      [far],
      async (request) => {
        const session = await request.accept();
        for (;;) await session.send("tick");
      },
      { clock, onError: () => undefined },
    );
    let received = 0;
    const used = (async () => {
      await using session = await connect(near, { clock });
      for await (const message of session) {
        expect(message).toBe("tick");
        if (++received === 3) break;
      }
    })();
    expect(await outcome(clock, used)).toMatchObject({ atMs: 0 });
    await served;
  });
  test.each<[string, (session: WebSocketSession) => Promise<unknown>]>([
    ["sends a greeting and returns", (session) => session.send("hello")],
    ["awaits closed", (session) => session.closed],
  ])("a client that sends a message and a Close and goes, if the handler %s without reading", async (_, handle) => {
    for (const keepalive of [undefined, { intervalMs: 60_000, timeoutMs: 60_000 }]) {
      const clock = new ManualClock();
      const transport = new WireTransport();
      transport.bring(request());
      const served = serve([transport], async (asked) => void (await handle(await asked.accept())), {
        clock,
        closeTimeoutMs: 500,
        onError: () => undefined,
        ...(keepalive && { keepalive }),
      });
      await settled();
      transport.bring(hex("81 81 00 00 00 00 61", "88 82 00 00 00 00 03 e8"));
      transport.failReading(new Error("the connection was reset"));
      expect((await outcome(clock, served)).atMs).toBeLessThanOrEqual(500);
      expect(transport.ends).toContain("ended");
    }
  });
  test.each<[string, Partial<ByteTransport>]>([
    ["close() hangs", { close: () => new Promise(() => undefined) as never }],
    ["close() rejects", { close: () => Promise.reject(new Error("no")) as never }],
    [
      "close() throws",
      {
        close() {
          throw new Error("no");
        },
      },
    ],
    ["closed rejects", { closed: rejected }],
    ["neither direction ever ends", {}],
  ])("a transport whose %s", async (_, members) => {
    const clock = new ManualClock();
    const forever = (): Promise<never> => new Promise(() => undefined);
    const transport = {
      readable: new ReadableStream<Uint8Array>({ pull: forever, cancel: forever }),
      writable: new WritableStream<Uint8Array<ArrayBuffer>>({ write: forever, close: forever, abort: forever }),
      ...members,
    };
    const session = await connect(transport, { ...known, clock, closeTimeoutMs: 500 });
    const sending = session.writable.getWriter().write("never taken");
    const { atMs, error } = await outcome(clock, session.close());
    expect([atMs, (error as WebSocketError).closeCode]).toEqual([500, 1006]);
    await sending;
  });
  test("a slow reader gets all data before the end", async () => {
    const clock = new ManualClock();
    const transport = new WireTransport();
    const session = await serverSession(transport, clock);
    const message = hex("82 7e 80 00 61*32768");
    transport.bring(message, message, message, message, hex("88 02 03 e8"));
    transport.end();
    await settled();
    const received: number[] = [];
    for (let i = 0; i < 4; i++) {
      await clock.advance(240); // less than half of closeTimeoutMs
      received.push(((await session.receive()) as Uint8Array).length);
    }
    expect(received).toEqual([32768, 32768, 32768, 32768]);
    expect(await outcome(clock, session.closed)).toMatchObject({ value: { closeCode: 1000 } });
    expect(await session.receive()).toBeUndefined();
  });
  test("a slow reader gets all that a closed transport had yielded, however much", async () => {
    const clock = new ManualClock();
    const [near, far] = pipe({ highWaterMark: 10_000_000 });
    const session = await connect(near, { ...known, clock, closeTimeoutMs: 500 });
    const writer = far.writable.getWriter();
    for (let i = 0; i < 30; i++) await writer.write(hex("82 7e 27 10 61*10000"));
    far.close!();
    for (let i = 0; i < 30; i++) {
      expect(((await session.receive()) as Uint8Array).length).toBe(10_000);
      await clock.advance(100);
    }
    const { error } = await outcome(clock, session.closed);
    expect(error).toMatchObject({ closeCode: 1006 });
  });
  test("a transport that yields chunks forever after the end lets timers run", async () => {
    let wanted = true;
    const readable = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(wanted ? hex("88 00") : new Uint8Array(100)),
    });
    const transport = { readable, writable: new WritableStream<Uint8Array<ArrayBuffer>>() };
    const session = await connect(transport, { ...known, closeTimeoutMs: 30 });
    wanted = false;
    await session.closed;
    await new Promise((resolve) => setTimeout(resolve, 60));
    await readable.cancel().catch(() => undefined);
  });
  test("a reader that resumes late does not make its peer overdue with the rest of a message", async () => {
    const clock = new ManualClock();
    const transport = new WireTransport();
    const options = { ...known, clock, messageTimeoutMs: 1000 };
    const session = await (await accept(transport, options)).accept();
    transport.bring(hex("01 01 61 00 01 62 00 01 63"));
    await clock.advance(5000);
    const { value: message } = await session.incomingMessageStreams.getReader().read();
    const reader = (message!.readable as ReadableStream<string>).getReader();
    for (const piece of ["a", "b", "c"]) expect((await reader.read()).value).toBe(piece);
    await clock.advance(500);
    expect(toHex(transport.written()), "no Close").toBe("");
    transport.bring(hex("80 01 64"));
    expect((await reader.read()).value).toBe("d");
  });
  test("messages that are not read in time are dropped, and a late reader gets an error", async () => {
    const clock = new ManualClock();
    const transport = new WireTransport();
    const session = await serverSession(transport, clock);
    transport.bring(hex("81 01 61", "81 01 62", "88 02 03 e8"));
    expect(await outcome(clock, session.close())).toMatchObject({ atMs: 250, value: { closeCode: 1000 } });
    expect(await session.receive(), "what was being delivered is kept").toBe("a");
    expect(await session.receive().catch((error: unknown) => error)).toMatchObject({
      name: "WebSocketError",
      message: "messages that were not read in time were dropped",
    });
  });
});

describe("it reports the truth: clean means that both Closes travelled, after everything before them", () => {
  test("the peer's Close arrives while 200 kB of ours are unsent", async () => {
    const clock = new ManualClock();
    const transport = new WireTransport();
    const session = await serverSession(transport, clock);
    transport.takeNothing();
    await session.send(new Uint8Array(200_000));
    transport.bring(hex("88 02 03 e8"));
    expect(await outcome(clock, session.closed)).toMatchObject({ atMs: 500, error: { closeCode: 1000 } });
  });
  test.each<[string, (transport: WireTransport) => void]>([
    ["is rejected", (transport) => transport.refuse(new Error("reset"))],
    ["is never taken", () => undefined],
  ])("the write of the Close's echo %s: session, class and peer report the same", async (_, then) => {
    const verdicts: unknown[] = [];
    {
      const clock = new ManualClock();
      const transport = new WireTransport();
      const session = await serverSession(transport, clock);
      transport.takeNothing();
      transport.bring(hex("88 02 03 e8"));
      await settled();
      then(transport);
      verdicts.push((await outcome(clock, session.closed)).error instanceof WebSocketError);
    }
    {
      const clock = new ManualClock();
      const transport = new WireTransport();
      const WebSocket = createWebSocketClass(() => transport, { ...known, clock, closeTimeoutMs: 500 });
      const socket = new WebSocket("ws://a/");
      await new Promise((resolve) => (socket.onopen = resolve));
      const closed = new Promise<CloseEvent>((resolve) => (socket.onclose = resolve));
      transport.takeNothing();
      transport.bring(hex("88 02 03 e8"));
      await settled();
      then(transport);
      verdicts.push((await outcome(clock, closed)).value!.wasClean);
    }
    {
      const clock = new ManualClock();
      const transport = new WireTransport();
      const server = new WebSocketServer({ clock, closeTimeoutMs: 500 });
      const opened = new Promise<Peer>((resolve) => server.on("connection", resolve));
      server.handleTransport(transport);
      transport.bring(request());
      const peer = await opened;
      await settled();
      const closed = new Promise((resolve) => peer.on("close", resolve));
      transport.takeNothing();
      transport.bring(hex("88 82 00 00 00 00 03 e8"));
      await settled();
      then(transport);
      await outcome(clock, closed);
      verdicts.push(peer.wasClean);
    }
    expect(verdicts).toEqual([true, false, false]);
  });
  test("a message that a clean Close cuts short fails its stream with an error", async () => {
    const clock = new ManualClock();
    const transport = new WireTransport();
    const session = await serverSession(transport, clock);
    transport.bring(hex("01 01 61", "88 02 03 e8"));
    for await (const { readable } of session.incomingMessageStreams) {
      const reader = readable.getReader();
      expect((await reader.read()).value).toBe("a");
      expect(await reader.read().catch((error: unknown) => error)).toBeInstanceOf(WebSocketError);
    }
  });
});

/** An error of the platform's own class, if it has one (Chromium). */
function platformErrors(): [string, unknown, string][] {
  const { WebSocketError: Theirs } = globalThis as {
    WebSocketError?: new (message: string, options: { closeCode: number; reason: string }) => Error;
  };
  if (Theirs === undefined) return [];
  return [["an error of the platform's", new Theirs("", { closeCode: 3001, reason: "x" }), "88 03 0b b9 78"]];
}

describe("it contains failures", () => {
  test.each<[string, unknown, string]>([
    ["a code that may not be sent", new WebSocketError("", { closeCode: 1006 }), "88 02 03 f3"],
    ["the code of an empty Close", new WebSocketError("", { closeCode: 1005 }), "88 02 03 f3"],
    ["the code of a failed TLS handshake", new WebSocketError("", { closeCode: 1015 }), "88 02 03 f3"],
    [
      "a long reason",
      new WebSocketError("", { closeCode: 4000, reason: "é".repeat(100) }),
      `88 7c 0f a0 ${toHex(ascii("é".repeat(61)))}`,
    ],
    ["an error of another class", { closeCode: 3001, reason: "x" }, "88 03 0b b9 78"],
    [
      "an error whose members its class has",
      new (class Theirs extends Error {
        get closeCode(): number {
          return 3001;
        }
        get reason(): string {
          return "x";
        }
      })(),
      "88 03 0b b9 78",
    ],
    ["a function", Object.assign(() => {}, { closeCode: 3001 }), "88 02 0b b9"],
    ["a code that is not a number", { closeCode: "3001", reason: "x" }, "88 00"],
    ["a reason that is not a string", { closeCode: 3001, reason: { secret: 1 } }, "88 02 0b b9"],
    ["a reason and no code", Object.assign(new Error("relay"), { reason: "internal" }), "88 00"],
    ["a text", "closeCode", "88 00"],
    ...platformErrors(),
    ["a WebSocketError with a reason and no code", new WebSocketError("", { reason: "why" }), "88 05 03 e8 77 68 79"],
    ["a WebSocketError with an empty reason and no code", new WebSocketError("", { reason: "" }), "88 00"],
    ["any other error", new Error("relay"), "88 00"],
    ["nothing", undefined, "88 00"],
  ])("a stream that is aborted or cancelled with %s closes the connection", async (_, reason, close) => {
    const ways: ((session: WebSocketSession) => Promise<unknown>)[] = [
      (session) => session.writable.abort(reason),
      (session) => session.readable.cancel(reason),
      (session) => session.incomingMessageStreams.cancel(reason),
      async (session) => {
        const writer = session.createMessageStream("text").getWriter();
        await writer.write("a");
        await writer.abort(reason);
      },
    ];
    for (const [i, way] of ways.entries()) {
      const transport = new WireTransport();
      const session = await (await accept(transport, { ...known })).accept();
      await way(session);
      await settled();
      expect(toHex(transport.written())).toBe((i === 3 ? "01 01 61 " : "") + close);
      transport.bring(hex(close));
      await session.closed;
    }
  });
  test("a reason with throwing getters aborts the transport", async () => {
    const reason = {
      get closeCode(): number {
        throw new Error("no code");
      },
    };
    const transport = new WireTransport();
    const session = await (await accept(transport, { ...known })).accept();
    await session.writable.abort(reason);
    await expect(session.closed).rejects.toMatchObject({ cause: { message: "no code" } });
    expect(transport.ends).toContain("ended");
  });
  test("a writable that is aborted while a write waits for room closes at once", async () => {
    const clock = new ManualClock();
    const transport = new WireTransport();
    const session = await serverSession(transport, clock);
    transport.takeNothing();
    const writer = session.writable.getWriter();
    void writer.write(new Uint8Array(300_000));
    const waiting = writer.write("waits").catch((error: unknown) => error);
    await settled();
    const aborted = writer.abort(new Error("enough"));
    expect((await outcome(clock, Promise.allSettled([aborted, waiting, session.closed]))).atMs).toBe(500);
  });
  test("a message stream that is aborted before its turn sends nothing and closes nothing", async () => {
    const [near, far] = pipe();
    const [client, server] = await Promise.all([connect(near, known), accept(far, known).then((r) => r.accept())]);
    const first = client.createMessageStream("text").getWriter();
    await first.write("a");
    const second = client.createMessageStream("text");
    await second.abort(new Error("not needed"));
    await first.write("b");
    await first.close();
    await client.send("c");
    expect([await server.receive(), await server.receive()]).toEqual(["ab", "c"]);
    const third = client.createMessageStream("text");
    await settled();
    await third.abort();
    await client.send("d");
    expect(await server.receive()).toBe("d");
    await Promise.all([client.close(), server.closed]);
  });

  describe("a request that can't be answered as the handler wants gets 500, and ends", () => {
    test.each<[string, (asked: IncomingRequest) => Promise<unknown>]>([
      ["a subprotocol that was not offered", (asked) => asked.accept({ subprotocol: "chat" })],
      ["a header that breaks the line", (asked) => asked.accept({ headers: { "x-a": "b\r\nc: d" } })],
      ["an invalid status", (asked) => asked.reject({ status: 99 })],
    ])("%s", async (_, answer) => {
      const { reports } = collectReports();
      const [near, far] = pipe();
      const served = serve([far], async (asked) => void (await answer(asked)));
      const error = await connect(near).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ rejection: { status: 500 } });
      await served;
      expect(reports).toHaveLength(1);
    });
  });
  test("a handler's error is a warning by default, and a client that goes away is not", async () => {
    const { reports } = collectReports();
    const thrown = new Error("of the handler");
    const [near, far] = pipe();
    const [gone, left] = pipe();
    const served = serve([far, left], async (asked) => {
      const session = await asked.accept();
      while ((await session.receive()) !== undefined);
      throw thrown;
    });
    const [session, other] = await Promise.all([connect(near), connect(gone)]);
    await other.close({ signal: AbortSignal.abort() }).catch(() => undefined);
    await session.close();
    await served;
    expect(reports).toEqual([thrown]);
  });
  test("a clock that returns NaN, in any call, sets no timer for NaN milliseconds and ends the connection", async () => {
    let readings = Infinity;
    for (let failing = 0; failing < readings; failing++) {
      const waits: number[] = [];
      let calls = 0;
      const clock: Clock = {
        now: () => (calls++ === failing ? NaN : 0),
        setTimeout: (_, ms) => waits.push(ms),
        clearTimeout: () => undefined,
      };
      const transport = new WireTransport();
      const opening = connect(transport, { ...known, clock, closeTimeoutMs: 500 });
      const session = await opening.catch(() => undefined);
      void session?.send("a").catch(() => undefined);
      await settled();
      void session?.close().catch(() => undefined);
      await settled();
      expect(waits.filter(Number.isNaN)).toEqual([]);
      if (calls > failing) expect(transport.ends).toContain("ended");
      else readings = failing;
    }
    expect(readings).toBeGreaterThan(3);
  });
  describe("a reason or error that can't become text ends the connection like any other", () => {
    class Loud extends Error {
      override get message(): string {
        throw new Error("no text");
      }
    }
    const reasons: [string, unknown][] = [
      ["has no prototype", Object.create(null)],
      ["has a toString that throws", { toString: () => Reflect.ownKeys(1 as never) }],
      ["has a message that throws", new Loud()],
      ["has a message that is a symbol", Object.assign(new Error(), { message: Symbol("x") })],
    ];
    test.each(reasons)("one that %s", async (_, reason) => {
      const { reports } = collectReports();
      const [near, far] = pipe();
      const served = serve([far], async (request) => void (await (await request.accept()).receive()), {
        closeTimeoutMs: 500,
      });
      const session = await connect(near, { closeTimeoutMs: 500 });
      session.close({ signal: AbortSignal.abort(reason) }).catch(() => undefined);
      await expect(session.closed).rejects.toMatchObject({ closeCode: 1006 });
      await served;
      const [other, far2] = pipe();
      const opening = connect(other, { closeTimeoutMs: 500 });
      void far2.readable.cancel(reason);
      await expect(opening).rejects.toMatchObject({ closeCode: 1006 });
      await serve([pipe()[1]], () => undefined, {
        onConnection: () => Promise.reject(reason) as never,
        handshakeTimeoutMs: 20,
        closeTimeoutMs: 20,
      });
      expect(reports).toHaveLength(1);
      // A page's reportError() accepts any value; Node converts the parts of a warning to text later.
      if ("document" in globalThis || "importScripts" in globalThis) expect(reports).toEqual([reason]);
      else for (const report of reports) expect(typeof (report as Error).message).toBe("string");
    });
  });
  test("what a handler throws is reported even if its prototype can't be read", async () => {
    const { reports } = collectReports();
    const [near, far] = pipe();
    const getPrototypeOf = (): never => {
      throw new Error("no prototype");
    };
    const served = serve([far], () => {
      throw new Proxy(new Error("of the handler"), { getPrototypeOf });
    });
    await expect(connect(near)).rejects.toMatchObject({ rejection: { status: 500 } });
    await served;
    expect(reports.map((report) => (report as Error).message)).not.toContain("no prototype");
    expect(reports).toHaveLength(1);
  });
  test("an onError that throws, or rejects, is reported and ends nothing", async () => {
    const later = (): Promise<void> => Promise.reject(new Error("of onError"));
    for (const onError of [
      () => {
        throw new Error("of onError");
      },
      later,
    ]) {
      const { reports } = collectReports();
      const [near, far] = pipe();
      const [next, other] = pipe();
      const served = serve(
        [far, other],
        () => {
          throw new Error("of the handler");
        },
        { onError },
      );
      await Promise.allSettled([connect(near), connect(next)]);
      await served;
      await settled();
      expect(reports).toEqual([new Error("of onError"), new Error("of onError")]);
    }
  });
  test.each<[string, Partial<ServeOptions>]>([
    ["origins that are a string", { origins: "https://a.example" as never }],
    ["invalid limits", { limits: { maxMessageBytes: -1 } }],
    [
      "onConnection that throws",
      {
        onConnection() {
          throw new RangeError("of onConnection");
        },
      },
    ],
  ])("%s: reported once, and the transport ends", async (_, options) => {
    const { reports } = collectReports();
    const ends = async (given: (far: ByteTransport) => unknown): Promise<void> => {
      const [near, far] = pipe();
      const told: unknown[] = [];
      const before = reports.length;
      await Promise.resolve()
        .then(() => given(far))
        .catch((error: unknown) => told.push(error));
      expect(await connect(near).catch((error: unknown) => error)).toBeInstanceOf(WebSocketError);
      expect(told.length + reports.length - before).toBe(1);
    };
    await ends((far) => accept(far, options));
    await ends((far) => serve([far], () => undefined, options));
    await ends((far) => {
      let server: WebSocketServer;
      try {
        server = new WebSocketServer(options);
      } catch (error) {
        far.close?.(); // nothing has received it
        throw error;
      }
      server.handleTransport(far);
    });
  });
  describe("a transport with a throwing getter is ended as far as possible, with one report", () => {
    const faces: Record<string, (transport: ByteTransport) => unknown> = {
      connect: (transport) => connect(transport, known),
      "a WebSocket": (transport) =>
        new Promise((_, reject) => {
          const WebSocket = createWebSocketClass(() => transport, known);
          new WebSocket("ws://localhost/").addEventListener("error", reject);
        }),
      accept: (transport) => accept(transport),
      serve: (transport) => serve([transport], () => undefined),
      "a WebSocketServer": (transport) => new WebSocketServer().handleTransport(transport),
    };
    const everywhere = ["readable", "writable", "closed", "copiesChunks"];
    const cases = Object.keys(faces).flatMap((face) => {
      const isServer = !/connect|a WebSocket$/.test(face);
      const its = face === "a WebSocketServer" ? ["remoteAddress", "encrypted"] : [];
      return [...everywhere, ...(isServer ? ["request"] : []), ...its].map((getter) => ({ getter, face }));
    });
    test.each(cases)("$getter, with $face", async ({ getter, face }) => {
      const { reports } = collectReports();
      const transport = new WireTransport();
      Object.defineProperty(transport, getter, {
        get() {
          throw new Error(`of ${getter}`);
        },
      });
      const told: unknown[] = [];
      void Promise.resolve()
        .then(() => faces[face]!(transport))
        .catch((error: unknown) => told.push(error));
      await settled();
      expect(told.length + reports.length).toBe(1);
      const reachable = { readable: "cancelled", writable: "aborted" };
      const sides = Object.entries(reachable).filter(([side]) => side !== getter);
      const ends = transport.ends.map((end) => end.replace(/:.*/, ""));
      expect(ends.sort()).toEqual([...sides.map(([, end]) => end), "ended"].sort());
    });
  });
  test("an origin policy may return a promise; if it rejects, the client gets 500 and it is reported once", async () => {
    const { reports } = collectReports();
    const answers: unknown[] = [];
    for (const origins of [
      () => Promise.resolve(false),
      () => Promise.resolve(true),
      () => Promise.reject(new Error("of the policy")),
    ]) {
      for (const start of [
        (far: ByteTransport) => void serve([far], (asked) => void asked.accept(), { origins }),
        (far: ByteTransport) => new WebSocketServer({ origins }).handleTransport(far),
        (far: ByteTransport) => crosswsAdapter({ serverOptions: { origins } }).handleTransport(far),
      ]) {
        const [near, far] = pipe();
        start(far);
        answers.push(
          await connect(near, { origin: "https://evil.example" }).then(
            () => "open",
            (error: unknown) => (error as WebSocketError).rejection?.status,
          ),
        );
      }
    }
    expect(answers).toEqual([403, 403, 403, "open", "open", "open", 500, 500, 500]);
    expect(reports).toEqual([1, 2, 3].map(() => new Error("of the policy")));
  });
  test("fake timers that are installed while a connection is open do not stop its deadlines", async () => {
    const transport = new WireTransport();
    const session = await (await accept(transport, { ...known, closeTimeoutMs: 500 })).accept();
    await settled();
    vi.useFakeTimers();
    const failed = session.close().catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(500);
    expect(await failed).toMatchObject({ closeCode: 1006 });
  });
  test.each(["receiveFrame", "decode"] as const)("an extension whose %s throws ends its connection", async (hook) => {
    const codec: ExtensionCodec = {
      reservedBits: 0,
      [hook]: () => {
        throw new Error("of the extension");
      },
    };
    const extension: Extension = {
      name: "x",
      offer: () => [[]],
      accept: () => ({ parameters: [], codec }),
      confirm: () => ({ reservedBits: 0 }),
    };
    const [near, far] = pipe();
    const [client, server] = await Promise.all([
      connect(near, { extensions: [extension] }),
      accept(far, { extensions: [extension] }).then((asked) => asked.accept()),
    ]);
    await client.send("a");
    expect(await server.receive().catch((error: unknown) => error)).toMatchObject({
      name: "WebSocketError",
      cause: { code: "extensionFailed", cause: new Error("of the extension") },
    });
    expect(await client.closed).toMatchObject({ closeCode: 1011 });
  });
  test("a patched connection whose chunksToSend() throws ends, and so does its transport", async () => {
    const transport = new WireTransport();
    let isBroken = false;
    const onConnection = (connection: Connection): void => {
      const chunksToSend = connection.chunksToSend.bind(connection);
      connection.chunksToSend = () => {
        if (isBroken) throw new Error("of the patch");
        return chunksToSend();
      };
    };
    const session = await (await accept(transport, { ...known, onConnection })).accept();
    await settled();
    isBroken = true;
    await session.send("a");
    expect(await session.closed.catch((error: unknown) => error)).toMatchObject({
      name: "WebSocketError",
      closeCode: 1006,
      cause: new Error("of the patch"),
    });
    expect(transport.ends).toEqual(["cancelled: of the patch", "aborted: of the patch", "ended"]);
  });
  describe("an unsendable message after a Blob fails its callback, once", () => {
    /** Its `encode` throws from one call on. */
    const failingAt = (at: number): Extension => {
      let calls = 0;
      const codec: ExtensionCodec = {
        reservedBits: 0,
        encode(frame) {
          if (calls++ >= at) throw new Error("of the extension");
          return frame;
        },
      };
      return { name: "x", offer: () => [[]], accept: () => ({ parameters: [], codec }), confirm: () => codec };
    };
    type Send = (data: string | Blob, callback: (error?: unknown) => void) => void;
    const faces: Record<string, (near: ByteTransport, far: ByteTransport, extension: Extension) => Promise<Send>> = {
      async "a WebSocket"(near, far, extension) {
        void accept(far, { extensions: [extension] }).then((asked) => asked.accept());
        const WebSocket = createWebSocketClass(() => near, { extensions: [extension] });
        const socket = new WebSocket("ws://localhost/");
        await new Promise((resolve) => socket.addEventListener("open", resolve));
        return (data, callback) => socket.send(data, callback);
      },
      async "a server's peer"(near, far, extension) {
        const server = new WebSocketServer({ extensions: [extension] });
        const connected = new Promise<Peer>((resolve) => server.on("connection", resolve));
        server.handleTransport(far);
        void connect(near, { extensions: [extension] });
        const peer = await connected;
        peer.on("error", () => undefined);
        return (data, callback) => peer.send(data, callback);
      },
    };
    const cases = Object.keys(faces).flatMap((face) => [0, 1].map((at) => ({ face, at })));
    test.each(cases)("$face, whose extension fails at message $at", async ({ face, at }) => {
      const { reports } = collectReports();
      const send = await faces[face]!(...pipe(), failingAt(at));
      const told: unknown[] = [];
      send(new Blob(["a"]), (error) => told.push(["the Blob", error instanceof Error]));
      send("b", (error) => told.push(["what is behind it", error instanceof Error]));
      for (let turns = 0; told.length < 2 && turns < 20; turns++) await settled();
      expect(told).toHaveLength(2);
      expect(told).toContainEqual(["the Blob", at === 0]);
      expect(told).toContainEqual(["what is behind it", true]);
      expect(reports).toEqual([]);
    });
  });
});

describe("it is bounded, and leaves nothing behind", () => {
  test("maxConnections counts a connection until its transport has ended", async () => {
    const clock = new ManualClock();
    const transports = Array.from({ length: 40 }, () => new WireTransport());
    let taken = 0;
    function* source(): Generator<WireTransport> {
      for (const transport of transports) {
        taken++;
        yield transport;
      }
    }
    const served = serve(source(), (asked) => asked.reject({ status: 404 }), {
      maxConnections: 10,
      clock,
      closeTimeoutMs: 500,
    });
    // The clients read their answer, and keep their side open.
    for (const transport of transports) transport.bring(request());
    await settled();
    expect(taken).toBe(10);
    for (const count of [20, 30, 40]) {
      await clock.advance(500);
      expect(taken).toBe(count);
    }
    await outcome(clock, served);
    expect(transports.every((transport) => transport.ends.includes("ended"))).toBe(true);
  });
  test("any number of connections share one listener on a signal", async () => {
    const stop = new AbortController();
    let listeners = 0;
    let most = 0;
    const { signal } = stop;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...given: Parameters<typeof add>) => {
      most = Math.max(most, ++listeners);
      add(...given);
    };
    signal.removeEventListener = (...given: Parameters<typeof remove>) => {
      listeners--;
      remove(...given);
    };
    const pairs = Array.from({ length: 30 }, () => pipe());
    const served = serve(
      pairs.map(([, far]) => far),
      async (asked) => {
        const session = await asked.accept();
        await session.receive({ signal });
      },
      { signal, onError: () => undefined },
    );
    const sessions = await Promise.all(pairs.map(([near]) => connect(near, { signal })));
    const waits = sessions.map((session) => session.receive({ signal }).catch(() => undefined));
    await settled();
    expect(most).toBe(1);
    stop.abort();
    await Promise.all([served, ...waits]);
    expect(listeners).toBe(0);
  });
  test("a transport that yields nothing but empty chunks forever lets timers run", async () => {
    const readable = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(new Uint8Array(0)) });
    const transport = { readable, writable: new WritableStream<Uint8Array<ArrayBuffer>>() };
    const session = await connect(transport, { ...known, closeTimeoutMs: 20 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    await expect(session.close()).rejects.toMatchObject({ closeCode: 1006 });
  });
});

describe("with keepalive, a peer that has disappeared is found", () => {
  const keepalive = { intervalMs: 1000, timeoutMs: 300 };
  const held = async (clock: ManualClock, transport: WireTransport): Promise<WebSocketSession> =>
    await (await accept(transport, { ...known, clock, keepalive, closeTimeoutMs: 500 })).accept();

  test.each([
    ["that nobody takes", "81 81 00 00 00 00 61"],
    ["whose first one nobody reads", "81 81 00 00 00 00 61 81 81 00 00 00 00 62 81 81 00 00 00 00 63"],
  ])("after messages %s", async (_, messages) => {
    const clock = new ManualClock();
    const transport = new WireTransport();
    const session = await held(clock, transport);
    transport.bring(hex(messages));
    const { atMs, error } = await outcome(clock, session.closed);
    expect(error).toMatchObject({ closeCode: 1006, cause: { code: "keepaliveTimeout" } });
    expect(atMs).toBeLessThanOrEqual(1000 + 300 + 500);
    await clock.advance(500);
    expect(transport.ends).toContain("ended");
  });
  test("and a reader that continues gets what had arrived before that", async () => {
    const clock = new ManualClock();
    const transport = new WireTransport();
    const session = await held(clock, transport);
    const messages = Array.from({ length: 35 }, () => hex("82 fe 0b b8 00 00 00 00", "61 ".repeat(3000)));
    transport.bring(...messages);
    let received = 0;
    const reading = (async () => {
      while ((await session.receive()) !== undefined) {
        received++;
        await new Promise<void>((resolve) => void clock.setTimeout(resolve, 100));
      }
    })().catch((error: unknown) => error);
    for (let tenth = 0; tenth <= messages.length; tenth++) await clock.advance(100);
    expect(await reading).toMatchObject({ closeCode: 1006, cause: { code: "keepaliveTimeout" } });
    expect(received).toBe(messages.length);
  });
  test("but one that answers stays, however long its messages wait, and its pongs match no other ping", async () => {
    const clock = new ManualClock();
    const transport = new WireTransport();
    const server = new WebSocketServer({ clock, keepalive, closeTimeoutMs: 500 });
    const opened = new Promise<Peer>((resolve) => server.on("connection", resolve));
    server.handleTransport(transport);
    transport.bring(request());
    const peer = await opened;
    await settled();
    transport.written();
    const pongs: unknown[] = [];
    peer.on("pong", (payload) => pongs.push(payload));
    peer.pause();
    transport.bring(hex("81 81 00 00 00 00 61", "81 81 00 00 00 00 62"));
    for (let second = 0; second < 10; second++) {
      await clock.advance(1000);
      for (const ping of transport.chunks()) {
        expect(ping).toMatch(/^89 04( [0-9a-f]{2}){4}$/); // one, not two at once
        transport.bring(hex("8a 84 00 00 00 00", ping.slice(6)));
      }
    }
    expect(peer.readyState).toBe(peer.OPEN);
    const received: string[] = [];
    peer.on("message", (data) => received.push((data as Uint8Array).toString()));
    peer.resume();
    await settled();
    expect(received).toEqual(["a", "b"]);
    expect(pongs).toEqual([]);
    peer.terminate();
  });
});
