/**
 * The WebSocket interface (WHATWG WebSockets §3, §4), tested with cases of web-platform-tests, `websockets/`. Each runs
 * against our class over pipes, and against the platform's class over TCP.
 */
import { afterEach, describe, expect, inject, test } from "vitest";
import { pipe } from "../../src/transports/pipe.ts";
import { createWebSocketClass } from "../../src/websocket/index.ts";
import { serveScripts } from "./scriptedServer.ts";

const inNode = typeof process === "object";
const inWindow = typeof document === "object";

/** The tests that a platform is known to fail, with the reason. */
type Differences = Readonly<Record<string, string>>;

const ofOurs: Differences = {
  "messages › are trusted": "only the platform can create an event that isTrusted",
};

/** Of Chromium 156. Each must fail there, as ours must here, so that no entry outlives its reason. */
const chromium: Differences = {
  "close › rounds a code, and a half to the even number": "it drops the fraction, against Web IDL's [Clamp]",
  "close › sends 1000 with a reason alone": "it treats an undefined code as 0, against Web IDL's optional arguments",
  "close › follows an error if the transport ends first":
    "it fires no error event, but RFC 6455 §7.2.1 fails the connection; ours has a cause to report",
};

/** Of undici 7 to 8, as a third opinion: not run, because Node's versions differ. */
const undici: Differences = {
  "constructor › refuses a repeated subprotocol of the same case": "it ignores the case",
  "messages › are trusted": "it is also written in JavaScript",
  "opening › reports a failure with a plain error event, when it is CLOSED": "it fires an ErrorEvent",
  "send › sends text": "it removes a byte order mark from received text",
  "interface › refuses foreign objects before it reads an argument": "it reads the argument first",
  "send › refuses shared memory": "it accepts it",
  "send › refuses resizable memory": "it accepts it",
  "send › sends transferred memory as no bytes": "it throws",
  "send › has read the bytes when it returns": "it reads them later, and delivers several messages at once",
  "send › keeps the order, including Blobs": "it delivers several messages at once, with no microtasks between",
  "send › only counts once it is closing": "it does not count",
  "binaryType › is blob or arraybuffer, and ignores anything else": "it becomes blob",
  "binaryType › makes bytes an ArrayBuffer of exact size, or a Blob": "it delivers several messages at once",
  "messages › arrive one by one: none is lost if the next is awaited": "it delivers several messages at once",
  "messages › arrive while it is OPEN, even if their chunk ends the connection": "it is CLOSING for the last one",
  "close › rounds a code, and a half to the even number": "it refuses 999.6",
  "close › sends earlier messages first": "its Close overtakes a Blob",
  "event handlers › are called in the position where they were first set": "one that is replaced becomes the last",
};

interface Kind {
  readonly name: string;
  readonly WebSocket: typeof WebSocket;
  readonly server: string;
  readonly differences: Differences;
}

const ours: Kind = {
  name: "ours over a pipe",
  WebSocket: createWebSocketClass(() => {
    const [near, far] = pipe();
    serveScripts(far);
    return near;
  }),
  server: "ws://server.test:8080",
  differences: ofOurs,
};

/** Missing in a worker, whose tests do not get the server, and on platforms without one. */
const server = inject("scriptedServer") as string | undefined;
const native: Kind[] =
  server === undefined || typeof WebSocket === "undefined"
    ? []
    : [{ name: inNode ? "undici" : "Chromium", WebSocket, server, differences: inNode ? undici : chromium }];

const opened: WebSocket[] = [];
afterEach(() => {
  for (const socket of opened.splice(0)) socket.close();
});

