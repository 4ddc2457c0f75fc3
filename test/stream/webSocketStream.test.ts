/** The `WebSocketStream` interface, by the cases of web-platform-tests, `websockets/stream/tentative`, and beyond. */
import { describe, expect, test } from "vitest";
import {
  createWebSocketStreamClass,
  WebSocketError,
  type WebSocketOptions,
  type WebSocketStreamOver,
} from "../../src/stream/index.ts";
import { ManualClock } from "../../src/testing/index.ts";
import type { ByteTransport } from "../../src/transports/byteTransport.ts";
import { pipe } from "../../src/transports/pipe.ts";
import { ascii, hex, toHex } from "../support/wire.ts";
import { isPending, settled, WireTransport } from "../support/wireTransport.ts";
import { serveScripts } from "../websocket/scriptedServer.ts";

const WebSocketStream = createWebSocketStreamClass(() => {
  const [near, far] = pipe();
  serveScripts(far);
  return near;
});
const SERVER = "ws://server.test/";
const say = (command: string): string => `${SERVER}?say=${encodeURIComponent(command)}`;

/** The class over one transport, whose other end is the test. By prior knowledge, unless the options say otherwise. */
function overWire(options: WebSocketOptions = {}): [WebSocketStreamOver, WireTransport] {
  const wire = new WireTransport();
  const OverWire = createWebSocketStreamClass(() => wire, { handshake: "none", masking: false, ...options });
  return [new OverWire(SERVER), wire];
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    (value: unknown) => expect.fail(`it resolved with ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
}

async function bothFail(stream: WebSocketStreamOver): Promise<unknown> {
  const error = await failureOf(stream.opened);
  expect(await failureOf(stream.closed)).toBe(error);
  return error;
}

describe("constructor", () => {
  type Untyped = new (...given: unknown[]) => WebSocketStreamOver;
  const make = (...given: unknown[]): WebSocketStreamOver => new (WebSocketStream as unknown as Untyped)(...given);

  test("takes a URL and a dictionary, converted as Web IDL does", async () => {
    expect(() => make()).toThrow(TypeError);
    expect(() => make(Symbol("x"))).toThrow(TypeError);
    for (const wrong of [true, 1, "x"]) expect(() => make(SERVER, wrong)).toThrow(TypeError);
    for (const protocols of ["hi", null, 1, {}]) expect(() => make(SERVER, { protocols })).toThrow(TypeError);
    for (const signal of [null, 1, {}]) expect(() => make(SERVER, { signal })).toThrow(TypeError);
    for (const right of [undefined, null, {}, { protocols: undefined, signal: undefined }, { protocols: new Set() }]) {
      const stream = make(SERVER, right);
      await stream.opened;
      stream.close();
    }
  });
  test("refuses a wrong URL or subprotocol with a SyntaxError, behind errors of type", () => {
    for (const url of ["invalid:", "ws://[", `${SERVER}#`]) {
      expect(() => make(url)).toThrow(expect.objectContaining({ name: "SyntaxError" }));
    }
    for (const protocols of [["a b"], ["a", "a"], [""]]) {
      expect(() => make(SERVER, { protocols })).toThrow(expect.objectContaining({ name: "SyntaxError" }));
    }
    expect(() => make("invalid:", { protocols: "hi" })).toThrow(TypeError);
  });
  test("tells the URL as it was parsed, and has the members of the interface", () => {
    const stream = new WebSocketStream("HTTP://server.test/a/../b");
    expect(stream.url).toBe("ws://server.test/b");
    expect(Object.prototype.toString.call(stream)).toBe("[object WebSocketStream]");
    const names: string[] = [];
    for (const name in stream) names.push(name);
    expect(names).toEqual(["url", "opened", "closed", "close"]);
    stream.close();
  });
  test("refuses wrong arguments with a helpful error", () => {
    expect(() => createWebSocketStreamClass(pipe()[0] as never)).toThrow(/connect\(\)/);
    expect(() => createWebSocketStreamClass(() => pipe()[0], { url: "x" } as never)).toThrow(/no option url/);
  });
});

