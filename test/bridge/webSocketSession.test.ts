/** A session over a `WebSocket` object: messages, backpressure, closing, and sockets that misbehave. */
import { describe, expect, test } from "vitest";
import { bridgeMessages, webSocketSession, type WebSocketLike } from "../../src/bridge/index.ts";
import { accept, connect, WebSocketError } from "../../src/stream/index.ts";
import { ManualClock } from "../../src/testing/index.ts";
import { pipe } from "../../src/transports/pipe.ts";
import { webSocketPair } from "../../src/websocket/index.ts";
import { isPending, settled } from "../support/wireTransport.ts";

const KIB = 1024;

function socketPair(): ReturnType<typeof webSocketPair> {
  const [client, server] = webSocketPair();
  server.accept();
  return [client, server];
}

/** A socket whose far end is the test. */
class FakeSocket implements WebSocketLike {
  binaryType = "blob";
  readyState = 1;
  protocol = "";
  bufferedAmount = 0;
  /** What a browser's `close()` refuses. */
  refuses = (code: number): boolean => code !== 1000 && !(code >= 3000 && code <= 4999);
  /** What was called, in order. */
  readonly calls: string[] = [];
  readonly #listeners = new Map<string, Set<(event: object) => void>>();

  addEventListener(type: string, listener: (event: object) => void): void {
    if (!this.#listeners.has(type)) this.#listeners.set(type, new Set());
    this.#listeners.get(type)!.add(listener);
  }

  removeEventListener(type: string, listener: (event: object) => void): void {
    this.#listeners.get(type)?.delete(listener);
  }

  get listeners(): number {
    return [...this.#listeners.values()].reduce((sum, { size }) => sum + size, 0);
  }

  emit(type: string, event: object = {}): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event);
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    this.calls.push(`send ${typeof data === "string" ? data : data.join()}`);
    this.bufferedAmount += data.length;
  }

  close(code?: number, reason?: string): void {
    if (code !== undefined && this.refuses(code)) throw new DOMException("no", "InvalidAccessError");
    this.calls.push(["close", code, reason].filter((part) => part !== undefined && part !== "").join(" "));
    this.readyState = 2;
  }

  /** The closing handshake has taken place, or the connection is gone. */
  closed(code: number, reason = "", wasClean = true): void {
    this.readyState = 3;
    this.emit("close", { code, reason, wasClean });
  }
}

/** One that can be paused, as those of ws can. */
class PausableSocket extends FakeSocket {
  pause(): void {
    this.calls.push("pause");
  }

  resume(): void {
    this.calls.push("resume");
  }

  terminate(): void {
    this.calls.push("terminate");
  }
}

describe("messages", () => {
  test("pass both ways, text as strings and bytes as Uint8Array", async () => {
    const [client, server] = socketPair();
    server.binaryType = "arraybuffer";
    server.addEventListener("message", ({ data }) => server.send(data as string | ArrayBuffer));
    const session = webSocketSession(client);
    await session.send("text");
    await session.send(Uint8Array.of(1, 2, 3));
    expect(await session.receive()).toBe("text");
    expect(await session.receive()).toEqual(Uint8Array.of(1, 2, 3));
    await session.close();
  });
  test("come through readable, writable and iteration", async () => {
    const [client, server] = socketPair();
    const [near, far] = [webSocketSession(client), webSocketSession(server)];
    const writer = near.writable.getWriter();
    void writer.write("a");
    void writer.write("b");
    void writer.close();
    const got = [];
    for await (const message of far) got.push(message);
    expect(got).toEqual(["a", "b"]);
    expect(await near.readable.getReader().read()).toEqual({ done: true, value: undefined });
  });
  test("that arrive before anybody reads are kept in order", async () => {
    const socket = new FakeSocket();
    const session = webSocketSession(socket);
    for (let i = 0; i < 10; i++) socket.emit("message", { data: `${i}` });
    socket.closed(1000);
    const got = [];
    for await (const message of session) got.push(message);
    expect(got.join("")).toBe("0123456789");
  });
  test("bytes of a caller are copied, because a socket may read them late", async () => {
    const socket = new FakeSocket();
    const sent: Uint8Array[] = [];
    socket.send = (data) => void sent.push(data as Uint8Array);
    const session = webSocketSession(socket);
    const bytes = Uint8Array.of(1);
    await session.send(bytes);
    bytes[0] = 2;
    expect(sent).toEqual([Uint8Array.of(1)]);
  });
  test("of another kind close the connection with 1003", async () => {
    const socket = new PausableSocket();
    socket.refuses = () => false;
    const session = webSocketSession(socket);
    socket.emit("message", { data: 42 });
    expect(socket.calls).toEqual(["close 1003", "resume"]);
    socket.closed(1003);
    await expect(session.closed).rejects.toThrow(/neither a string nor bytes/);
    await expect(session.receive()).rejects.toThrow(WebSocketError);
  });
});

