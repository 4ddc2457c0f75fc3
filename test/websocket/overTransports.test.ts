/** What the class adds to the browser's: custom transports, and features for the libraries that take a `WebSocket`. */
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { RemoteProtocolError, WSConnection } from "../../src/index.ts";
import { accept } from "../../src/stream/index.ts";
import { ManualClock } from "../../src/testing/manualClock.ts";
import { pipe, type ByteTransport } from "../../src/transports/pipe.ts";
import {
  createWebSocketClass,
  WebSocketError,
  webSocketOver,
  type Dial,
  type Rejection,
  type WebSocketOptions,
  type WebSocketOver,
  type WebSocketOverOptions,
} from "../../src/websocket/index.ts";
import { complement } from "../support/complement.ts";
import { countTimers } from "../support/timers.ts";
import { ascii, hex, join, toHex } from "../support/wire.ts";
import { brandless } from "../support/brandlessBlob.ts";
import { isPending, settled, WireTransport } from "../support/wireTransport.ts";
import { serveScripts } from "./scriptedServer.ts";

/** For what ends soon by itself, on a machine however busy. */
const PATIENCE = { timeout: 20_000 };

/** What was told of a socket, in order, and the cause of its end. */
interface Watched {
  readonly socket: WebSocketOver;
  readonly told: string[];
  readonly closed: Promise<{ readonly told: string[]; readonly cause: WebSocketError | undefined }>;
}

function watch(socket: WebSocketOver): Watched {
  socket.binaryType = "arraybuffer";
  const told: string[] = [];
  let cause: WebSocketError | undefined;
  const causeOf = (event: Event): WebSocketError | undefined => (event as { cause?: WebSocketError }).cause;
  socket.addEventListener("open", () => told.push("open"));
  socket.addEventListener("message", ({ data }) => {
    told.push(typeof data === "string" ? `text ${data}` : `bytes ${toHex(new Uint8Array(data as ArrayBuffer))}`);
  });
  socket.addEventListener("error", (event) => {
    told.push("error");
    cause = causeOf(event);
    expect(cause).toBeInstanceOf(WebSocketError);
  });
  const closed = new Promise<Awaited<Watched["closed"]>>((resolve) => {
    socket.addEventListener("close", (event) => {
      expect(told.filter((each) => each.startsWith("close"))).toEqual([]);
      told.push(`close ${event.code}${event.reason && ` ${event.reason}`}${event.wasClean ? " clean" : ""}`);
      expect(causeOf(event)).toBe(cause);
      resolve({ told, cause });
    });
  });
  return { socket, told, closed };
}

function dial(dial: Dial, options: WebSocketOptions = {}): Watched {
  return watch(new (createWebSocketClass(dial, options))("ws://server.test/"));
}

/** Over a pipe, to the server that follows commands. */
function scripted(query = "", options: WebSocketOverOptions = {}): Watched {
  const [near, far] = pipe();
  serveScripts(far);
  return watch(webSocketOver(near, { url: `ws://server.test/${query}`, ...options }));
}

/** Over a wire that the test holds, open by prior knowledge. Nothing is masked. */
async function wired(options: WebSocketOptions = {}): Promise<Watched & { transport: WireTransport }> {
  const transport = new WireTransport();
  const watched = watch(webSocketOver(transport, { handshake: "none", masking: false, ...options }));
  await event(watched.socket, "open");
  return { ...watched, transport };
}

function event<Type extends keyof WebSocketEventMap>(socket: WebSocket, type: Type): Promise<WebSocketEventMap[Type]> {
  return new Promise((resolve) => socket.addEventListener(type, resolve, { once: true }));
}