describe("opened", () => {
  test("tells streams, subprotocol and extensions", async () => {
    const stream = new WebSocketStream(`${SERVER}?protocol=beta`, { protocols: ["alpha", "beta"] });
    const { readable, writable, protocol, extensions } = await stream.opened;
    expect(readable).toBeInstanceOf(ReadableStream);
    expect(writable).toBeInstanceOf(WritableStream);
    expect([protocol, extensions]).toEqual(["beta", ""]);
    stream.close();
  });
  test("carries text as strings, bytes as Uint8Array, and anything else as text", async () => {
    const stream = new WebSocketStream(SERVER);
    const { readable, writable } = await stream.opened;
    const reader = readable.getReader();
    const writer = writable.getWriter();
    for (const [sent, received] of [
      ["héllo", "héllo"],
      ["", ""],
      [new Uint8Array([1, 2]), new Uint8Array([1, 2])],
      [new Uint8Array([1, 2]).buffer, new Uint8Array([1, 2])],
      [7, "7"],
      [null, "null"],
      ["\ud800", "\ufffd"],
    ]) {
      await writer.write(sent as string);
      expect((await reader.read()).value).toEqual(received);
    }
    stream.close();
  });
  test("refuses a chunk that is not a message, and fails only the writable", async () => {
    const stream = new WebSocketStream(say("!burst 1"));
    const { readable, writable } = await stream.opened;
    await expect(writable.getWriter().write(Symbol("x") as never)).rejects.toThrow(TypeError);
    expect((await readable.getReader().read()).value).toBe("0");
    stream.close({ closeCode: 1000 });
    expect(await stream.closed).toEqual({ closeCode: 1000, reason: "" });
  });
  test("rejects, and closed with it, if the server refuses, or chooses no subprotocol", async () => {
    const refused = await bothFail(new WebSocketStream(`${SERVER}?reject=404`));
    expect(refused).toMatchObject({ name: "WebSocketError", rejection: { status: 404 } });
    const unchosen = await bothFail(new WebSocketStream(SERVER, { protocols: ["a"] }));
    expect(unchosen).toMatchObject({ name: "WebSocketError", closeCode: 1006 });
  });
  test("rejects, and closed with it, if the dial fails, or returns no transport", async () => {
    const cause = new Error("no route");
    const Failing = createWebSocketStreamClass(() => Promise.reject(cause));
    expect(await bothFail(new Failing(SERVER))).toMatchObject({ name: "WebSocketError", closeCode: 1006, cause });
    const Throwing = createWebSocketStreamClass(() => {
      throw cause;
    });
    expect(await bothFail(new Throwing(SERVER))).toMatchObject({ name: "WebSocketError", cause });
    const Wrong = createWebSocketStreamClass(() => 1 as unknown as ByteTransport);
    expect(await bothFail(new Wrong(SERVER))).toMatchObject({ name: "WebSocketError", cause: { name: "TypeError" } });
  });
  test("waits for ever, without a timer, if handshakeTimeoutMs is Infinity", async () => {
    const clock = new ManualClock();
    const waits: number[] = [];
    clock.setTimeout = (_, ms) => waits.push(ms);
    const Patient = createWebSocketStreamClass(() => pipe()[0], { clock, handshakeTimeoutMs: Infinity });
    const stream = new Patient(SERVER);
    await clock.advance(2 ** 31);
    expect([waits, await isPending(stream.opened)]).toEqual([[], true]);
    stream.close();
    await bothFail(stream);
  });
  test("rejects, and closed with it, if the handshake takes too long, the dial's time included", async () => {
    for (const dial of [() => new Promise<ByteTransport>(() => {}), () => new WireTransport()]) {
      const clock = new ManualClock();
      const Slow = createWebSocketStreamClass(dial, { clock, handshakeTimeoutMs: 5000 });
      const stream = new Slow(SERVER);
      await settled();
      await clock.advance(4999);
      expect(await isPending(stream.opened)).toBe(true);
      await clock.advance(1);
      expect(await bothFail(stream)).toMatchObject({ name: "WebSocketError", cause: { code: "handshakeTimeout" } });
    }
  });
});