describe.each([ours, ...native])("$name", ({ WebSocket, server, differences }) => {
  let group = "";
  const describeGroup = (name: string, tests: () => void): void => {
    describe(name, () => {
      group = name;
      tests();
    });
  };
  const agree = (name: string, run: () => void | Promise<void>): void => {
    const difference = differences[`${group} › ${name}`];
    if (difference === undefined) test(name, run);
    else if (differences === undici) test.skip(`${name} — not so: ${difference}`, run);
    else test.fails(`${name} — not so: ${difference}`, run);
  };

  const make = (query = "", protocols?: string | string[]): WebSocket => {
    const socket = new WebSocket(`${server}/${query}`, protocols);
    socket.binaryType = "arraybuffer";
    opened.push(socket);
    return socket;
  };
  const say = (command: string): string => `?say=${encodeURIComponent(command)}`;
  const open = async (query = "", protocols?: string | string[]): Promise<WebSocket> => {
    const socket = make(query, protocols);
    await next(socket, "open");
    return socket;
  };
  const echo = async (data: unknown): Promise<unknown> => {
    const socket = await open();
    socket.send(data as string);
    return plain((await next(socket, "message")).data);
  };

  describeGroup("constructor", () => {
    agree("takes a URL, and only with new", () => {
      expect(() => new (WebSocket as unknown as new () => WebSocket)()).toThrow(TypeError);
      expect(() => (WebSocket as unknown as (url: string) => void)(server)).toThrow(TypeError);
    });
    agree("refuses an invalid WebSocket URL", () => {
      const wrong = ["ws://[", "ws://host:65536/", "ftp://host/", "mailto:a@b.c", "about:blank"];
      for (const url of [...wrong, "javascript:void(0)", "wss://", "data:,x", "blob:x"]) {
        expectDOMException(() => new WebSocket(url), "SyntaxError");
      }
    });
    agree("refuses a fragment, even an empty one", () => {
      for (const fragment of ["#", "#part", "?query#part"]) {
        expectDOMException(() => new WebSocket(`${server}/${fragment}`), "SyntaxError");
      }
    });
    agree("resolves a relative URL if there is a base", () => {
      for (const url of ["/chat", "chat?x", "//other.test/", ""]) {
        if (inNode) {
          expectDOMException(() => new WebSocket(url), "SyntaxError");
          continue;
        }
        const base = inWindow ? document.baseURI : location.href;
        const socket = new WebSocket(url);
        opened.push(socket);
        expect(socket.url).toBe(new URL(url, base).href.replace(/^http/, "ws").replace(/#.*/, ""));
      }
    });
    agree("accepts http for ws, and https for wss", () => {
      for (const scheme of ["http", "https"]) {
        const socket = new WebSocket(`${scheme}://127.0.0.1:9/`);
        opened.push(socket);
        expect(socket.url).toBe(`${scheme.replace("http", "ws")}://127.0.0.1:9/`);
      }
    });
    agree("reports the URL as it was parsed", () => {
      const socket = (path: string): string => {
        const made = new WebSocket(server.toUpperCase().replace("WS:", "wS:") + path);
        opened.push(made);
        return made.url;
      };
      expect(socket("")).toBe(`${server}/`);
      expect(socket("/a b?ü c")).toBe(`${server}/a%20b?%C3%BC%20c`);
      expect(socket("/a/../b")).toBe(`${server}/b`);
    });
    agree("accepts a URL object, and converts anything else to text", () => {
      for (const url of [new URL(server), { toString: () => server }]) {
        const socket = new WebSocket(url as string);
        opened.push(socket);
        expect(socket.url).toBe(`${server}/`);
      }
      expect(() => new WebSocket(Symbol("x") as unknown as string)).toThrow(TypeError);
    });
    agree("refuses invalid subprotocols", () => {
      for (const wrong of ["", " ", "a b", "\u0080", "a\0", "a,b", "a/b", "ü", "a\u007f"]) {
        expectDOMException(() => new WebSocket(server, wrong), "SyntaxError");
        expectDOMException(() => new WebSocket(server, ["a", wrong]), "SyntaxError");
      }
    });
    agree("refuses a repeated subprotocol of the same case", () => {
      expectDOMException(() => new WebSocket(server, ["a", "b", "a"]), "SyntaxError");
      expect(make("", ["a", "A"]).readyState).toBe(0);
    });
    agree("starts with the default values", () => {
      const socket = new WebSocket(server);
      opened.push(socket);
      const { readyState, bufferedAmount, extensions, protocol, binaryType } = socket;
      const { onopen, onmessage, onerror, onclose } = socket;
      expect({ readyState, bufferedAmount, extensions, protocol, binaryType }).toEqual({
        readyState: 0,
        bufferedAmount: 0,
        extensions: "",
        protocol: "",
        binaryType: "blob",
      });
      expect([onopen, onmessage, onerror, onclose]).toEqual([null, null, null, null]);
    });
    agree("can be subclassed, and its objects extended", async () => {
      class Mine extends WebSocket {
        readonly mine = true;
      }
      const socket = new Mine(`${server}/`);
      opened.push(socket);
      expect(socket).toBeInstanceOf(WebSocket);
      expect(Object.getPrototypeOf(socket)).toBe(Mine.prototype);
      Object.assign(socket, { timeout: 5 });
      expect(socket).toMatchObject({ timeout: 5, mine: true });
      await next(socket, "open");
    });
  });

  describeGroup("interface", () => {
    agree("has a name, a length and a tag", () => {
      expect([WebSocket.name, WebSocket.length]).toEqual(["WebSocket", 1]);
      expect(Object.prototype.toString.call(make())).toBe("[object WebSocket]");
      const methods = WebSocket.prototype as unknown as Record<"send" | "close", { readonly length: number }>;
      expect([methods.send.length, methods.close.length]).toEqual([1, 0]);
    });
    agree("has constant members on the class and on its objects", () => {
      for (const holder of [WebSocket, WebSocket.prototype]) {
        for (const [name, value] of [
          ["CONNECTING", 0],
          ["OPEN", 1],
          ["CLOSING", 2],
          ["CLOSED", 3],
        ] as const) {
          const expected = { value, writable: false, enumerable: true, configurable: false };
          expect(Object.getOwnPropertyDescriptor(holder, name)).toEqual(expected);
        }
      }
      expect(make().OPEN).toBe(1);
    });
    agree("has its members on its own prototype, directly below EventTarget's", () => {
      expect(Object.getPrototypeOf(WebSocket)).toBe(EventTarget);
      expect(Object.getPrototypeOf(WebSocket.prototype)).toBe(EventTarget.prototype);
      expect(Object.getPrototypeOf(make())).toBe(WebSocket.prototype);
      const descriptor = (name: string): PropertyDescriptor => {
        return Object.getOwnPropertyDescriptor(WebSocket.prototype, name) ?? {};
      };
      for (const name of ["url", "readyState", "bufferedAmount", "extensions", "protocol"]) {
        const expected = { get: expect.any(Function) as unknown, set: undefined, enumerable: true, configurable: true };
        expect(descriptor(name), name).toEqual(expected);
      }
      for (const name of ["onopen", "onerror", "onclose", "onmessage", "binaryType"]) {
        const expected = { set: expect.any(Function) as unknown, enumerable: true, configurable: true };
        expect(descriptor(name), name).toMatchObject(expected);
      }
      for (const name of ["send", "close"]) {
        expect(descriptor(name), name).toMatchObject({ enumerable: true, configurable: true, writable: true });
      }
    });
    agree("refuses foreign objects before it reads an argument", () => {
      const argument = {
        [Symbol.toPrimitive]: () => {
          throw new RangeError("the argument was looked at");
        },
      };
      const foreign = [
        undefined,
        null,
        5,
        {},
        new EventTarget(),
        WebSocket.prototype,
        Object.create(WebSocket.prototype),
      ];
      for (const [name, { get, set, value }] of members(WebSocket.prototype)) {
        if (name === "constructor") continue;
        for (const call of [get, set, value].filter((member) => typeof member === "function")) {
          for (const self of foreign) {
            expect(() => void Reflect.apply(call, self, [argument]), name).toThrow(TypeError);
            expect(() => void Reflect.apply(call, self, [1]), name).toThrow(TypeError);
          }
        }
      }
    });
    agree("ignores writes to read-only members", () => {
      const socket = make();
      for (const name of ["url", "readyState", "bufferedAmount", "extensions", "protocol", "OPEN"]) {
        expect(() => Object.assign(socket, { [name]: 7 }), name).toThrow(TypeError);
      }
    });
    agree("has events whose members refuse foreign objects", async () => {
      const socket = await open(say("!raw 81 01 61 88 02 03 e8"));
      const events = [await next(socket, "message"), await next(socket, "close")];
      for (const event of events) {
        const prototype = Object.getPrototypeOf(event) as object;
        const getters = members(prototype).flatMap(([, { get }]) => (typeof get === "function" ? get : []));
        expect(getters.length).toBeGreaterThan(2);
        for (const get of getters) {
          for (const self of [undefined, {}, new Event("close"), Object.create(prototype)]) {
            expect(() => void Reflect.apply(get, self, []), get.name).toThrow(TypeError);
          }
        }
      }
    });
    agree("has no then member", async () => {
      const socket = make();
      expect(await Promise.resolve(socket)).toBe(socket);
    });
  });

  describeGroup("opening", () => {
    agree("fires an open event, in a separate task", async () => {
      const socket = make();
      await microtasks();
      expect(socket.readyState).toBe(0);
      const seen: unknown[] = [];
      socket.onopen = function (event) {
        seen.push(this, event.target, event.currentTarget, socket.readyState);
      };
      const event = await next(socket, "open");
      expect(seen).toEqual([socket, socket, socket, 1]);
      expect(event.constructor).toBe(Event);
      expect([event.type, event.bubbles, event.cancelable]).toEqual(["open", false, false]);
    });
    agree("agrees on the subprotocol that the server chooses", async () => {
      expect((await open("?protocol=b", ["a", "b"])).protocol).toBe("b");
      expect((await open("?protocol=b", "b")).protocol).toBe("b");
      expect((await open("", [])).protocol).toBe("");
    });
    agree("fails if the server chooses none of the subprotocols", async () => {
      expect(await ending(make("", ["a"]))).toEqual(["error", 1006, "", false]);
    });
    agree("sends the given URL and protocols, with the page's origin", async () => {
      const socket = await open("path?say=!request&protocol=a", ["a", "b"]);
      const { target, host, origin, subprotocols } = JSON.parse(String((await next(socket, "message")).data)) as Record<
        string,
        unknown
      >;
      expect(target).toBe("/path?say=!request&protocol=a");
      expect(host).toBe(server.replace("ws://", ""));
      expect(subprotocols).toEqual(["a", "b"]);
      expect(origin).toBe(inNode ? null : location.origin);
    });
    agree("fails if the server refuses", async () => {
      for (const query of ["?reject=401", "?reject=200", "?wrongAccept"]) {
        const socket = make(query);
        expect(await ending(socket), query).toEqual(["error", 1006, "", false]);
        expect(socket.readyState).toBe(3);
      }
    });
    agree("reports a failure with a plain error event, when it is CLOSED", async () => {
      const socket = make("?reject=401");
      const event = await next(socket, "error");
      expect(event.constructor).toBe(Event);
      expect([event.bubbles, event.cancelable, socket.readyState]).toEqual([false, false, 3]);
    });
  });

  describeGroup("send", () => {
    agree("can't be called before it is open", () => {
      const socket = make();
      for (const data of ["", "text", new Uint8Array(3), new Blob(["x"])]) {
        expectDOMException(() => socket.send(data), "InvalidStateError");
      }
      expect(socket.bufferedAmount).toBe(0);
    });
    agree("requires an argument that can become a string", async () => {
      const socket = await open();
      expect(() => (socket.send as () => void)()).toThrow(TypeError);
      expect(() => socket.send(Symbol("x") as unknown as string)).toThrow(TypeError);
    });
    agree("sends text", async () => {
      for (const text of ["", "Hello", "Grüße, 🐙 und ☃", "\ufefforder", "a\0b", "é".repeat(70_000)]) {
        expect(await echo(text)).toBe(text);
      }
    });
    agree("sends anything else as text", async () => {
      for (const value of [null, undefined, 5, true, {}, [1, 2], { toString: () => "own" }]) {
        expect(await echo(value)).toBe(String(value));
      }
    });
    agree("sends a Blob of a subclass, whatever its tag says", async () => {
      class Tagged extends Blob {
        get [Symbol.toStringTag](): string {
          return "Tagged";
        }
      }
      expect(await echo(new Tagged(["a"]))).toEqual([97]);
      expect(await echo(new File(["b"], "name"))).toEqual([98]);
    });
    agree("sends an object that resembles a Blob as text", async () => {
      for (const [value, text] of [
        [{ size: 1, type: "" }, "[object Object]"],
        [new Response("x"), "[object Response]"],
        [new Map([[1, 2]]), "[object Map]"],
        [new URL("ws://a/"), "ws://a/"],
      ] as const) {
        expect(await echo(value)).toBe(text);
      }
    });
    agree("sends lone surrogates as U+FFFD", async () => {
      expect(await echo("a\ud800b\udc00")).toBe("a\ufffdb\ufffd");
      expect(await echo("\ud83d\udc19")).toBe("🐙");
    });
    agree("sends every kind of bytes, as viewed", async () => {
      const bytes = Uint8Array.from({ length: 64 }, (_, i) => i);
      const views = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint32Array, Float32Array, Float64Array];
      for (const View of views)
        expect(await echo(new View(bytes.buffer, 16, 2)), View.name).toEqual([
          ...bytes.slice(16, 16 + 2 * View.BYTES_PER_ELEMENT),
        ]);
      expect(await echo(new DataView(bytes.buffer, 3, 4))).toEqual([3, 4, 5, 6]);
      expect(await echo(bytes.buffer)).toEqual([...bytes]);
      expect(await echo(new Blob([bytes, "a"]))).toEqual([...bytes, 97]);
      expect(await echo(new ArrayBuffer(0))).toEqual([]);
      expect(await echo(new Blob([]))).toEqual([]);
    });
    agree("sends long messages", async () => {
      for (const length of [125, 126, 127, 65_535, 65_536, 300_000]) {
        const bytes = Uint8Array.from({ length }, (_, i) => i % 251);
        expect(await echo(bytes)).toEqual([...bytes]);
      }
    });
    agree("refuses shared memory", async () => {
      const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
      const socket = await open();
      for (const data of [new Uint8Array(buffer), new Float64Array(buffer), new DataView(buffer), buffer]) {
        expect(() => socket.send(data as BufferSource)).toThrow(TypeError);
      }
      expect(socket.bufferedAmount).toBe(0);
    });
    agree("refuses resizable memory", async () => {
      const socket = await open();
      const buffer = new ArrayBuffer(8, { maxByteLength: 16 });
      const tracking = [new Uint8Array(buffer), new Float64Array(buffer), new DataView(buffer)];
      const bounded = [new Uint8Array(buffer, 4, 4), new Uint16Array(buffer, 4, 2), new DataView(buffer, 4, 4)];
      const refuse = (): void => {
        for (const data of [buffer, ...tracking, ...bounded]) expect(() => socket.send(data)).toThrow(TypeError);
      };
      refuse();
      buffer.resize(16); // those that track the length have grown
      refuse();
      buffer.resize(6); // the others are out of bounds now
      refuse();
      expect(socket.bufferedAmount).toBe(0);
    });
    agree("sends transferred memory as no bytes", async () => {
      const views = [(buffer: ArrayBuffer) => new Uint16Array(buffer), (buffer: ArrayBuffer) => new DataView(buffer)];
      for (const make of [(buffer: ArrayBuffer) => buffer, (buffer: ArrayBuffer) => new Uint8Array(buffer), ...views]) {
        const buffer = new ArrayBuffer(8);
        const data = make(buffer);
        structuredClone(buffer, { transfer: [buffer] });
        expect(await echo(data)).toEqual([]);
      }
    });
    agree("has read the bytes when it returns", async () => {
      const bytes = Uint8Array.of(1, 2, 3);
      const socket = await open();
      socket.send(bytes);
      socket.send(new Blob(["between"]));
      socket.send(bytes.subarray(1));
      bytes.fill(9);
      const received = [await next(socket, "message"), await next(socket, "message"), await next(socket, "message")];
      expect(received.map(({ data }) => plain(data))).toEqual([
        [1, 2, 3],
        [...new TextEncoder().encode("between")],
        [2, 3],
      ]);
    });
    agree("keeps the order, including Blobs", async () => {
      const socket = await open();
      const sent = ["a", new Blob(["b".repeat(100_000)]), "c", Uint8Array.of(100), new Blob(["e"]), "f"];
      for (const data of sent) socket.send(data);
      const received: string[] = [];
      while (received.length < sent.length) {
        const { data } = (await next(socket, "message")) as { data: string | ArrayBuffer };
        received.push(typeof data === "string" ? data : new TextDecoder().decode(data).slice(0, 1));
      }
      expect(received.join("")).toBe("abcdef");
    });
    agree("only counts once it is closing", async () => {
      const socket = await open();
      socket.close();
      socket.send("é");
      expect(socket.bufferedAmount).toBe(2);
      await next(socket, "close");
      socket.send(new ArrayBuffer(5));
      socket.send(new Blob(["123"]));
      expect(socket.bufferedAmount).toBe(10);
      await tasks();
      expect(socket.bufferedAmount).toBe(10);
    });
  });

  describeGroup("bufferedAmount", () => {
    agree("counts the bytes of text, buffers, views and Blobs, without framing", async () => {
      const socket = await open();
      const amounts = [];
      for (const data of ["", "text", "Grüße 🐙", "\ud800", "x".repeat(70_000), "ü".repeat(70_000)]) {
        const before = socket.bufferedAmount;
        socket.send(data);
        amounts.push(socket.bufferedAmount - before);
      }
      expect(amounts).toEqual([0, 4, 12, 3, 70_000, 140_000]);
      const before = socket.bufferedAmount;
      socket.send(new ArrayBuffer(10));
      socket.send(new Uint16Array(10));
      socket.send(new Blob(["x".repeat(1000)]));
      socket.send(new Uint8Array(3));
      expect(socket.bufferedAmount - before).toBe(10 + 20 + 1000 + 3);
    });
    agree("does not change while a script or its microtasks run", async () => {
      const socket = await open();
      socket.send("text");
      await microtasks();
      expect(socket.bufferedAmount).toBe(4);
    });
    agree("returns to 0 when the data has been sent", async () => {
      const socket = await open();
      socket.send("x".repeat(100_000));
      socket.send(new Blob(["x"]));
      while (socket.bufferedAmount > 0) await tasks();
      expect(socket.readyState).toBe(1);
    });
  });

  describeGroup("binaryType", () => {
    agree("is blob or arraybuffer, and ignores anything else", () => {
      const socket = new WebSocket(server);
      opened.push(socket);
      expect(socket.binaryType).toBe("blob");
      socket.binaryType = "arraybuffer";
      for (const wrong of ["Blob", "nodebuffer", "", null, undefined, 0]) {
        socket.binaryType = wrong as BinaryType;
        expect(socket.binaryType).toBe("arraybuffer");
      }
      socket.binaryType = "blob";
      expect(socket.binaryType).toBe("blob");
    });
    agree("makes bytes an ArrayBuffer of exact size, or a Blob", async () => {
      const socket = await open();
      socket.send(Uint8Array.of(1, 2, 3));
      socket.send(Uint8Array.of(4));
      const first = (await next(socket, "message")).data as ArrayBuffer;
      expect(first).toBeInstanceOf(ArrayBuffer);
      expect(plain(first)).toEqual([1, 2, 3]);
      socket.binaryType = "blob";
      const second = (await next(socket, "message")).data as Blob;
      expect(second).toBeInstanceOf(Blob);
      expect([second.size, second.type]).toEqual([1, ""]);
      expect(plain(await second.arrayBuffer())).toEqual([4]);
    });
  });

  describeGroup("messages", () => {
    agree("are MessageEvents with the URL's origin", async () => {
      const socket = await open();
      socket.send("text");
      const event = await next(socket, "message");
      expect(event).toBeInstanceOf(MessageEvent);
      expect(event).toMatchObject({ data: "text", origin: server, lastEventId: "", source: null });
      expect(event).toMatchObject({ bubbles: false, cancelable: false, target: socket });
      expect([...event.ports]).toEqual([]);
    });
    agree("are trusted", async () => {
      const socket = await open();
      socket.send("text");
      expect((await next(socket, "message")).isTrusted).toBe(true);
    });
    agree("arrive whole, in order, after open", async () => {
      const socket = make(say("!fragments"));
      const seen: unknown[] = [];
      socket.onmessage = ({ data }) => seen.push(plain(data));
      socket.onopen = () => seen.push("open");
      await until(() => seen.length === 3);
      expect(seen).toEqual(["open", "Hello", [1, 2, 3]]);
    });
    agree("arrive one by one: none is lost if the next is awaited", async () => {
      const socket = make(say("!burst 500"));
      const deep = async (level: number): Promise<unknown> => {
        return level === 0 ? (await next(socket, "message")).data : deep(level - 1);
      };
      for (let i = 0; i < 500; i++) expect(await deep(10)).toBe(String(i));
    });
    agree("do not arrive once close() was called", async () => {
      const socket = make(say("!burst 100"));
      const seen: unknown[] = [];
      socket.onmessage = ({ data }) => {
        seen.push(data);
        if (data === "2") socket.close();
      };
      await next(socket, "close");
      expect(seen).toEqual(["0", "1", "2"]);
    });
    agree("before the server's Close are delivered before it", async () => {
      const socket = make();
      await next(socket, "open");
      socket.send("!burst 300");
      socket.send("!close 4000 done");
      const seen: unknown[] = [];
      const states = new Set<number>();
      socket.onmessage = ({ data }) => {
        seen.push(data);
        states.add(socket.readyState);
      };
      const { code } = await next(socket, "close");
      expect([seen.length, code]).toEqual([300, 4000]);
      expect([...states]).toEqual([1]);
    });
    agree("arrive while it is OPEN, even if their chunk ends the connection", async () => {
      // A Close with and without a code, and frames that fail the connection.
      for (const rest of ["88 02 03 e8", "88 00", "83 00", "81 01 ff", "81 80 00 00 00 00"]) {
        const socket = make(say(`!raw 81 01 61 82 01 07 ${rest}`));
        const states: unknown[] = [];
        socket.onmessage = () => {
          states.push(socket.readyState);
          queueMicrotask(() => states.push(socket.readyState));
        };
        await next(socket, "close");
        expect(states, rest).toEqual([1, 1, 1, 1]);
        expect(socket.readyState).toBe(3);
      }
    });
  });

  describeGroup("close", () => {
    agree("accepts 1000 and 3000 to 4999, and no other code", async () => {
      const socket = await open();
      for (const code of [0, 500, 999, 1001, 1003, 1005, 1006, 1015, 2999, 5000, 65_536 + 1000, -1, NaN, null, "x"]) {
        expectDOMException(() => socket.close(code as number), "InvalidAccessError");
      }
      expect(socket.readyState).toBe(1);
      for (const code of [1000, 3000, 4999, "3000"]) {
        const other = await open();
        other.close(code as number, "");
        expect(other.readyState).toBe(2);
        expect((await next(other, "close")).code).toBe(Number(code));
      }
    });
    agree("rounds a code, and a half to the even number", async () => {
      for (const [given, told] of [
        [999.6, 1000],
        [1000.5, 1000],
        [3001.5, 3002],
        [4999.4, 4999],
      ] as const) {
        const socket = await open();
        socket.close(given);
        expect((await next(socket, "close")).code).toBe(told);
      }
    });
    agree("accepts a reason of 123 bytes", async () => {
      const socket = await open();
      expectDOMException(() => socket.close(1000, "x".repeat(124)), "SyntaxError");
      expectDOMException(() => socket.close(1000, "ü".repeat(62)), "SyntaxError");
      expect(socket.readyState).toBe(1);
      socket.close(1000, "ü".repeat(61) + "x");
      expect((await next(socket, "close")).reason).toBe("ü".repeat(61) + "x");
    });
    agree("converts anything to text, and lone surrogates to U+FFFD", async () => {
      for (const [given, told] of [
        [null, "null"],
        [{}, "[object Object]"],
        ["\ud800", "\ufffd"],
        [undefined, ""],
      ] as const) {
        const socket = await open();
        socket.close(3000, given as string);
        expect((await next(socket, "close")).reason).toBe(told);
      }
    });
    agree("checks its arguments in any state", async () => {
      const socket = make();
      expectDOMException(() => socket.close(1001), "InvalidAccessError");
      expectDOMException(() => socket.close(1000, "x".repeat(124)), "SyntaxError");
      await next(socket, "open");
      socket.close();
      expectDOMException(() => socket.close(1001), "InvalidAccessError");
      await next(socket, "close");
      expectDOMException(() => socket.close(1001), "InvalidAccessError");
    });
    agree("sends 1000 with a reason alone", async () => {
      const socket = await open();
      socket.close(undefined, "why");
      const { code, reason, wasClean } = await next(socket, "close");
      expect([code, reason, wasClean]).toEqual([1000, "why", true]);
    });
    agree("is CLOSING at once, then CLOSED, and a second call changes nothing", async () => {
      const socket = await open();
      let count = 0;
      socket.onclose = () => count++;
      socket.close(3000, "first");
      expect(socket.readyState).toBe(2);
      socket.close(4000, "second");
      const event = await next(socket, "close");
      expect([socket.readyState, event.code, event.reason]).toEqual([3, 3000, "first"]);
      socket.close(4000, "third");
      await tasks();
      expect([socket.readyState, count]).toEqual([3, 1]);
    });
    agree("ends with a CloseEvent, without an error", async () => {
      const socket = await open();
      let failed = false;
      socket.onerror = () => (failed = true);
      socket.close(1000);
      const event = await next(socket, "close");
      expect(event.constructor.name).toBe("CloseEvent");
      expect(Object.prototype.toString.call(event)).toBe("[object CloseEvent]");
      const { code, reason, wasClean, bubbles, cancelable, target } = event;
      expect([code, reason, wasClean, bubbles, cancelable]).toEqual([1000, "", true, false, false]);
      expect([target === socket, failed]).toEqual([true, false]);
    });
    agree("while CONNECTING fails the connection", async () => {
      for (const query of ["?hang", ""]) {
        const socket = make(query);
        const events: string[] = [];
        socket.onopen = () => events.push("open");
        const ended = ending(socket);
        socket.close();
        expect(socket.readyState).toBe(2);
        await microtasks();
        expect([socket.readyState, events]).toEqual([2, []]);
        expect(await ended).toEqual(["error", 1006, "", false]);
        expect(events).toEqual([]);
      }
    });
    agree("sends earlier messages first", async () => {
      const socket = await open();
      socket.send(new Uint8Array(300_000));
      socket.send(new Blob(["!close 4001 from the server"]));
      socket.send("!close 4002 from the server");
      socket.close(4003, "from the client");
      expect(await ending(socket)).toEqual([4002, "from the server", true]);
    });
    agree("by the server has its code and reason", async () => {
      expect(await ending(make(say("!close 1001 going")))).toEqual([1001, "going", true]);
      expect(await ending(make(say("!close 4999 Grüße")))).toEqual([4999, "Grüße", true]);
      expect(await ending(make(say("!close")))).toEqual([1005, "", true]);
      expect(await ending(make(say("!close 1011")))).toEqual([1011, "", true]);
    });
    agree("is not clean if the transport ends first", async () => {
      for (const command of ["!end", "!drop"]) {
        const [code, reason, wasClean] = (await ending(make(say(command)))).slice(-3);
        expect([code, reason, wasClean], command).toEqual([1006, "", false]);
      }
    });
    agree("follows an error if the transport ends first", async () => {
      expect(await ending(make(say("!end")))).toEqual(["error", 1006, "", false]);
    });
    agree("follows an error if the server breaks the rules", async () => {
      // A reserved opcode, a masked frame, bytes that are not UTF-8, a Close with one byte.
      for (const raw of ["83 00", "81 80 00 00 00 00", "81 01 ff", "88 01 03"]) {
        const socket = make(say(`!raw ${raw}`));
        expect(await ending(socket), raw).toEqual(["error", 1006, "", false]);
        expect(socket.readyState).toBe(3);
      }
    });
  });

  describeGroup("event handlers", () => {
    agree("are a function, an object or null", () => {
      const socket = make();
      for (const name of ["onopen", "onmessage", "onerror", "onclose"] as const) {
        const handler = (): void => {};
        for (const value of [handler, {}]) {
          socket[name] = value as () => void;
          expect(socket[name]).toBe(value);
        }
        for (const value of [null, undefined, 5, "text", true, Symbol("x")]) {
          socket[name] = value as null;
          expect(socket[name]).toBe(null);
        }
      }
    });
    agree("are called in the position where they were first set", async () => {
      const socket = make();
      const calls: string[] = [];
      const note = (name: string) => () => void calls.push(name);
      socket.addEventListener("open", note("listener 1"));
      socket.onopen = note("replaced");
      socket.addEventListener("open", note("listener 2"));
      socket.onopen = note("handler");
      socket.onmessage = note("removed");
      socket.addEventListener("message", note("message listener"));
      socket.onmessage = null;
      socket.onmessage = note("message handler");
      await next(socket, "open");
      socket.send("x");
      await next(socket, "message");
      expect(calls).toEqual(["listener 1", "handler", "listener 2", "message listener", "message handler"]);
    });
    agree("may be removed or replaced by one another during the event", async () => {
      const socket = make();
      const calls: string[] = [];
      socket.addEventListener("open", () => (socket.onopen = (): void => void calls.push("replaced")));
      socket.onopen = () => calls.push("never");
      await next(socket, "open");
      expect(calls).toEqual(["replaced"]);
    });
    agree("are functions: handleEvent of an object is only for listeners", async () => {
      const socket = make();
      const calls: string[] = [];
      socket.onopen = { handleEvent: () => calls.push("handler") } as unknown as () => void;
      socket.addEventListener("open", { handleEvent: () => void calls.push("listener") });
      await next(socket, "open");
      expect(calls).toEqual(["listener"]);
    });
    agree("are not called in place of a removed listener", async () => {
      const socket = make();
      const calls: string[] = [];
      const gone = (): void => void calls.push("gone");
      const stop = new AbortController();
      socket.addEventListener("open", gone);
      socket.addEventListener("open", gone, { signal: stop.signal, capture: true });
      socket.removeEventListener("open", gone);
      stop.abort();
      await next(socket, "open");
      expect(calls).toEqual([]);
    });
  });
});

function next<Type extends keyof WebSocketEventMap>(socket: WebSocket, type: Type): Promise<WebSocketEventMap[Type]> {
  return new Promise((resolve) => socket.addEventListener(type, resolve, { once: true }));
}

/** Code, reason and wasClean, after "error" if there was an error event. */
async function ending(socket: WebSocket): Promise<unknown[]> {
  const told: unknown[] = [];
  socket.addEventListener("error", () => told.push("error"));
  const { code, reason, wasClean } = await next(socket, "close");
  return [...told, code, reason, wasClean];
}

/** The own members of an object, by name. */
function members(object: object): [name: string, Readonly<Record<"get" | "set" | "value", unknown>>][] {
  return Object.entries<Record<"get" | "set" | "value", unknown>>(
    Object.getOwnPropertyDescriptors(object) as Record<string, never>,
  );
}

/** Messages as they can be compared. */
function plain(data: unknown): unknown {
  return data instanceof ArrayBuffer ? [...new Uint8Array(data)] : data;
}

function expectDOMException(run: () => unknown, name: string): void {
  let thrown: unknown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(DOMException);
  expect((thrown as DOMException).name).toBe(name);
}

/** As many microtasks as a program may chain. */
async function microtasks(): Promise<void> {
  for (let i = 0; i < 1000; i++) await Promise.resolve();
}

function tasks(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await tasks();
}