describe("a message in one chunk with the end of the connection arrives while it is OPEN", () => {
  const ends = {
    "a Close": hex("88 02 03 e8"),
    "a frame that fails it": hex("83 00"),
    "the end of the stream": hex(""),
    "the end of the stream, within a frame": hex("81 05 61"),
  };
  const note = (states: unknown[], socket: WebSocketOver) => (): void => {
    states.push(socket.readyState);
    queueMicrotask(() => states.push(socket.readyState));
  };
  for (const [name, bytes] of Object.entries(ends)) {
    test(name, async () => {
      const { socket, transport, closed } = await wired();
      const states: unknown[] = [];
      socket.addEventListener("message", note(states, socket));
      transport.bring(join(hex("81 01 61", "82 01 07"), bytes));
      transport.end();
      expect((await closed).told.slice(0, 3)).toEqual(["open", "text a", "bytes 07"]);
      expect([...states, socket.readyState]).toEqual([1, 1, 1, 1, 3]);
    });
    test(`${name}, and all of it before open`, async () => {
      const transport = new WireTransport();
      const { socket, closed } = watch(webSocketOver(transport, { handshake: "none", masking: false }));
      const states: unknown[] = [];
      for (const type of ["open", "message"] as const) socket.addEventListener(type, note(states, socket));
      transport.bring(join(hex("81 01 61"), bytes));
      transport.end();
      expect((await closed).told.slice(0, 2)).toEqual(["open", "text a"]);
      expect([...states, socket.readyState]).toEqual([1, 1, 1, 1, 3]);
    });
    test(`${name}, with no message`, async () => {
      const transport = new WireTransport();
      const { socket, closed } = watch(webSocketOver(transport, { handshake: "none", masking: false }));
      const states: unknown[] = [];
      socket.addEventListener("open", note(states, socket));
      transport.bring(bytes);
      transport.end();
      await closed;
      expect([...states, socket.readyState]).toEqual([1, 1, 3]);
    });
  }
});