describe("while the socket has much unsent", () => {
  test("send() waits, in order, until there is room", async () => {
    const clock = new ManualClock();
    const socket = new FakeSocket();
    const session = webSocketSession(socket, { clock });
    socket.bufferedAmount = 512 * KIB;
    const first = session.send("first");
    const second = session.send("second");
    await clock.advance(100);
    expect([await isPending(first), socket.calls]).toEqual([true, []]);
    socket.bufferedAmount = 0;
    await clock.advance(10);
    await Promise.all([first, second]);
    expect(socket.calls).toEqual(["send first", "send second"]);
  });
  test("a message that waits can be cancelled", async () => {
    const socket = new FakeSocket();
    const session = webSocketSession(socket, { clock: new ManualClock() });
    socket.bufferedAmount = 512 * KIB;
    const controller = new AbortController();
    const sending = session.send("late", { signal: controller.signal });
    controller.abort(new Error("too late"));
    await expect(sending).rejects.toThrow("too late");
    expect(socket.calls).toEqual([]);
  });
  test("the other side of a bridge waits", async () => {
    const [end, near] = pipe();
    const [client, a] = await Promise.all([connect(end), accept(near).then((request) => request.accept())]);
    const socket = new FakeSocket();
    void bridgeMessages(a, socket).catch(() => undefined);
    const message = new Uint8Array(64 * KIB);
    let sent = 0;
    void (async () => {
      for (;;) {
        await client.send(message);
        sent++;
      }
    })().catch(() => undefined);
    await settled(50);
    const held = sent;
    await settled(50);
    expect(sent).toBe(held);
    expect(sent * message.length).toBeLessThanOrEqual(1536 * KIB);
    expect(socket.bufferedAmount).toBeLessThanOrEqual(576 * KIB);
    socket.closed(1006, "", false);
  });
});

describe("while nobody reads", () => {
  const message = { data: "x".repeat(64 * KIB) };
  test("the socket is paused, and goes on when the messages are taken", async () => {
    const socket = new PausableSocket();
    const session = webSocketSession(socket);
    for (let i = 0; i < 4; i++) socket.emit("message", message);
    expect(socket.calls).toEqual(["pause"]);
    for (let i = 0; i < 4; i++) await session.receive();
    await settled();
    expect(socket.calls).toEqual(["pause", "resume"]);
  });
  test("one that can't be paused fails above maxUnreadBytes and closes with 1008, as a browser can", async () => {
    const socket = new FakeSocket();
    const session = webSocketSession(socket, { maxUnreadBytes: 128 * KIB });
    for (let i = 0; i < 3; i++) socket.emit("message", message);
    expect(socket.calls).toEqual(["close 4008"]);
    for (let i = 0; i < 3; i++) expect(await session.receive()).toBe(message.data);
    socket.closed(4008);
    await expect(session.receive()).rejects.toThrow(/maxUnreadBytes/);
    await expect(session.closed).rejects.toThrow(/maxUnreadBytes/);
  });
});

