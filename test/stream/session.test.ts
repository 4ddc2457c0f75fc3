/**
 * The session: what it shares with WebSocketStream, and what it adds. Two of them over a pipe, or one with the bytes of
 * the wire.
 */
import { describe, expect, test } from "vitest";
import { accept, connect, WebSocketError, type ConnectOptions, type WebSocketSession } from "../../src/stream/index.ts";
import { pipe } from "../../src/transports/pipe.ts";
import type { ExtensionCodec, NegotiatedExtension, Timing } from "../../src/index.ts";
import { ManualClock } from "../../src/testing/manualClock.ts";
import { brandless } from "../support/brandlessBlob.ts";
import { UNFIT, unfitMemory } from "../support/unfitMemory.ts";
import { hex, toHex, type Bytes } from "../support/wire.ts";
import { isPending, settled, WireTransport } from "../support/wireTransport.ts";

async function pair(options: ConnectOptions = {}): Promise<[client: WebSocketSession, server: WebSocketSession]> {
  const [near, far] = pipe();
  return await Promise.all([connect(near, options), accept(far).then((request) => request.accept())]);
}

/** A server's session whose client is the test. */
async function overWire(
  options: Partial<Timing> & { clock?: ManualClock; extensions?: NegotiatedExtension[] } = {},
): Promise<[WebSocketSession, WireTransport]> {
  const transport = new WireTransport();
  const request = await accept(transport, { handshake: "none", masking: false, ...options });
  return [await request.accept(), transport];
}

/** The same, which pings its client, and time in the test's hands. */
async function withKeepalive(): Promise<[WebSocketSession, WireTransport, ManualClock]> {
  const clock = new ManualClock();
  const keepalive = { intervalMs: 10, timeoutMs: 20 };
  return [...(await overWire({ clock, keepalive, closeTimeoutMs: 20 })), clock];
}

async function readAll<Chunk>(readable: ReadableStream<Chunk>): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  const reader = readable.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) chunks.push(read.value);
  return chunks;
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => Promise.reject(new Error("it did not fail")),
    (error: unknown) => error,
  );
}

const HELLO = hex("81 05 48 65 6c 6c 6f");
const CLOSE = hex("88 02 03 e8");