describe("dial", () => {
  test("receives the URL, the subprotocols, and a signal", async () => {
    const calls: unknown[] = [];
    const WebSocket = createWebSocketClass((url, protocols, signal) => {
      calls.push([url.href, protocols, signal.aborted]);
      const [near, far] = pipe();
      serveScripts(far);
      return Promise.resolve(near);
    });
    const socket = new WebSocket("http://server.test/chat?protocol=b", ["a", "b"]);
    expect(calls).toEqual([["ws://server.test/chat?protocol=b", ["a", "b"], false]]);
    await event(socket, "open");
    expect(socket.protocol).toBe("b");
    socket.close();
  });
  test.each<[string, Dial]>([
    ["throws", () => fail("no route")],
    ["rejects", () => Promise.reject(new Error("no route"))],
  ])("that %s fails the connection", async (_, dials) => {
    const timers = countTimers();
    const { closed, socket } = dial(dials);
    expect(socket.readyState).toBe(0);
    const { told, cause } = await closed;
    expect(told).toEqual(["error", "close 1006"]);
    expect(cause).toMatchObject({ closeCode: 1006, cause: { message: "no route" } });
    expect(timers()).toBe(0);
  });
  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["no streams", {}],
    ["streams that are in use", lockedTransport()],
  ])("that returns %s fails the connection", async (_, transport) => {
    const timers = countTimers();
    const { told, cause } = await dial(() => transport as ByteTransport).closed;
    expect(told).toEqual(["error", "close 1006"]);
    expect(cause?.cause).toBeInstanceOf(TypeError);
    expect(timers()).toBe(0);
  });
  test("that takes too long fails the connection, and is aborted", async () => {
    const timers = countTimers();
    let given: AbortSignal | undefined;
    const { told, cause } = await dial((_url, _protocols, signal) => new Promise(() => (given = signal)), {
      handshakeTimeoutMs: 20,
    }).closed;
    expect(told).toEqual(["error", "close 1006"]);
    expect(cause).toMatchObject({ message: "no opening handshake in 20 ms", cause: { code: "handshakeTimeout" } });
    expect([given?.aborted, given?.reason]).toEqual([true, cause]);
    expect(timers()).toBe(0);
  });
  test("counts into the time for the handshake", async () => {
    const clock = new ManualClock();
    const { closed } = dial(
      async () => {
        await new Promise<void>((resolve) => void clock.setTimeout(resolve, 1200));
        return pipe()[0];
      },
      { clock, handshakeTimeoutMs: 1500 },
    );
    await clock.advance(1499);
    expect(await isPending(closed)).toBe(true);
    await clock.advance(1);
    const { cause } = await closed;
    expect(cause?.cause).toMatchObject({ code: "handshakeTimeout" });
  });
  test("may take for ever with handshakeTimeoutMs: Infinity, which sets no timer", async () => {
    const clock = new ManualClock();
    const waits: number[] = [];
    const setTimeout = clock.setTimeout.bind(clock);
    clock.setTimeout = (callback, ms) => {
      waits.push(ms);
      return setTimeout(callback, ms);
    };
    const { closed } = dial(() => pipe()[0], { clock, handshakeTimeoutMs: Infinity });
    await clock.advance(2 ** 31);
    expect([waits, await isPending(closed)]).toEqual([[], true]);
  });
  test("does not end an open connection when a timer rings that the clock could not clear", async () => {
    const clock = new ManualClock();
    clock.clearTimeout = () => {
      throw new Error("no");
    };
    const [near, far] = pipe();
    void accept(far).then((request) => request.accept());
    const { socket } = dial(() => near, { clock, handshakeTimeoutMs: 1500 });
    await event(socket, "open");
    await clock.advance(1500);
    expect(socket.readyState).toBe(1);
    socket.close();
  });
  test("is aborted by close(), and a transport that arrives later is closed", async () => {
    const timers = countTimers();
    const transport = new WireTransport();
    for (const options of [{}, { handshake: "none" }] as const) {
      transport.ends.length = 0;
      let bring!: (transport: ByteTransport) => void;
      let given: AbortSignal | undefined;
      const late = new WireTransport();
      const { socket, closed, told } = dial((_url, _protocols, signal) => {
        given = signal;
        return new Promise((resolve) => (bring = resolve));
      }, options);
      socket.close();
      expect([socket.readyState, given?.aborted]).toEqual([2, true]);
      bring(late);
      await closed;
      await settled();
      expect(told).toEqual(["error", "close 1006"]);
      expect(late.ends).toEqual([expect.stringMatching(/^cancelled/), expect.stringMatching(/^aborted/), "ended"]);
      expect(late.writtenBytes).toBe(0);
    }
    expect(timers()).toBe(0);
  });
  test("may reject when it is aborted: nothing is reported twice", async () => {
    const { socket, closed, told } = dial((_url, _protocols, signal) => {
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason as Error));
      });
    });
    socket.close();
    const { cause } = await closed;
    await settled();
    expect(told).toEqual(["error", "close 1006"]);
    expect(cause?.message).toMatch(/closed before/);
  });
});