describe("closing", () => {
  test("by the peer resolves with its code, its reason, and who was first", async () => {
    const [client, server] = socketPair();
    server.addEventListener("message", () => server.close(4000, "bye"));
    const session = webSocketSession(client);
    await session.send("close, please");
    expect(await session.closed).toMatchObject({ closeCode: 4000, reason: "bye", initiator: "remote" });
    expect(await session.receive()).toBeUndefined();
    await expect(session.send("late")).rejects.toThrow("the connection is closed or closing");
  });
  test.each<[{ closeCode?: number; reason?: string }, string]>([
    [{}, "close"],
    [{ closeCode: 1000 }, "close 1000"],
    [{ closeCode: 3001, reason: "so" }, "close 3001 so"],
    [{ closeCode: 1001, reason: "so" }, "close 4001 so"],
    [{ closeCode: 1014 }, "close 4014"],
  ])("with %j calls %s on a browser's socket", async (close, call) => {
    const socket = new FakeSocket();
    const session = webSocketSession(socket);
    const closed = session.close(close);
    expect(socket.calls).toEqual([call]);
    socket.closed(close.closeCode ?? 1005);
    expect(await closed).toMatchObject({ initiator: "local" });
  });
  test("with a code that may not be sent is refused, and the socket stays open", () => {
    const socket = new FakeSocket();
    const session = webSocketSession(socket);
    expect(() => session.close({ closeCode: 1006 })).toThrow(RangeError);
    expect(socket.calls).toEqual([]);
  });
  test("ends after closeTimeoutMs without the peer, and leaves no listener and no timer that matters", async () => {
    const clock = new ManualClock();
    const socket = new PausableSocket();
    const session = webSocketSession(socket, { clock, closeTimeoutMs: 1000 });
    const closed = session.close();
    await clock.advance(999);
    expect(await isPending(closed)).toBe(true);
    await clock.advance(1);
    await expect(closed).rejects.toThrow("the WebSocket did not close in time");
    expect(socket.calls).toEqual(["close", "resume", "terminate"]);
  });
  test("without a handshake rejects with the socket's error as the cause", async () => {
    const socket = new FakeSocket();
    const session = webSocketSession(socket);
    const cause = new Error("ECONNRESET");
    socket.emit("error", { error: cause });
    socket.closed(1006, "", false);
    await expect(session.closed).rejects.toMatchObject({ name: "WebSocketError", closeCode: 1006, cause });
    await expect(session.receive()).rejects.toThrow(WebSocketError);
    expect(socket.listeners).toBe(0);
  });
  test("comes behind messages that have not been read", async () => {
    const socket = new FakeSocket();
    const session = webSocketSession(socket);
    for (let i = 0; i < 4; i++) socket.emit("message", { data: "x".repeat(64 * KIB) });
    socket.closed(1000);
    for (let i = 0; i < 4; i++) expect(await session.receive()).toHaveLength(64 * KIB);
    expect(await session.receive()).toBeUndefined();
  });
});

describe("a socket that is connecting", () => {
  test("opens, and messages wait for that", async () => {
    const socket = new FakeSocket();
    socket.readyState = 0;
    const session = webSocketSession(socket);
    const sending = session.send("early");
    expect(await isPending(session.opened)).toBe(true);
    socket.readyState = 1;
    socket.protocol = "chat";
    socket.emit("open");
    await Promise.all([session.opened, sending]);
    expect([session.protocol, socket.calls]).toEqual(["chat", ["send early"]]);
  });
  test("that never opens rejects opened, closed and all that wait", async () => {
    const socket = new FakeSocket();
    socket.readyState = 0;
    const session = webSocketSession(socket);
    const waits = [session.send("early"), session.receive()];
    socket.closed(1006, "", false);
    for (const wait of [session.opened, session.closed, ...waits]) await expect(wait).rejects.toThrow(WebSocketError);
  });
  test("that has closed already has failed", async () => {
    const socket = new FakeSocket();
    socket.readyState = 3;
    await expect(webSocketSession(socket).closed).rejects.toMatchObject({ closeCode: 1006 });
  });
});

describe("a bridge to a WebSocket object", () => {
  test("passes messages and the close of each side", async () => {
    const [end, near] = pipe();
    const [client, a] = await Promise.all([connect(end), accept(near).then((request) => request.accept())]);
    const [ours, theirs] = socketPair();
    theirs.binaryType = "arraybuffer";
    theirs.addEventListener("message", ({ data }) => theirs.send(data as string));
    const bridged = bridgeMessages(a, ours);
    await client.send("hello");
    expect(await client.receive()).toBe("hello");
    theirs.close(4001, "bye");
    expect(await client.closed).toMatchObject({ closeCode: 4001, reason: "bye", initiator: "remote" });
    expect(await bridged).toEqual({ closeCode: 4001, reason: "bye", closedBy: "b" });
  });
  test("tells a browser's peer with 4011 that the client was lost", async () => {
    const [end, near] = pipe();
    const [, a] = await Promise.all([connect(end), accept(near).then((request) => request.accept())]);
    const socket = new FakeSocket();
    const bridged = bridgeMessages(a, socket);
    bridged.catch(() => undefined);
    end.close!();
    await settled(20);
    expect(socket.calls).toEqual(["close 4011 the client was lost"]);
    socket.closed(4011);
    await expect(bridged).rejects.toThrow(WebSocketError);
  });
});