describe("readable and writable", () => {
  test("carry text as strings and binary as bytes, in order, in both directions", async () => {
    const [client, server] = await pair();
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      const writer = from.writable.getWriter();
      const reader = to.readable.getReader();
      const messages = ["héllo", "", new Uint8Array([1, 2, 3]), new Uint8Array(0), "x".repeat(200_000)];
      for (const message of messages) void writer.write(message);
      for (const message of messages) expect((await reader.read()).value).toEqual(message);
      writer.releaseLock();
      reader.releaseLock();
    }
  });
  test("accept any view of bytes, and do not change the caller's", async () => {
    const [client, server] = await pair();
    const bytes = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
    for (const view of [
      bytes.buffer,
      bytes.subarray(2, 4),
      new DataView(bytes.buffer, 1, 2),
      new Uint16Array(bytes.buffer, 4, 1),
    ]) {
      await client.send(view);
    }
    const received = [await server.receive(), await server.receive(), await server.receive(), await server.receive()];
    expect(received.map((data) => toHex(data as Bytes))).toEqual([
      "01 02 03 04 05 06 07 08",
      "03 04",
      "02 03",
      "05 06",
    ]);
    expect(bytes).toEqual(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]));
  });
  test.each(unfitMemory)("refuse %s", async (_, make) => {
    const [client, server] = await pair();
    expect(await failure(client.send(make()))).toMatchObject({
      name: "TypeError",
      message: expect.stringMatching(UNFIT) as string,
    });
    await client.send("goes on");
    expect(await server.receive()).toBe("goes on");
    for (const write of [
      (session: WebSocketSession) => session.writable.getWriter().write(make()),
      (session: WebSocketSession) => session.createMessageStream("binary").getWriter().write(make()),
    ]) {
      const [session, peer] = await pair();
      expect(await failure(write(session))).toBeInstanceOf(TypeError);
      expect(await peer.closed).toMatchObject({ closeCode: 1005 });
    }
  });
  test.each(unfitMemory)("refuse %s at once, even if other messages wait", async (_, make) => {
    const [session, transport] = await overWire();
    transport.takeNothing();
    void session.send(new Uint8Array(300_000));
    expect(await failure(session.send(make()))).toBeInstanceOf(TypeError);
  });
  test("accept transferred memory as no bytes", async () => {
    const [client, server] = await pair();
    for (const make of [(buffer: ArrayBuffer) => buffer, (buffer: ArrayBuffer) => new DataView(buffer)]) {
      const buffer = new ArrayBuffer(4);
      const data = make(buffer);
      structuredClone(buffer, { transfer: [buffer] });
      await client.send(data);
      expect(await server.receive()).toEqual(new Uint8Array(0));
      const writer = client.writable.getWriter();
      await writer.write(data);
      writer.releaseLock();
      expect(await server.receive()).toEqual(new Uint8Array(0));
    }
  });
  test("refuse a Blob, and any other non-message, rather than send it as text", async () => {
    for (const wrong of [new Blob(["x"]), brandless(hex("78")), {}, [1], 1, true, null, undefined]) {
      const [client, server] = await pair();
      expect(await failure(client.send(wrong as never))).toBeInstanceOf(TypeError);
      expect(await failure(client.writable.getWriter().write(wrong as never))).toBeInstanceOf(TypeError);
      expect(await server.receive()).toBe(undefined);
    }
  });
  test("a received message has a separate buffer", async () => {
    const [session, transport] = await overWire();
    transport.bring(hex("82 01 aa 82 02 bb cc 82 00"));
    for (const length of [1, 2, 0]) expect(((await session.receive()) as Bytes).buffer.byteLength).toBe(length);
  });
  test("closing writable closes the connection; aborting it sends the code of a WebSocketError", async () => {
    for (const [end, code] of [
      [(session: WebSocketSession) => session.writable.close(), 1005],
      [(session: WebSocketSession) => session.writable.abort(new Error("no code")), 1005],
      [
        (session: WebSocketSession) =>
          session.writable.abort(new WebSocketError("", { closeCode: 4001, reason: "why" })),
        4001,
      ],
      [(session: WebSocketSession) => session.readable.cancel(new WebSocketError("", { closeCode: 4002 })), 4002],
      [(session: WebSocketSession) => session.readable.cancel(), 1005],
    ] as const) {
      const [client, server] = await pair();
      await end(client);
      expect(await server.closed).toMatchObject({ closeCode: code, initiator: "remote" });
      expect(await client.closed).toMatchObject({ initiator: "local" });
    }
  });
  test("an invalid chunk errors writable and closes the connection", async () => {
    const [client, server] = await pair();
    const writer = client.writable.getWriter();
    expect(await failure(writer.write(42 as unknown as string))).toBeInstanceOf(TypeError);
    expect(await server.closed).toMatchObject({ closeCode: 1005 });
  });
  test("readable takes nothing before it is read, so that receive() can continue where it left off", async () => {
    const [client, server] = await pair();
    for (const text of ["a", "b", "c"]) await client.send(text);
    const reader = server.readable.getReader();
    expect((await reader.read()).value).toBe("a");
    reader.releaseLock();
    expect(await server.receive()).toBe("b");
    expect((await server.readable.getReader().read()).value).toBe("c");
  });
  test("readable ends as the connection closes, after its last message", async () => {
    const [client, server] = await pair();
    await client.send("last");
    void client.close();
    expect(await readAll(server.readable)).toEqual(["last"]);
  });
  test("readable fails like the connection, but not before its last message", async () => {
    const [session, transport] = await overWire();
    transport.bring(HELLO, HELLO);
    transport.end();
    await settled();
    const reader = session.readable.getReader();
    expect((await reader.read()).value).toBe("Hello");
    expect((await reader.read()).value).toBe("Hello");
    expect(await failure(reader.read())).toMatchObject({ name: "WebSocketError", closeCode: 1006 });
  });
});