describe("the handshake", () => {
  test("a refusal has its status, headers and body", async () => {
    const { told, cause } = await scripted("?reject=401").closed;
    expect(told).toEqual(["error", "close 1006"]);
    const { status, statusText, headers, body } = cause?.rejection as Rejection;
    expect([status, statusText, headers.get("content-length"), toHex(body)]).toEqual([
      401,
      "Unauthorized",
      "2",
      toHex(ascii("no")),
    ]);
  });
  test("an answer that breaks the rules is explained", async () => {
    const { cause } = await scripted("?wrongAccept").closed;
    expect(cause?.cause).toBeInstanceOf(RemoteProtocolError);
    expect(cause?.cause).toMatchObject({ code: "acceptInvalid" });
  });
  test("an answer without a subprotocol fails it, even if a Close follows immediately", async () => {
    const [near, far] = pipe();
    const { closed } = watch(webSocketOver(near, { protocols: "chat" }));
    const { value: request } = await far.readable.getReader().read();
    const server = new WSConnection("server");
    server.receiveBytes(request!);
    for (const event of server.events()) if (event.type === "connectionRequested") server.accept(event);
    server.close(4000, "bye");
    void far.writable.getWriter().write(server.bytesToSend());
    expect((await closed).told).toEqual(["error", "close 1006"]);
  });

  test("the class's headers are sent, and those of the third argument override them", async () => {
    const WebSocket = createWebSocketClass(
      () => {
        const [near, far] = pipe();
        serveScripts(far);
        return near;
      },
      { headers: { cookie: "a=b", "x-a": "class" }, origin: "https://app.test" },
    );
    const url = "ws://server.test/?say=!request";
    const request = async (socket: WebSocket): Promise<{ origin: string; headers: Record<string, string> }> => {
      const { data } = (await event(socket, "message")) as { data: string };
      const told = JSON.parse(data) as { origin: string; headers: [string, string][] };
      socket.close();
      return { ...told, headers: Object.fromEntries(told.headers) };
    };
    const given = { headers: { "X-A": "given", "x-b": "given" }, other: 1 };
    expect(await request(new WebSocket(url, undefined, given))).toMatchObject({
      origin: "https://app.test",
      headers: { cookie: "a=b", "x-a": "given", "x-b": "given" },
    });
    for (const init of [undefined, null, {}]) {
      const { headers } = await request(new WebSocket(url, [], init));
      expect(headers).toMatchObject({ cookie: "a=b", "x-a": "class" });
      expect(headers["x-b"]).toBeUndefined();
    }
  });
  test("extensions are negotiated and reported as the header's text; bufferedAmount counts the data", async () => {
    const [near, far] = pipe();
    const { socket, closed } = watch(webSocketOver(near, { extensions: [complement()] }));
    serveScripts(far, () => {}, { extensions: [complement()] });
    await event(socket, "open");
    expect(socket.extensions).toBe("x-complement; level=9");
    socket.send("text");
    expect(socket.bufferedAmount).toBe(4);
    expect((await event(socket, "message")).data).toBe("text");
    socket.close();
    await closed;
  });
  test("invalid options are refused at once", () => {
    const options: WebSocketOptions[] = [{ limits: { maxFrameBytes: -1 } }, { closeTimeoutMs: 0 }];
    for (const wrong of options) expect(() => webSocketOver(pipe()[0], wrong)).toThrow(RangeError);
    const upgrade = { upgrade: "websocket" };
    expect(() => webSocketOver(pipe()[0], { headers: upgrade })).toThrow(TypeError);
  });
});

describe("webSocketOver", () => {
  test("is CONNECTING until handlers can be set, whatever the handshake", async () => {
    for (const handshake of ["http1", "none"] as const) {
      const [near, far] = pipe();
      serveScripts(far, () => {}, { handshake });
      const socket = webSocketOver(near, { handshake, url: "wss://server.test/path" });
      for (let i = 0; i < 1000; i++) await Promise.resolve();
      expect([socket.readyState, socket.url]).toEqual([0, "wss://server.test/path"]);
      await event(socket, "open");
      socket.send("text");
      expect(await event(socket, "message")).toMatchObject({ data: "text", origin: "wss://server.test" });
      socket.close();
      await event(socket, "close");
    }
  });
  test("offers subprotocols, or has the negotiated one", async () => {
    const { socket } = scripted("?protocol=b", { protocols: ["a", "b"] });
    await event(socket, "open");
    expect(socket.protocol).toBe("b");
    socket.close();
    expect((await wired({ subprotocol: "c" })).socket.protocol).toBe("c");
  });
  test("makes objects of one class", () => {
    const [one, two] = pipe().map((end) => webSocketOver(end));
    expect(Object.getPrototypeOf(one)).toBe(Object.getPrototypeOf(two));
    expect([one?.constructor.name, one?.url]).toEqual(["WebSocket", "ws://localhost/"]);
    one?.terminate();
    two?.terminate();
  });
});