describe("signal", () => {
  test("aborted before, keeps the class from dialling", async () => {
    let dials = 0;
    const Counted = createWebSocketStreamClass(() => {
      dials++;
      return pipe()[0];
    });
    const reason = new Error("stop");
    expect(await bothFail(new Counted(SERVER, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(dials).toBe(0);
  });
  test("aborted during the dial, tells the dial, and closes a transport that comes later", async () => {
    const wire = new WireTransport();
    let dialled: AbortSignal | undefined;
    let arrive!: (transport: ByteTransport) => void;
    const Late = createWebSocketStreamClass((_url, _protocols, signal) => {
      dialled = signal;
      return new Promise((resolve) => (arrive = resolve));
    });
    const controller = new AbortController();
    const stream = new Late(SERVER, { signal: controller.signal });
    await settled();
    controller.abort();
    expect(await bothFail(stream)).toMatchObject({ name: "AbortError" });
    expect(dialled?.aborted).toBe(true);
    arrive(wire);
    await settled();
    expect(wire.ends).toContain("ended");
  });
  test("aborted during the handshake, ends the transport", async () => {
    const wire = new WireTransport();
    const Waiting = createWebSocketStreamClass(() => wire);
    const controller = new AbortController();
    const stream = new Waiting(SERVER, { signal: controller.signal });
    await settled();
    expect(new TextDecoder().decode(wire.written())).toMatch(/^GET \/ HTTP\/1\.1/);
    controller.abort();
    expect(await bothFail(stream)).toMatchObject({ name: "AbortError" });
    await settled();
    expect(wire.ends).toContain("ended");
  });
  test("aborted once the connection is open, does nothing", async () => {
    const controller = new AbortController();
    const stream = new WebSocketStream(SERVER, { signal: controller.signal });
    const { readable, writable } = await stream.opened;
    controller.abort();
    await writable.getWriter().write("connected");
    expect((await readable.getReader().read()).value).toBe("connected");
    stream.close();
  });
});

describe("close", () => {
  test.each([
    [{ closeCode: 3456, reason: "pizza" }, 3456, "pizza", "88 07 0d 80 70 69 7a 7a 61"],
    [undefined, 1005, "", "88 00"],
    [{}, 1005, "", "88 00"],
    [{ reason: "" }, 1005, "", "88 00"],
    [{ reason: "non-empty" }, 1000, "non-empty", "88 0b 03 e8 6e 6f 6e 2d 65 6d 70 74 79"],
  ])("(%j) sends that Close, and closed tells the answer", async (info, closeCode, reason, frame) => {
    const [stream, wire] = overWire();
    await stream.opened;
    stream.close(info);
    await settled();
    expect(toHex(wire.written())).toBe(frame);
    wire.bring(hex(frame));
    wire.end();
    expect(await stream.closed).toEqual({ closeCode, reason });
  });
  test("refuses what a script may not send, and stays open", async () => {
    const stream = new WebSocketStream(SERVER);
    await stream.opened;
    const close = (info: unknown): void => stream.close(info as object);
    expect(() => close(true)).toThrow(TypeError);
    for (const closeCode of [-1, 65536, NaN, "x", Infinity]) expect(() => close({ closeCode })).toThrow(TypeError);
    for (const closeCode of [999, 1001, 2999, 5000]) {
      expect(() => close({ closeCode })).toThrow(expect.objectContaining({ name: "InvalidAccessError" }));
    }
    for (const reason of [".".repeat(124), "🔌".repeat(31)]) {
      expect(() => close({ reason })).toThrow(expect.objectContaining({ name: "SyntaxError" }));
    }
    expect(await isPending(stream.closed)).toBe(true);
    close({ closeCode: 3000.9 });
    expect(await stream.closed).toMatchObject({ closeCode: 3000 });
  });
  test("gives up a handshake", async () => {
    const stream = new WebSocketStream(`${SERVER}?hang`);
    stream.close();
    const error = await bothFail(stream);
    expect((error as object).constructor).toBe(WebSocketError);
    expect(error).toMatchObject({ closeCode: 1006 });
  });
  test("by closing the writable comes behind what was written, and waits for the peer", async () => {
    const [stream, wire] = overWire();
    const { writable } = await stream.opened;
    const writer = writable.getWriter();
    void writer.write("a");
    const closing = writer.close();
    await settled();
    expect(toHex(wire.written())).toBe("81 01 61 88 00");
    expect(await isPending(closing)).toBe(true);
    wire.bring(hex("88 00"));
    wire.end();
    await closing;
    expect(await stream.closed).toEqual({ closeCode: 1005, reason: "" });
  });
  const native = Object.assign(new DOMException("", "WebSocketError"), { closeCode: 3456, reason: "set" });
  const others = Object.assign(new DOMException("yes", "DataCloneError"), { closeCode: 1000, reason: "no" });
  describe.each([
    ["aborting the writable", (info: { writable: WritableStream }, why: unknown) => info.writable.abort(why)],
    ["cancelling the readable", (info: { readable: ReadableStream }, why: unknown) => info.readable.cancel(why)],
  ] as const)("by %s", (_, end) => {
    test.each([
      ["nothing", undefined, 1005, ""],
      ["a plain object", { closeCode: 3333, reason: "obsolete" }, 1005, ""],
      ["another DOMException", others, 1005, ""],
      ["a code", new WebSocketError("", { closeCode: 3333 }), 3333, ""],
      ["a code and a reason", new WebSocketError("", { closeCode: 3456, reason: "set" }), 3456, "set"],
      ["a reason", new WebSocketError("", { reason: "specified" }), 1000, "specified"],
      ["the platform's WebSocketError", native, 3456, "set"],
      ["the error of a lost connection", new WebSocketError("", { closeCode: 1006 }), 1011, ""],
    ])("with %s", async (_, why, closeCode, reason) => {
      const stream = new WebSocketStream(SERVER);
      await end(await stream.opened, why);
      expect(await stream.closed).toEqual({ closeCode, reason });
    });
  });
});

describe("closed", () => {
  test("by the peer, cleanly: the readable ends and the writable fails with an InvalidStateError", async () => {
    const stream = new WebSocketStream(say("!close 4000 ロボット"));
    const { readable, writable } = await stream.opened;
    expect(await stream.closed).toEqual({ closeCode: 4000, reason: "ロボット" });
    expect(await readable.getReader().read()).toEqual({ done: true, value: undefined });
    expect(await failureOf(writable.getWriter().ready)).toMatchObject({ name: "InvalidStateError" });
  });
  test("rejects without a closing handshake, and both streams fail with the same error", async () => {
    const stream = new WebSocketStream(say("!end"));
    const { readable, writable } = await stream.opened;
    const error = await failureOf(stream.closed);
    expect(error).toMatchObject({ name: "WebSocketError", closeCode: 1006 });
    expect(await failureOf(readable.getReader().read())).toBe(error);
    expect(await failureOf(writable.getWriter().ready)).toBe(error);
  });
  test("rejects with the peer's code if a message was not sent", async () => {
    const [stream, wire] = overWire();
    const { writable } = await stream.opened;
    wire.takeNothing();
    wire.bring(hex("88 02 0f a0"));
    await settled();
    const late = failureOf(writable.getWriter().write("late"));
    wire.takeAgain();
    wire.end();
    expect(await failureOf(stream.closed)).toMatchObject({ name: "WebSocketError", closeCode: 4000 });
    expect(await late).toMatchObject({ name: "WebSocketError" });
  });
});

describe("backpressure", () => {
  test("a write resolves when the transport has accepted the message", async () => {
    const [stream, wire] = overWire();
    const { writable } = await stream.opened;
    wire.takeNothing();
    const written = writable.getWriter().write(ascii("x"));
    expect(await isPending(written)).toBe(true);
    wire.takeAgain();
    await written;
    expect(toHex(wire.written())).toBe("82 01 78");
  });
  test("a reader that stops stops the reading", async () => {
    const [stream, wire] = overWire();
    await stream.opened;
    const message = new Uint8Array(65_534);
    message.set(hex("82 7e ff fa"));
    for (let i = 0; i < 20; i++) wire.bring(message);
    await settled();
    expect(wire.reads).toBeLessThan(10);
    stream.close();
  });
});