describe("send and receive", () => {
  test("receive returns undefined after the last message, and iteration ends", async () => {
    const [client, server] = await pair();
    for (const text of ["a", "b"]) await client.send(text);
    void client.close({ closeCode: 1000 });
    const messages: unknown[] = [];
    for await (const message of server) messages.push(message);
    expect(messages).toEqual(["a", "b"]);
    expect(await server.receive()).toBeUndefined();
  });
  test("leaving the loop keeps the connection open, and the next message for the next reader", async () => {
    const [client, server] = await pair();
    for (const text of ["a", "b"]) await client.send(text);
    for await (const message of server) {
      expect(message).toBe("a");
      break;
    }
    expect(await server.receive()).toBe("b");
    await client.send("c");
    expect(await server.receive()).toBe("c");
  });
  test("several readers are served in order", async () => {
    const [client, server] = await pair();
    const waiting = [server.receive(), server.receive(), server.receive()];
    for (const text of ["a", "b", "c"]) await client.send(text);
    expect(await Promise.all(waiting)).toEqual(["a", "b", "c"]);
  });
  test("a cancelled receive loses no message", async () => {
    const [client, server] = await pair();
    const giveUp = new AbortController();
    const given = server.receive({ signal: giveUp.signal });
    giveUp.abort(new Error("enough"));
    expect(await failure(given)).toEqual(new Error("enough"));
    expect(await failure(server.receive({ signal: giveUp.signal }))).toEqual(new Error("enough"));
    await client.send("a");
    expect(await server.receive()).toBe("a");
  });
  test("nor does one that is cancelled once its message has arrived, and it takes no other's", async () => {
    const [session, transport] = await overWire();
    const giveUp = new AbortController();
    const first = session.receive().then((message) => {
      giveUp.abort();
      return message;
    });
    const second = session.receive({ signal: giveUp.signal });
    const third = session.receive();
    transport.bring(hex("81 01 61 81 01 62"));
    expect(await Promise.all([first, second])).toEqual(["a", "b"]);
    transport.bring(hex("81 01 63"));
    expect(await third).toBe("c");
  });
  test("a send that waits for room can be cancelled, and nothing of it is sent; the others keep their order", async () => {
    const [session, transport] = await overWire();
    transport.takeNothing();
    await session.send(new Uint8Array(300_000));
    const giveUp = new AbortController();
    const given = session.send("given up", { signal: giveUp.signal });
    const kept = [session.send("b"), session.send("c")];
    expect(await isPending(Promise.race([given, ...kept]))).toBe(true);
    giveUp.abort(new Error("enough"));
    expect(await failure(given)).toEqual(new Error("enough"));
    transport.takeAgain();
    await Promise.all(kept);
    await settled();
    expect(toHex(transport.written().subarray(300_010))).toBe("81 01 62 81 01 63");
  });
  test("one that is cancelled too late has been sent, and takes no other's place", async () => {
    const [session, transport] = await overWire();
    const giveUp = new AbortController();
    transport.takeNothing();
    await session.send(new Uint8Array(300_000));
    const first = session.send(new Uint8Array(10)).then(() => giveUp.abort());
    const second = session.send(new Uint8Array(300_000), { signal: giveUp.signal });
    const third = session.send("c");
    await settled();
    transport.takeAgain();
    await Promise.all([first, second, third]);
    await settled();
    expect(toHex(transport.written().subarray(-3))).toBe("81 01 63");
  });
  test("an invalid message is refused, and the session continues", async () => {
    const [client, server] = await pair();
    expect(await failure(client.send(42 as unknown as string))).toBeInstanceOf(TypeError);
    await client.send("a");
    expect(await server.receive()).toBe("a");
  });
  test("after the end, send fails with the cause", async () => {
    const [session, transport] = await overWire();
    transport.end();
    await failure(session.closed);
    expect(await failure(session.send("a"))).toMatchObject({ name: "WebSocketError", closeCode: 1006 });
  });
  test("after a Close, send and writable fail with a WebSocketError, even if the connection has not ended yet", async () => {
    const closings: ((session: WebSocketSession, transport: WireTransport) => void)[] = [
      (_, transport) => transport.bring(hex("88 00")),
      (session) => void session.close(),
    ];
    for (const close of closings) {
      const [session, transport] = await overWire();
      transport.takeNothing();
      close(session, transport);
      await settled();
      const expected = { name: "WebSocketError", message: "the connection is closed or closing" };
      expect(await failure(session.send("a"))).toMatchObject(expected);
      expect(await failure(session.writable.getWriter().write("a"))).toMatchObject(expected);
    }
  });
});