describe("compatibility with libraries", () => {
  test("the class can replace the browser's, types included", () => {
    const asNative: typeof WebSocket = createWebSocketClass(() => pipe()[0]);
    const asInstance: WebSocket = webSocketOver(pipe()[0]);
    asInstance.close();
    expect(asNative.OPEN).toBe(1);
  });
  test("noVNC finds all members on the object or its immediate prototype", () => {
    const socket = webSocketOver(pipe()[0]);
    const names = [...Object.keys(socket), ...Object.getOwnPropertyNames(Object.getPrototypeOf(socket) as object)];
    expect(names).toEqual(
      expect.arrayContaining([
        "send",
        "close",
        "binaryType",
        "onerror",
        "onmessage",
        "onopen",
        "protocol",
        "readyState",
      ]),
    );
    socket.terminate();
  });
  test("partysocket's copies of events have the same values", async () => {
    const { socket } = scripted("?say=!close 4001 why");
    const told = await event(socket, "close");
    const Constructor = told.constructor as typeof CloseEvent;
    const { type, code, reason, wasClean } = new Constructor(told.type, told);
    expect({ type, code, reason, wasClean }).toEqual({ type: "close", code: 4001, reason: "why", wasClean: true });
  });
  test("without the platform's CloseEvent there is an equivalent one", async () => {
    vi.stubGlobal("CloseEvent", undefined);
    onTestFinished(() => void vi.unstubAllGlobals());
    const { socket } = scripted("?say=!close 4001 why");
    const told = await event(socket, "close");
    expect(Object.prototype.toString.call(told)).toBe("[object CloseEvent]");
    expect(told).toBeInstanceOf(Event);
    const Constructor = told.constructor as typeof CloseEvent;
    expect(Constructor.name).toBe("CloseEvent");
    for (const seen of [told, new Constructor("close", told)]) {
      expect([seen.type, seen.code, seen.reason, seen.wasClean]).toEqual(["close", 4001, "why", true]);
    }
    const { code, reason, wasClean } = new Constructor("close");
    expect([code, reason, wasClean]).toEqual([0, "", false]);
  });
  test("send takes a callback, with or without options, and calls it when the transport has taken the message", async () => {
    const { socket, transport } = await wired();
    transport.takeNothing();
    const calls: unknown[] = [];
    socket.send("one", (error) => calls.push(["one", error]));
    socket.send("two", { compress: true }, (error) => calls.push(["two", error]));
    socket.send(new Blob(["three"]), (error) => calls.push(["three", error]));
    await settled();
    expect([calls, socket.bufferedAmount]).toEqual([[], 11]);
    transport.takeAgain();
    await settled();
    expect(calls).toEqual([
      ["one", undefined],
      ["two", undefined],
      ["three", undefined],
    ]);
    expect(socket.bufferedAmount).toBe(0);
    socket.terminate();
  });
  test("send calls back with the cause if a message is never sent", async () => {
    const { socket, transport, closed } = await wired();
    const errors: unknown[] = [];
    transport.failWriting(new Error("cut"));
    socket.send("lost", (error) => errors.push(error));
    socket.close();
    socket.send("too late", (error) => errors.push(error));
    transport.end();
    await closed;
    socket.send("far too late", (error) => errors.push(error));
    await settled();
    expect(errors.map((error) => (error as Error).message).sort()).toEqual([
      "cut",
      "the connection is closed or closing",
      "the connection is closed or closing",
    ]);
    expect(socket.bufferedAmount).toBe("lost".length + "too late".length + "far too late".length);
  });
  test("terminate ends the connection at once, in any state", async () => {
    const { socket, transport, closed } = await wired();
    socket.terminate();
    expect(socket.readyState).toBe(2);
    const { told, cause } = await closed;
    expect(told).toEqual(["open", "error", "close 1006"]);
    expect(cause?.message).toBe("it was terminated");
    expect(transport.ends).toContain("ended");
    expect(transport.chunks()).toEqual([]);
    socket.terminate();
    const connecting = dial(() => new Promise(() => {}));
    connecting.socket.terminate();
    expect((await connecting.closed).told).toEqual(["error", "close 1006"]);
    const closing = await wired();
    closing.socket.close();
    closing.socket.terminate();
    expect((await closing.closed).told).toEqual(["open", "error", "close 1006"]);
  });
});

