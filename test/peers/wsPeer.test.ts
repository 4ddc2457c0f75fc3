/** A peer of our server can be used like one of ws: the same tests for both. */
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createWebSocketStream, type WebSocket } from "ws";
import type { Client } from "../server/client.ts";
import { openPeer, ours, ws, type Options, type Running } from "./wsServers.ts";

const bytes = (...values: number[]): Uint8Array<ArrayBuffer> => Uint8Array.from(values);
const turn = (ms = 0): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe.each([ws, ours])("$name", ({ start }) => {
  let running: Running;
  let client: Client;
  let peer: WebSocket;

  async function open(options?: Options): Promise<void> {
    await running?.stop();
    running = await start(options);
    ({ client, peer } = await openPeer(running));
  }

  beforeEach(() => open());
  afterEach(() => running.stop());

  const closed = (): Promise<unknown> =>
    new Promise((resolve) => peer.once("close", (code, reason) => resolve([code, reason.toString()])));
  const message = (): Promise<unknown[]> => new Promise((resolve) => peer.once("message", (...args) => resolve(args)));
  const sent = (send: (callback: (error?: Error | null) => void) => void): Promise<Error | null | undefined> =>
    new Promise((resolve) => send((error) => resolve(error)));

  describe("at first", () => {
    test("it is open, with nothing negotiated and nothing to send", () => {
      const { readyState, protocol, extensions, bufferedAmount, isPaused, binaryType } = peer;
      expect({ readyState, protocol, extensions, bufferedAmount, isPaused, binaryType }).toEqual({
        readyState: peer.OPEN,
        protocol: "",
        extensions: "",
        bufferedAmount: 0,
        isPaused: false,
        binaryType: "nodebuffer",
      });
    });
    test("it has the states as constants, and so does its class", () => {
      const states = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };
      expect(peer).toMatchObject(states);
      for (const [name, value] of Object.entries(states)) expect(peer.constructor).toHaveProperty(name, value);
    });
  });

  describe("an incoming message", () => {
    test.each(["Hello, wörld 👋", "", "\uFEFFmark", "long ".repeat(20_000)])(
      "is a Buffer if it is text: %.20s",
      async (text) => {
        const received = message();
        client.do((connection) => connection.sendData(text));
        const [data, isBinary] = await received;
        expect([Buffer.isBuffer(data), String(data) === text, isBinary]).toEqual([true, true, false]);
      },
    );
    test.each([bytes(), bytes(0, 255), new Uint8Array(100_000).fill(7)])("is a Buffer if it is bytes", async (data) => {
      const received = message();
      client.do((connection) => connection.sendData(data));
      expect(await received).toEqual([Buffer.from(data), true]);
    });
    test("in fragments, with a ping between them, is one message", async () => {
      const received = message();
      client.do((connection) => {
        connection.sendData("Hel", false);
        connection.ping();
        connection.sendData("lo", false);
        connection.sendData("", true);
      });
      expect(await received).toEqual([Buffer.from("Hello"), false]);
    });
    test("is an ArrayBuffer of exact size, for bytes with that binaryType", async () => {
      peer.binaryType = "arraybuffer";
      const received = message();
      client.do((connection) => connection.sendData(bytes(1, 2)));
      const [data, isBinary] = await received;
      expect([data, isBinary]).toEqual([bytes(1, 2).buffer, true]);
    });
    test("is a Buffer nevertheless, if it is text", async () => {
      peer.binaryType = "arraybuffer";
      const received = message();
      client.do((connection) => connection.sendData("text"));
      expect(await received).toEqual([Buffer.from("text"), false]);
    });
    test("is an array of Buffers, with that binaryType", async () => {
      peer.binaryType = "fragments";
      const received = message();
      client.do((connection) => connection.sendData(bytes(1, 2)));
      const [data] = (await received) as [Buffer[]];
      expect(Buffer.concat(data)).toEqual(Buffer.of(1, 2));
    });
    test("is a Blob, with that binaryType", async () => {
      peer.binaryType = "blob" as never;
      const received = message();
      client.do((connection) => connection.sendData(bytes(1, 2)));
      const [data] = (await received) as [Blob];
      expect(new Uint8Array(await data.arrayBuffer())).toEqual(bytes(1, 2));
    });
    test("is a Buffer if binaryType was set to an invalid value", () => {
      peer.binaryType = "text" as never;
      expect(peer.binaryType).toBe("nodebuffer");
    });
    test("is emitted in order", async () => {
      const received: string[] = [];
      peer.on("message", (data: Buffer) => received.push(data.toString()));
      const numbers = Array.from({ length: 100 }, (_, i) => `message ${i}`);
      client.do((connection) => numbers.forEach((number) => connection.sendData(number)));
      await expect.poll(() => received).toEqual(numbers);
    });
    test("also reaches node:events", async () => {
      const received = once(peer, "message");
      client.do((connection) => connection.sendData("once"));
      expect(await received).toEqual([Buffer.from("once"), false]);
    });
  });

  describe("send", () => {
    const view = new DataView(bytes(9, 1, 2, 9).buffer, 1, 2);
    test.each<[string, unknown, string | Uint8Array]>([
      ["a string", "wörld 👋", "wörld 👋"],
      ["an empty string", "", ""],
      ["a number, as text", 42, "42"],
      ["a Buffer", Buffer.of(1, 2), bytes(1, 2)],
      ["a typed array", Uint16Array.of(0x0201), bytes(1, 2)],
      ["an ArrayBuffer", bytes(1, 2).buffer, bytes(1, 2)],
      ["a DataView", view, bytes(1, 2)],
      ["a Blob", new Blob([bytes(1, 2)]), bytes(1, 2)],
      ["nothing", undefined, bytes()],
      ["null", null, bytes()],
    ])("accepts %s", async (_, data, expected) => {
      peer.send(data as string);
      expect(await client.message()).toEqual(expected);
    });
    test("sends bytes as text and text as bytes on request", async () => {
      peer.send(Buffer.from("wörld"), { binary: false });
      peer.send("wörld", { binary: true });
      peer.send(new Blob(["wörld"]), { binary: false });
      expect(await client.message()).toBe("wörld");
      expect(await client.message()).toEqual(new Uint8Array(Buffer.from("wörld")));
      expect(await client.message()).toBe("wörld");
    });
    test("sends fragments: the first gives the type, and one may split a character", async () => {
      const euro = Buffer.from("€");
      peer.send(euro.subarray(0, 1), { fin: false, binary: false });
      peer.send(euro.subarray(1), { fin: false });
      peer.send("!", {});
      peer.send("bytes", { fin: false, binary: true });
      peer.send(Buffer.from("!"));
      expect(await client.message()).toBe("€!");
      expect(await client.message()).toEqual(new Uint8Array(Buffer.from("bytes!")));
    });
    test("keeps the order, including Blobs", async () => {
      peer.send("first");
      peer.send(new Blob(["second"]));
      peer.send(new Blob(["third"]), { binary: false });
      peer.send("third and a half");
      peer.ping("fourth");
      peer.close(1000, "fifth");
      expect(await client.message()).toBe("first");
      expect(await client.message()).toEqual(new Uint8Array(Buffer.from("second")));
      expect(await client.message()).toBe("third");
      expect(await client.message()).toBe("third and a half");
      expect((await client.event("pingReceived")).payload).toEqual(new Uint8Array(Buffer.from("fourth")));
      expect(await client.event("connectionClosed")).toMatchObject({ code: 1000, reason: "fifth" });
    });
    test("calls back when the message is sent, in every argument form", async () => {
      expect(await sent((callback) => peer.send("one", callback))).toBeFalsy();
      expect(await sent((callback) => peer.send("two", {}, callback))).toBeFalsy();
      expect(await sent((callback) => peer.send(new Blob(["three"]), {}, callback))).toBeFalsy();
      expect(await client.message()).toBe("one");
    });
    test("calls back in order, and not synchronously", async () => {
      const called: number[] = [];
      for (let i = 0; i < 5; i++) peer.send("data", () => called.push(i));
      expect(called).toEqual([]);
      await expect.poll(() => called).toEqual([0, 1, 2, 3, 4]);
    });
    test.each([{}, Symbol("no"), () => {}])("refuses invalid data: %s", (data) => {
      expect(() => peer.send(data as never, {})).toThrow(TypeError);
    });
    test("increases bufferedAmount, which falls when the data is sent", async () => {
      client.hold();
      peer.send(new Uint8Array(8_000_000));
      expect(peer.bufferedAmount).toBeGreaterThanOrEqual(8_000_000);
      client.release();
      await expect.poll(() => peer.bufferedAmount).toBe(0);
      peer.send(new Blob(["a Blob"]));
      expect(peer.bufferedAmount).toBeGreaterThanOrEqual(6);
      await expect.poll(() => peer.bufferedAmount).toBe(0);
    });
  });

  describe("while it is closing", () => {
    const tooLate = /WebSocket is not open: readyState [23] \((CLOSING|CLOSED)\)/;
    test.each<[string, (callback: (error?: Error | null) => void) => void]>([
      ["send", (callback) => peer.send("late", callback)],
      ["send with options", (callback) => peer.send("late", {}, callback)],
      ["ping", (callback) => peer.ping("late", undefined, callback)],
      ["pong", (callback) => peer.pong("late", undefined, callback)],
    ])("%s calls back with an error, before and after the close", async (_, send) => {
      peer.close();
      expect((await sent(send))?.message).toMatch(tooLate);
      await closed();
      expect((await sent(send))?.message).toMatch(tooLate);
    });
    test("send is ignored without a callback, and counts in bufferedAmount", async () => {
      const end = closed();
      peer.close();
      await end;
      peer.send("late!");
      peer.send(bytes(1, 2, 3));
      expect(peer.bufferedAmount).toBe(8);
    });
    test("messages that still arrive are emitted", async () => {
      const received: string[] = [];
      peer.on("message", (data: Buffer) => received.push(data.toString()));
      client.do((connection) => connection.sendData("one"));
      await expect.poll(() => received).toEqual(["one"]);
      const end = closed();
      peer.close();
      client.do((connection) => connection.sendData("two"));
      expect(await end).toEqual([1005, ""]);
      expect(received).toEqual(["one", "two"]);
    });
  });

  describe("ping and pong", () => {
    test("have their payload, and pings are answered", async () => {
      const [pinged, ponged] = [once(peer, "ping"), once(peer, "pong")];
      client.do((connection) => {
        connection.ping(bytes(1, 2));
        connection.pong(bytes(3));
      });
      expect([await pinged, await ponged]).toEqual([[Buffer.of(1, 2)], [Buffer.of(3)]]);
      expect((await client.event("pongReceived")).payload).toEqual(bytes(1, 2));
    });
    test.each<[string, unknown, string]>([
      ["nothing", undefined, ""],
      ["a string", "wörld", "wörld"],
      ["a number", 7, "7"],
      ["a Buffer", Buffer.from("buffer"), "buffer"],
    ])("accept %s", async (_, payload, expected) => {
      expect(await sent((callback) => peer.ping(payload, undefined, callback))).toBeFalsy();
      peer.pong(payload);
      expect(Buffer.from((await client.event("pingReceived")).payload).toString()).toBe(expected);
      expect(Buffer.from((await client.event("pongReceived")).payload).toString()).toBe(expected);
    });
    test("accept the callback in any position", async () => {
      expect(await sent((callback) => peer.ping(callback as never))).toBeFalsy();
      expect(await sent((callback) => peer.pong("data", callback as never))).toBeFalsy();
    });
    test("refuse more than 125 bytes", () => {
      expect(() => peer.ping("x".repeat(126))).toThrow(RangeError);
      expect(() => peer.pong("x".repeat(126))).toThrow(RangeError);
    });
    test("of the server are answered by the client", async () => {
      const ponged = once(peer, "pong");
      peer.ping("there?");
      expect(await ponged).toEqual([Buffer.from("there?")]);
    });
    test("can be left to the application", async () => {
      await open({ autoPong: false });
      const pinged = once(peer, "ping");
      client.do((connection) => connection.ping(bytes(1)));
      await pinged;
      peer.pong("by hand");
      expect(Buffer.from((await client.event("pongReceived")).payload).toString()).toBe("by hand");
    });
  });

  describe("close", () => {
    test.each<[string, [(number | undefined)?, (string | Buffer)?], number, string]>([
      ["no code", [], 1005, ""],
      ["a code", [4000], 4000, ""],
      ["a code and a reason", [1000, "bye ✓"], 1000, "bye ✓"],
      ["a reason as bytes", [3000, Buffer.from("bye ✓")], 3000, "bye ✓"],
      ["a reason but no code", [undefined, "unsaid"], 1005, ""],
    ])("with %s reaches the client, and is echoed", async (_, args, code, reason) => {
      const end = closed();
      peer.close(...(args as [number, string]));
      expect(peer.readyState).toBe(peer.CLOSING);
      expect(await client.event("connectionClosed")).toMatchObject({ code, reason, wasClean: true });
      expect(await end).toEqual([code, reason]);
      expect(peer.readyState).toBe(peer.CLOSED);
    });
    test("of the client has its code and reason", async () => {
      const end = closed();
      client.do((connection) => connection.close(3001, "enough"));
      expect(await end).toEqual([3001, "enough"]);
      expect(peer.readyState).toBe(peer.CLOSED);
    });
    test("of the client without a code is 1005", async () => {
      const end = closed();
      client.do((connection) => connection.close());
      expect(await end).toEqual([1005, ""]);
    });
    test("happens once", async () => {
      let count = 0;
      peer.on("close", () => count++);
      const end = closed();
      peer.close(1000);
      peer.close(1001);
      peer.terminate();
      await end;
      peer.close();
      peer.terminate();
      await turn(20);
      expect(count).toBe(1);
    });
    test.each([[999], [1004], [1005], [1006], [1015], [5000], ["1000"], [NaN]])("refuses the code %s", (code) => {
      expect(() => peer.close(code as number)).toThrow();
      expect(peer.readyState).toBe(peer.OPEN);
    });
    test("refuses a reason of 124 bytes", () => {
      expect(() => peer.close(1000, "ü".repeat(62))).toThrow(RangeError);
    });
    test("is emitted after work that a listener of the last message deferred", async () => {
      const order: string[] = [];
      peer.on("message", () => process.nextTick(() => order.push("message")));
      const end = closed().then(() => order.push("close"));
      client.do((connection) => {
        connection.sendData("last");
        connection.close();
      });
      await end;
      expect(order).toEqual(["message", "close"]);
    });
    test("is 1006 if the client disappears", async () => {
      const end = closed();
      client.driver.abort(new Error("gone"));
      expect(await end).toEqual([1006, ""]);
    });
    test("is 1006 if the client's stream ends without a Close frame", async () => {
      await running.stop();
      running = await start();
      const end = new Promise((resolve) => {
        running.server.on("connection", (socket) => socket.on("close", (code) => resolve(code)));
      });
      const { readable, writable } = running.dial();
      const writer = writable.getWriter();
      await writer.write(
        new TextEncoder().encode(
          "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
        ),
      );
      const reader = readable.getReader();
      await reader.read();
      await writer.close();
      expect(await end).toBe(1006);
      while (!(await reader.read()).done);
    });
  });

  describe("terminate", () => {
    test("ends it at once with 1006, at both ends", async () => {
      const end = closed();
      peer.terminate();
      expect(peer.readyState).toBe(peer.CLOSING);
      expect(await end).toEqual([1006, ""]);
      expect(await client.event("connectionClosed")).toMatchObject({ code: 1006, wasClean: false });
    });
    test("is no error, and in a message listener it stops later messages", async () => {
      let errors = 0;
      let messages = 0;
      peer.on("error", () => errors++);
      peer.on("message", () => {
        messages++;
        peer.terminate();
      });
      const end = closed();
      client.do((connection) => {
        for (let i = 0; i < 10; i++) connection.sendData("data");
      });
      await end;
      expect(errors).toBe(0);
      expect(messages).toBeGreaterThan(0);
    });
    test("also ends a paused one", async () => {
      peer.pause();
      client.do((connection) => connection.sendData("waiting"));
      const end = closed();
      peer.terminate();
      expect(await end).toEqual([1006, ""]);
    });
  });

  describe("pause", () => {
    test("holds messages back until resume", async () => {
      const received: string[] = [];
      peer.on("message", (data: Buffer) => received.push(data.toString()));
      peer.pause();
      expect(peer.isPaused).toBe(true);
      client.do((connection) => {
        for (let i = 0; i < 5; i++) connection.sendData(String(i));
      });
      await turn(30);
      expect(received).toEqual([]);
      peer.resume();
      expect(peer.isPaused).toBe(false);
      await expect.poll(() => received).toEqual(["0", "1", "2", "3", "4"]);
    });
    test("pauses a sender of a hundred megabytes", async () => {
      peer.pause();
      const megabyte = new Uint8Array(1024 * 1024);
      client.do((connection) => {
        for (let i = 0; i < 100; i++) connection.sendData(megabyte);
      });
      await turn(100);
      expect(client.driver.unsentBytes).toBeGreaterThan(80 * 1024 * 1024);
      let received = 0;
      peer.on("message", (data: Buffer) => (received += data.length));
      peer.resume();
      await expect.poll(() => received, { timeout: 10_000 }).toBe(100 * 1024 * 1024);
    });
    test("does nothing once it is closed", async () => {
      const end = closed();
      peer.close();
      await end;
      peer.pause();
      expect(peer.isPaused).toBe(false);
    });
  });

  describe("a client that breaks the protocol", () => {
    test("causes an error, then a close with 1006, and gets the code", async () => {
      const order: unknown[] = [];
      peer.on("error", (error) => order.push(error instanceof Error, peer.readyState));
      const end = closed();
      // A reserved opcode.
      client.do((connection) => connection.sendData("sane"));
      const { server } = running;
      expect(server.clients.size).toBe(1);
      await client.raw(bytes(0x83, 0x80, 0, 0, 0, 0));
      expect(await end).toEqual([1006, ""]);
      expect(order).toEqual([true, peer.CLOSING]);
      expect((await client.event("connectionClosed")).received?.code).toBe(1002);
    });
    test("with a message above maxPayload gets 1009", async () => {
      await open({ maxPayload: 100 });
      const failed = once(peer, "error");
      const end = closed();
      client.do((connection) => connection.sendData("x".repeat(101)));
      expect(((await failed) as [Error])[0]).toBeInstanceOf(Error);
      expect(await end).toEqual([1006, ""]);
      expect((await client.event("connectionClosed")).received?.code).toBe(1009);
    });
  });

  describe("listeners in the browser's style", () => {
    test("receive message events, with text as strings", async () => {
      const received: unknown[] = [];
      peer.addEventListener("message", ({ type, target, data }) => received.push(type, target === peer, data));
      client.do((connection) => {
        connection.sendData("text");
        connection.sendData(bytes(1));
      });
      await expect.poll(() => received).toEqual(["message", true, "text", "message", true, Buffer.of(1)]);
    });
    test("receive the close", async () => {
      const ends: unknown[] = [];
      peer.addEventListener("close", ({ type, code, reason, wasClean }) => ends.push(type, code, reason, wasClean));
      client.do((connection) => connection.close(3000, "bye"));
      await expect.poll(() => ends).toEqual(["close", 3000, "bye", true]);
    });
    test("receive errors", async () => {
      const errors: unknown[] = [];
      peer.onerror = ({ type, error, message: text }) => errors.push(type, error instanceof Error, text.length > 0);
      await client.raw(bytes(0x83, 0x80, 0, 0, 0, 0));
      await expect.poll(() => errors).toEqual(["error", true, true]);
    });
    test("are called once if they are added twice, as objects too, until they are removed", async () => {
      const calls: string[] = [];
      const twice = (): unknown => calls.push("twice");
      const gone = (): unknown => calls.push("gone");
      const object = { handleEvent: () => calls.push("object") };
      peer.addEventListener("message", twice);
      peer.addEventListener("message", twice);
      peer.addEventListener("message", object);
      peer.addEventListener("message", gone);
      peer.removeEventListener("message", gone);
      peer.addEventListener("message", () => calls.push("once"), { once: true });
      peer.addEventListener("upgrade" as never, gone);
      client.do((connection) => {
        connection.sendData("one");
        connection.sendData("two");
      });
      await expect.poll(() => calls).toEqual(["twice", "object", "once", "twice", "object"]);
      peer.removeAllListeners("message");
      peer.addEventListener("message", twice);
      client.do((connection) => connection.sendData("three"));
      await expect.poll(() => calls.length).toBe(6);
    });
    test("as attributes replace each other", async () => {
      const calls: string[] = [];
      expect([peer.onmessage, peer.onclose, peer.onerror, peer.onopen]).toEqual([null, null, null, null]);
      const first = (): unknown => calls.push("first");
      peer.onmessage = first;
      expect(peer.onmessage).toBe(first);
      peer.onmessage = () => calls.push("second");
      peer.removeEventListener("message", first);
      client.do((connection) => connection.sendData("data"));
      await expect.poll(() => calls).toEqual(["second"]);
      peer.onmessage = first;
      peer.addEventListener("message", first);
      client.do((connection) => connection.sendData("data"));
      await expect.poll(() => calls).toEqual(["second", "first", "first"]);
      peer.removeEventListener("message", first);
      client.do((connection) => connection.sendData("data"));
      await expect.poll(() => calls).toEqual(["second", "first", "first", "first"]);
      peer.onmessage = null;
      expect(peer.onmessage).toBeNull();
      peer.onmessage = "no function" as never;
      expect(peer.onmessage).toBeNull();
    });
  });

  describe("the emitter", () => {
    test("calls listeners in order, once if requested, with the peer as this", () => {
      const calls: unknown[] = [];
      const listener = function (this: unknown, ...args: unknown[]): void {
        calls.push(this === peer, ...args);
      };
      peer.once("custom", listener).on("custom", () => calls.push("on"));
      peer.prependListener("custom", () => calls.push("first"));
      expect(peer.listenerCount("custom")).toBe(3);
      expect(peer.emit("custom", 1, 2)).toBe(true);
      expect(peer.emit("custom", 3)).toBe(true);
      expect(calls).toEqual(["first", true, 1, 2, "on", "first", "on"]);
      expect(peer.eventNames()).toContain("custom");
      peer.removeAllListeners("custom");
      expect(peer.emit("custom")).toBe(false);
    });
    test("removes one listener at a time, including once ones", () => {
      let calls = 0;
      const listener = (): number => calls++;
      peer.on("custom", listener).addListener("custom", listener).once("custom", listener);
      peer.off("custom", listener);
      peer.emit("custom");
      expect(calls).toBe(2);
      peer.removeListener("custom", listener).off("custom", listener).off("custom", listener);
      peer.emit("custom");
      expect(calls).toBe(2);
    });
    test("removes the latest of equal listeners, and emits nothing without one", () => {
      const calls: string[] = [];
      const equal = (): unknown => calls.push("equal");
      const other = (): unknown => calls.push("other");
      peer.on("custom", equal).on("custom", other).on("custom", equal).off("custom", equal);
      expect(peer.emit("custom")).toBe(true);
      expect(calls).toEqual(["equal", "other"]);
      peer.off("custom", equal).off("custom", other);
      expect([peer.emit("custom"), peer.eventNames().includes("custom")]).toEqual([false, false]);
    });
    test("calls the listeners at the time of the event, whatever they add or remove", () => {
      const calls: string[] = [];
      const second = (): unknown => calls.push("second");
      peer.on("custom", () => {
        calls.push("first");
        peer.off("custom", second);
        peer.on("custom", () => calls.push("third"));
      });
      peer.on("custom", second);
      peer.emit("custom");
      expect(calls).toEqual(["first", "second"]);
    });
    test("an error of a listener reaches the caller of emit", () => {
      peer.on("custom", () => {
        throw new Error("mine");
      });
      expect(() => peer.emit("custom")).toThrow("mine");
    });
    test("refuses a listener that is not a function", () => {
      expect(() => peer.on("custom", "no function" as never)).toThrow(TypeError);
    });
  });

  describe("a stream of ws around it", () => {
    test("carries bytes in both directions, and ends when it is ended", async () => {
      const stream = createWebSocketStream(peer);
      stream.pipe(stream);
      const data = Buffer.alloc(300_000, "0123456789");
      client.do((connection) => {
        for (let at = 0; at < data.length; at += 100_000) connection.sendData(data.subarray(at, at + 100_000));
      });
      const echoed: Uint8Array[] = [];
      let length = 0;
      while (length < data.length) {
        const piece = (await client.message()) as Uint8Array;
        echoed.push(piece);
        length += piece.length;
      }
      expect(Buffer.concat(echoed).equals(data)).toBe(true);
      const end = once(stream, "close");
      client.do((connection) => connection.close());
      await end;
    });
    test("closes the connection when it is ended", async () => {
      const stream = createWebSocketStream(peer);
      stream.resume();
      const end = once(stream, "close");
      stream.end("last words");
      expect(await client.message()).toEqual(new Uint8Array(Buffer.from("last words")));
      expect(await client.event("connectionClosed")).toMatchObject({ code: 1005 });
      await end;
    });
    test("terminates the connection when it is destroyed", async () => {
      const stream = createWebSocketStream(peer);
      const end = once(stream, "close");
      stream.destroy();
      await end;
      expect(await client.event("connectionClosed")).toMatchObject({ code: 1006 });
    });
    test("pauses the client while nobody reads", async () => {
      const stream = createWebSocketStream(peer, { highWaterMark: 1024 });
      const piece = new Uint8Array(64 * 1024);
      client.do((connection) => {
        for (let i = 0; i < 500; i++) connection.sendData(piece);
      });
      stream.once("readable", () => {});
      await expect.poll(() => peer.isPaused).toBe(true);
      await turn(50);
      expect(client.driver.unsentBytes).toBeGreaterThan(5_000_000);
      let received = 0;
      stream.on("data", (data: Buffer) => (received += data.length));
      await expect.poll(() => received, { timeout: 10_000 }).toBe(500 * piece.length);
    });
    test("fails when the client breaks the protocol", async () => {
      const stream = createWebSocketStream(peer);
      const failed = once(stream, "error");
      await client.raw(bytes(0x83, 0x80, 0, 0, 0, 0));
      expect(((await failed) as [Error])[0]).toBeInstanceOf(Error);
    });
  });
});