describe("one message as a stream", () => {
  test("is sent in fragments as it is written; other messages follow it", async () => {
    const [session, transport] = await overWire();
    const writer = session.createMessageStream("text").getWriter();
    await writer.write("a");
    const behind = [session.send("whole"), session.writable.getWriter().write("too")];
    await writer.write("b");
    await settled();
    expect(transport.chunks().join(" ")).toBe("01 01 61 00 01 62");
    await writer.close();
    await Promise.all(behind);
    await settled();
    expect(transport.chunks().join(" ")).toBe("80 00 81 05 77 68 6f 6c 65 81 03 74 6f 6f");
  });
  test("with nothing in it is an empty message", async () => {
    const [session, transport] = await overWire();
    await session.createMessageStream("binary").getWriter().close();
    await settled();
    expect(toHex(transport.written())).toBe("82 00");
  });
  test("a character that is split between writes is joined", async () => {
    const [client, server] = await pair();
    const writer = client.createMessageStream("text").getWriter();
    await writer.write("\ud83d");
    await writer.write("\ude00");
    await writer.close();
    expect(await server.receive()).toBe("😀");
  });
  test("a piece of the wrong type, or an abort, closes the connection, because half a message can't be undone", async () => {
    for (const fail of [
      (stream: WritableStream) => stream.getWriter().write(new Uint8Array(1)),
      (stream: WritableStream) => stream.abort(),
    ]) {
      const [client, server] = await pair();
      const stream = client.createMessageStream("text");
      const writer = stream.getWriter();
      await writer.write("a");
      writer.releaseLock();
      server.receive().catch(() => undefined);
      await fail(stream).catch(() => undefined);
      expect(await server.closed).toMatchObject({ closeCode: 1005, initiator: "remote" });
    }
  });
  test("holds back a writer that is faster than the transport", async () => {
    const [session, transport] = await overWire();
    transport.takeNothing();
    const writer = session.createMessageStream("binary").getWriter();
    await writer.write(new Uint8Array(10));
    await settled();
    const writes = Array.from({ length: 4 }, () => writer.write(new Uint8Array(100_000)));
    expect(await isPending(writes[3]!)).toBe(true);
    transport.takeAgain();
    await Promise.all(writes);
  });
  test("only text and binary are valid types", async () => {
    const [client] = await pair();
    expect(() => client.createMessageStream("blob" as "text")).toThrow(TypeError);
  });
  test("is delivered as it arrives", async () => {
    const [session, transport] = await overWire();
    const streams = session.incomingMessageStreams.getReader();
    transport.bring(hex("01 01 61"));
    const first = await streams.read();
    expect(first.value?.type).toBe("text");
    const reader = first.value!.readable.getReader();
    expect((await reader.read()).value).toBe("a");
    const next = reader.read();
    expect(await isPending(next)).toBe(true);
    transport.bring(hex("80 02 62 63 82 01 ff"), CLOSE);
    expect((await next).value).toBe("bc");
    expect((await reader.read()).done).toBe(true);
    const second = await streams.read();
    expect(second.value?.type).toBe("binary");
    expect(await readAll(second.value!.readable as ReadableStream<unknown>)).toEqual([new Uint8Array([255])]);
    expect((await streams.read()).done).toBe(true);
  });
  test("that nobody reads to its end pauses the peer; a cancelled one is skipped", async () => {
    const [session, transport] = await overWire();
    const streams = session.incomingMessageStreams.getReader();
    const fragment = (first: string): Bytes => hex(first, "7e 80 00", "00*32768");
    transport.bring(fragment("02"), fragment("00"), fragment("00"), fragment("00"), fragment("80"), HELLO, CLOSE);
    const { value } = await streams.read();
    await settled();
    expect(transport.reads).toBeLessThan(5);
    await value!.readable.cancel();
    const next = await streams.read();
    expect(await readAll(next.value!.readable as ReadableStream<unknown>)).toEqual(["Hello"]);
    await session.closed;
  });
  test("fails like the connection", async () => {
    const [session, transport] = await overWire();
    transport.bring(hex("01 01 61"));
    transport.end();
    const { value } = await session.incomingMessageStreams.getReader().read();
    expect(await failure(readAll(value!.readable as ReadableStream<unknown>))).toMatchObject({ closeCode: 1006 });
  });
  test("messages are read either whole or as streams", async () => {
    const [client, server] = await pair();
    expect(client.readable).toBe(client.readable);
    expect(() => client.incomingMessageStreams).toThrow(TypeError);
    expect(server.incomingMessageStreams).toBe(server.incomingMessageStreams);
    expect(() => server.readable).toThrow(TypeError);
    expect(await failure(server.receive())).toBeInstanceOf(TypeError);
  });
});