describe("sent data", () => {
  test("is sent as it was at the call, in order, and before the Close", async () => {
    const { socket, transport } = await wired();
    const bytes = Uint8Array.of(1, 2, 3);
    socket.send(bytes.subarray(1));
    socket.send(new Blob([bytes]));
    socket.send(bytes);
    socket.send(bytes.buffer);
    socket.send("a");
    bytes.fill(9);
    socket.close(1000);
    expect(socket.bufferedAmount).toBe(12);
    const frames = ["82 02 02 03", "82 03 01 02 03", "82 03 01 02 03", "82 03 01 02 03", "81 01 61", "88 02 03 e8"];
    while (transport.writtenBytes < hex(...frames).length) await settled(1);
    expect(toHex(transport.written())).toBe(frames.join(" "));
    transport.bring(hex("88 02 03 e8"));
    await event(socket, "close");
  });
  test("bytes behind a Blob are copied, even those whose slice() is a view, such as Node's Buffer", async () => {
    const { socket, transport } = await wired();
    const bytes = hex("01 02 03");
    socket.send(new Blob([hex("07")]));
    socket.send(Object.assign(bytes, { slice: () => bytes }));
    bytes.fill(9);
    while (transport.writtenBytes < 8) await settled(1);
    expect(toHex(transport.written())).toBe("82 01 07 82 03 01 02 03");
  });
  test("a Blob without Symbol.toStringTag, such as happy-dom's, is sent as a Blob", async () => {
    const { socket, transport } = await wired();
    socket.send(brandless(hex("01 02")) as Blob);
    expect(socket.bufferedAmount).toBe(2);
    while (transport.writtenBytes === 0) await settled(1);
    expect(toHex(transport.written())).toBe("82 02 01 02");
  });
  test("a Blob that can't be read fails the connection", async () => {
    const { socket, closed } = await wired();
    const blob = new Blob(["x"]);
    blob.arrayBuffer = () => Promise.reject(new DOMException("the file has changed", "NotReadableError"));
    const errors: unknown[] = [];
    socket.send(blob, (error) => errors.push(error));
    socket.send("behind it", (error) => errors.push(error));
    const { told, cause } = await closed;
    await settled();
    expect(told).toEqual(["open", "error", "close 1006"]);
    expect(cause).toMatchObject({ message: "a Blob could not be read", cause: { name: "NotReadableError" } });
    expect(errors).toHaveLength(2);
  });
  test("after a Blob waits no longer than the connection", async () => {
    const { socket, transport, closed } = await wired();
    let read!: (bytes: ArrayBuffer) => void;
    const blob = new Blob(["x"]);
    blob.arrayBuffer = () => new Promise((resolve) => (read = resolve));
    socket.send(blob);
    socket.send("y");
    socket.close();
    transport.end();
    const { told } = await closed;
    expect(told).toEqual(["open", "error", "close 1006"]);
    read(new ArrayBuffer(1));
    await settled();
    expect([transport.writtenBytes, socket.bufferedAmount]).toEqual([0, 2]);
  });
  test("bufferedAmount stays while the transport accepts no data, and falls when it does", async () => {
    const { socket, transport } = await wired();
    transport.takeNothing();
    socket.send("four");
    await settled();
    socket.send("five5");
    await settled();
    expect(socket.bufferedAmount).toBe(9);
    transport.takeAgain();
    await settled();
    expect(socket.bufferedAmount).toBe(0);
    socket.terminate();
  });
});