describe("ping", () => {
  test("resolves to the round trip in milliseconds, even if nobody reads messages", async () => {
    const [client, server] = await pair();
    expect(await client.ping()).toBeGreaterThanOrEqual(0);
    expect(await server.ping()).toBeLessThan(5000);
  });
  test("a pong to a later ping answers the earlier ones; others answer none", async () => {
    const [session, transport] = await overWire();
    const pings = [session.ping(), session.ping(), session.ping()];
    await settled();
    const sent = transport.written();
    expect(sent.length).toBe(30);
    transport.bring(hex("8a 01 00"), hex("8a 00"), join8a(sent.subarray(12, 20)));
    await Promise.all(pings.slice(0, 2));
    expect(await isPending(pings[2]!)).toBe(true);
  });
  test("is answered by the pong to a keepalive ping that was sent after it", async () => {
    const clock = new ManualClock();
    const [session, transport] = await overWire({ clock, keepalive: { intervalMs: 20, timeoutMs: 5000 } });
    const lost = session.ping(); // its pong never comes, or has been damaged on the way
    await clock.advance(20);
    const sent = transport.written();
    expect(toHex(sent.subarray(10, 12))).toBe("89 04");
    transport.bring(hex("8a 04", toHex(sent.subarray(12, 16))));
    expect(await lost).toBe(20);
  });
  test("is not answered by the pong to an earlier keepalive ping, however long what came before it takes", async () => {
    const clock = new ManualClock();
    const now = clock.now.bind(clock);
    let decodingMs = 0;
    clock.now = () => now() + decodingMs;
    const codec: ExtensionCodec = {
      reservedBits: 4,
      decode(payload) {
        decodingMs += 60;
        return [payload];
      },
    };
    const keepalive = { intervalMs: 20, timeoutMs: 5000 };
    const extensions = [{ name: "x", parameters: [], codec }];
    const [session, transport] = await overWire({ clock, keepalive, extensions });
    await clock.advance(20);
    const keepalivePing = transport.written();
    expect(toHex(keepalivePing.subarray(0, 2))).toBe("89 04");
    await clock.advance(10);
    const pinged = session.ping();
    await clock.advance(10);
    const message = "c2 01 61";
    transport.bring(hex(message, "8a 04", toHex(keepalivePing.subarray(2))));
    expect(await session.receive()).toEqual(hex("61"));
    expect(await isPending(pinged)).toBe(true);
    transport.bring(join8a(transport.written().subarray(2)));
    expect(await pinged).toBeGreaterThanOrEqual(10);
  });
  test("one that is cancelled once its pong has arrived cancels no other", async () => {
    const [session, transport] = await overWire();
    const giveUp = new AbortController();
    const answered = session.ping().then(() => giveUp.abort());
    const given = session.ping({ signal: giveUp.signal });
    await settled();
    const payloads = transport.written();
    const left = session.ping();
    await settled();
    transport.bring(join8a(payloads.subarray(12, 20)));
    await answered;
    expect(await given).toBeGreaterThanOrEqual(0);
    transport.bring(join8a(transport.written().subarray(2)));
    expect(await left).toBeGreaterThanOrEqual(0);
  });
  test("can be cancelled, and fails with the connection", async () => {
    const [session, transport] = await overWire();
    const giveUp = new AbortController();
    const given = session.ping({ signal: giveUp.signal });
    giveUp.abort(new Error("enough"));
    expect(await failure(given)).toEqual(new Error("enough"));
    const left = session.ping();
    transport.end();
    expect(await failure(left)).toMatchObject({ name: "WebSocketError", closeCode: 1006 });
  });
});

function join8a(payload: Bytes): Bytes {
  return hex("8a 08", toHex(payload));
}