describe("received data", () => {
  test("ArrayBuffers contain exactly their message, and are not shared", async () => {
    const { socket, transport } = await wired();
    transport.bring(hex("82 02 01 02 82 01 03 02 01 04 80 01 05 82 00"));
    const buffers: ArrayBuffer[] = [];
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => buffers.push(data);
    while (buffers.length < 4) await settled(1);
    expect(buffers.map((buffer) => toHex(new Uint8Array(buffer)))).toEqual(["01 02", "03", "04 05", ""]);
    expect(new Set(buffers).size).toBe(4);
    socket.terminate();
  });
  test("at most 64 KiB are read ahead while the event loop is busy", async () => {
    const { socket, transport, told } = await wired();
    const chunk = hex("82 01 07*1".repeat(16).replaceAll("*1", " "));
    transport.bring(...Array.from({ length: 1000 }, () => chunk));
    for (let i = 0; i < 20_000; i++) await Promise.resolve();
    expect(transport.reads).toBeGreaterThan(1);
    // Each chunk of 48 bytes counts 128 beside its own, and 64 messages wait besides.
    expect(transport.reads).toBeLessThan(65_536 / (48 + 128) + 10);
    while (told.length < 1 + 16_000) await settled(1);
    expect(transport.reads).toBe(1000);
    socket.terminate();
  });
  test("large messages wait two at a time", async () => {
    const { socket, transport, told } = await wired();
    const message = new Uint8Array(10 + 200_000).fill(97);
    message.set(hex("81 7f 00 00 00 00 00 03 0d 40"));
    transport.bring(...Array.from({ length: 100 }, () => message));
    for (let i = 0; i < 20_000; i++) await Promise.resolve();
    expect(transport.reads).toBeLessThan(5);
    while (told.length < 101) await settled(1);
    socket.terminate();
  });
  test("exceeding a limit ends the connection", async () => {
    const { transport, closed } = await wired({ limits: { maxMessageBytes: 3 } });
    transport.bring(hex("82 04 00 00 00 00"));
    const { told, cause } = await closed;
    expect(told).toEqual(["open", "error", "close 1006"]);
    expect(cause?.cause).toMatchObject({ code: "messageTooLarge" });
    expect(toHex(transport.written()).slice(0, 11)).toMatch(/^88 .. 03 f1/);
  });
});