describe("close and closed", () => {
  test("report the code, the reason, and whose Close was first to both sides", async () => {
    const [client, server] = await pair();
    expect(await client.close({ closeCode: 4000, reason: "tschüss" })).toEqual({
      closeCode: 4000,
      reason: "tschüss",
      initiator: "local",
      sent: { code: 4000, reason: "tschüss" },
    });
    expect(await server.closed).toEqual({
      closeCode: 4000,
      reason: "tschüss",
      initiator: "remote",
      sent: { code: 4000, reason: "tschüss" },
    });
  });
  test("an invalid code or reason is refused, and nothing happens", async () => {
    const [client, server] = await pair();
    for (const options of [{ closeCode: 1006 }, { closeCode: 999 }, { closeCode: 1000, reason: "x".repeat(124) }]) {
      expect(() => client.close(options)).toThrow(RangeError);
    }
    await client.send("still open");
    expect(await server.receive()).toBe("still open");
  });
  test("closing twice has the effect of closing once", async () => {
    const [client] = await pair();
    const closed = client.close({ closeCode: 4000 });
    expect(client.close({ closeCode: 4001 })).toBe(closed);
    expect(await closed).toMatchObject({ closeCode: 4000 });
  });
  test("messages that arrive before the peer's Close can still be read", async () => {
    const [session, transport] = await overWire();
    void session.close();
    transport.bring(HELLO, CLOSE);
    expect(await session.receive()).toBe("Hello");
    expect(await session.closed).toMatchObject({ closeCode: 1000 });
  });
  test("messages that nobody takes do not keep it from closing", async () => {
    const clock = new ManualClock();
    const [session, transport] = await overWire({ clock, closeTimeoutMs: 50 });
    transport.bring(HELLO, HELLO, CLOSE);
    const closed = session.close();
    await clock.advance(25);
    expect(await closed).toMatchObject({ closeCode: 1000 });
  });
  test("a peer that is gone while its message waits ends it, and the message can still be taken", async () => {
    const [session, transport, clock] = await withKeepalive();
    transport.bring(HELLO);
    await settled();
    await clock.advance(50);
    expect(await failure(session.closed)).toMatchObject({ cause: { code: "keepaliveTimeout" } });
    expect(await session.receive()).toBe("Hello");
    expect(await failure(session.receive())).toMatchObject({ cause: { code: "keepaliveTimeout" } });
  });
  test("the same, read as a stream", async () => {
    const [session, transport, clock] = await withKeepalive();
    transport.bring(HELLO);
    await settled();
    await clock.advance(50);
    await failure(session.closed);
    const error: unknown = await readAll(session.incomingMessageStreams).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ cause: { code: "keepaliveTimeout" } });
  });
  test("a message that does not come to its end ends it, with why", async () => {
    const clock = new ManualClock();
    const [session, transport] = await overWire({ clock, messageTimeoutMs: 30, closeTimeoutMs: 20 });
    transport.bring(hex("01 01 61"));
    await settled();
    await clock.advance(50);
    const error = (await failure(session.closed)) as WebSocketError;
    expect(error).toMatchObject({ closeCode: 1006, cause: { code: "messageTimeout", closeCode: 1008 } });
  });
  test("a signal aborts the transport at once", async () => {
    const [session, transport] = await overWire();
    const giveUp = new AbortController();
    const closed = session.close({ signal: giveUp.signal });
    expect(await isPending(closed)).toBe(true);
    giveUp.abort(new Error("enough"));
    expect(await failure(closed)).toMatchObject({ closeCode: 1006, cause: new Error("enough") });
    expect(transport.ends).toContain("ended");
  });
  test("the peer's error is the cause, and may be ignored", async () => {
    const [session, transport] = await overWire();
    transport.bring(hex("83 00"));
    const error = (await failure(session.closed)) as WebSocketError;
    expect(error).toBeInstanceOf(DOMException);
    expect(error.message).toContain("opcode");
    expect(error.cause).toMatchObject({ name: "RemoteProtocolError", code: "reservedOpcode" });
  });
  test("the transport's error is the cause", async () => {
    const [session, transport] = await overWire();
    transport.failReading(new Error("reset by peer"));
    expect(await failure(session.closed)).toMatchObject({
      message: "the transport failed: reset by peer",
      cause: new Error("reset by peer"),
    });
  });
  test("await using closes it, even one that has failed", async () => {
    const [client, server] = await pair();
    const received = server.receive();
    {
      await using session = client;
      await session.send("a");
    }
    expect(await received).toBe("a");
    expect(await server.closed).toMatchObject({ closeCode: 1005 });
    const [failed, transport] = await overWire();
    transport.end();
    await failed[Symbol.asyncDispose]();
  });
});