describe("a transport that fails", () => {
  const failures: [string, (transport: WireTransport) => void, RegExp][] = [
    ["when it is read", (transport) => transport.failReading(new Error("cut")), /the transport failed: cut/],
    ["by ending early", (transport) => transport.end(), /ended without a closing handshake/],
    ["by yielding something other than bytes", (transport) => transport.bring("text" as never), /Uint8Array/],
    ["by bringing nonsense", (transport) => transport.bring(ascii("nonsense\r\n\r\n")), /the connection failed/],
  ];
  test.each([
    ...failures,
    ["by ending in the middle of a message", endAmidMessage, /ended without a closing handshake/] as const,
  ])("%s: a close event with 1006 and a cause, and nothing is left", async (_, fails, message) => {
    const timers = countTimers();
    const { transport, closed, socket } = await wired({ closeTimeoutMs: 30 });
    fails(transport);
    const { told, cause } = await closed;
    expect(told).toEqual(["open", "error", "close 1006"]);
    expect(cause?.message).toMatch(message);
    socket.send("into the void");
    await vi.waitFor(() => expect([transport.ends.at(-1), timers()]).toEqual(["ended", 0]), PATIENCE);
    expect(told).toHaveLength(3);
  });
  test.each([
    ...failures,
    ["by ending in the middle of the answer", endAmidAnswer, /ended without a closing handshake/] as const,
  ])("%s before it is open has the same result", async (_, fails, message) => {
    const timers = countTimers();
    const transport = new WireTransport();
    const { closed, socket } = watch(webSocketOver(transport, { closeTimeoutMs: 30 }));
    await settled(1);
    fails(transport);
    const { told, cause } = await closed;
    expect(told).toEqual(["error", "close 1006"]);
    expect(cause?.message).toMatch(message);
    expect(socket.readyState).toBe(3);
    await vi.waitFor(() => expect([transport.ends.at(-1), timers()]).toEqual(["ended", 0]), PATIENCE);
  });
  test("on a write, ends the connection after time for the peer's data", async () => {
    const timers = countTimers();
    const { transport, closed, socket } = await wired({ closeTimeoutMs: 40 });
    transport.failWriting(new Error("cut"));
    socket.send("lost");
    const { told, cause } = await closed;
    expect(told).toEqual(["open", "error", "close 1006"]);
    expect(cause?.message).toBe("the transport failed: cut");
    await settled();
    expect(timers()).toBe(0);
  });
  test("that throws when it is closed is still closed", async () => {
    const { transport, closed, socket } = await wired();
    transport.close = () => fail("closed already");
    socket.close();
    transport.bring(hex("88 00"));
    transport.end();
    expect((await closed).told).toEqual(["open", "close 1005 clean"]);
  });
  test("that accepts and yields nothing is ended in time after close()", async () => {
    const timers = countTimers();
    const { transport, closed, socket } = await wired({ closeTimeoutMs: 30 });
    transport.takeNothing();
    socket.send("never taken");
    socket.close();
    const { told, cause } = await closed;
    expect(told).toEqual(["open", "error", "close 1006"]);
    expect(cause?.cause).toMatchObject({ code: "closeTimeout" });
    expect(socket.bufferedAmount).toBe("never taken".length);
    await settled();
    expect([transport.ends.at(-1), timers()]).toEqual(["ended", 0]);
  });
  test("keepalive notices that the peer is silent", async () => {
    const timers = countTimers();
    const { closed } = await wired({ keepalive: { intervalMs: 10, timeoutMs: 20 }, closeTimeoutMs: 20 });
    const { cause } = await closed;
    expect(cause?.cause).toMatchObject({ code: "keepaliveTimeout" });
    await vi.waitFor(() => expect(timers()).toBe(0), PATIENCE);
  });
  test("a message that arrives a fragment at a time has a deadline", async () => {
    const timers = countTimers();
    const { transport, closed } = await wired({ messageTimeoutMs: 40, closeTimeoutMs: 20 });
    transport.bring(hex("01 01 61"));
    const fragments = setInterval(() => transport.bring(hex("00 01 61")), 5);
    const { told, cause } = await closed;
    clearInterval(fragments);
    expect(told).toEqual(["open", "error", "close 1006"]);
    expect(cause?.cause).toMatchObject({ code: "messageTimeout" });
    await vi.waitFor(() => expect(timers()).toBe(0), PATIENCE);
  });
  test("a peer that does not answer a Close has a deadline", async () => {
    const timers = countTimers();
    const { socket, closed } = scripted("?say=!deaf", { closeTimeoutMs: 50 });
    await event(socket, "open");
    socket.close();
    const { told, cause } = await closed;
    expect(told).toEqual(["open", "error", "close 1006"]);
    expect(cause?.cause).toMatchObject({ code: "closeTimeout" });
    await vi.waitFor(() => expect(timers()).toBeLessThan(2), PATIENCE);
  });
});

describe("a clean end", () => {
  test("has no cause and leaves nothing", async () => {
    const timers = countTimers();
    const { socket, closed } = scripted();
    await event(socket, "open");
    socket.close(3000, "done");
    const { told, cause } = await closed;
    expect([told, cause]).toEqual([["open", "close 3000 done clean"], undefined]);
    await settled(10);
    expect(timers()).toBe(0);
  });
});

function endAmidMessage(transport: WireTransport): void {
  transport.bring(hex("82 7d 00"));
  transport.end();
}

function endAmidAnswer(transport: WireTransport): void {
  transport.bring(ascii("HTTP/1.1 101 Swi"));
  transport.end();
}

function lockedTransport(): ByteTransport {
  const [near] = pipe();
  near.readable.getReader();
  return near;
}

function fail(message: string): never {
  throw new Error(message);
}
