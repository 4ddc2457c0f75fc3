/** The server's emitters beside Node's own EventEmitter: the same program on both has the same trace. */
import {
  errorMonitor,
  EventEmitter,
  getEventListeners,
  getMaxListeners,
  listenerCount,
  on,
  once,
  setMaxListeners,
} from "node:events";
import fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { Emitter, WebSocketServer, type ListenerEvents } from "../../src/server/index.ts";
import { open } from "../server/client.ts";

interface Events extends ListenerEvents {
  a: unknown[];
  b: unknown[];
  error: unknown[];
  1: unknown[];
  __proto__: unknown[];
}

type Either = Emitter<Events>;

const make: [string, () => Either][] = [
  ["Node's", () => new EventEmitter() as unknown as Either],
  ["ours", () => new Emitter<Events>()],
];

/** What a program does on each, and what it writes down. */
function traces(program: (emitter: Either, say: (...words: unknown[]) => void) => void): unknown[] {
  return make.map(([, create]) => {
    const trace: unknown[] = [];
    const emitter = create();
    const say = (...words: unknown[]): void => void trace.push(words.map((word) => (word === emitter ? "this" : word)));
    program(emitter, say);
    return trace;
  });
}

function expectSame(program: Parameters<typeof traces>[0]): void {
  const [theirs, ours] = traces(program);
  expect(ours).toEqual(theirs);
}

const NAMES = ["a", "b", "error", "newListener", "removeListener", 1, "__proto__"] as const;
const ADDING = ["on", "addListener", "once", "prependListener", "prependOnceListener"] as const;
const REMOVING = ["off", "removeListener"] as const;

const name = fc.constantFrom(...NAMES);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom(...ADDING), name, fc.nat(4)) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...REMOVING), name, fc.nat(4)) },
  { weight: 3, arbitrary: fc.tuple(fc.constant("emit" as const), name, fc.nat(9)) },
  fc.tuple(fc.constant("removeAllListeners" as const), fc.option(name, { nil: undefined }), fc.constant(0)),
  fc.tuple(fc.constant("callRaw" as const), name, fc.nat(3)),
);

test("any program has the same trace on both", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      expectSame((emitter, say) => {
        emitter.setMaxListeners(0);
        let depth = 0;
        const listeners = Array.from({ length: 5 }, (_, i) => {
          return function (this: unknown, ...args: unknown[]): void {
            say("listener", i, this, ...args.map(nameOf));
            if (++depth < 3) act(i);
            depth--;
          };
        });
        function nameOf(value: unknown): unknown {
          if (typeof value !== "function") return value;
          const at = listeners.indexOf(value as never);
          return at >= 0 ? `listener ${at}` : `once of ${String(nameOf((value as { listener?: unknown }).listener))}`;
        }
        /** What some listeners do while an event is under way. */
        function act(i: number): void {
          if (i === 1) emitter.off("a", listeners[0]!);
          if (i === 2) emitter.once("b", listeners[3]!);
          if (i === 3) emitter.emit("b", "nested");
          if (i === 4) throw new Error("of a listener");
        }
        for (const [does, event, n] of steps) {
          try {
            if (does === "emit") say(does, emitter.emit(event, n));
            else if (does === "removeAllListeners") {
              say(event === undefined ? emitter.removeAllListeners() : emitter.removeAllListeners(event));
            } else if (does === "callRaw") {
              const raw = emitter.rawListeners(event)[n];
              say(does, raw?.());
            } else say(does, emitter[does](event, listeners[n]!));
          } catch (error) {
            say("thrown", (error as Error).message.replace(/.*unhandled.*|.*had no listener.*/is, "unheard"));
          }
          say(...emitter.eventNames());
          for (const each of NAMES) {
            say(emitter.listeners(each).map(nameOf), emitter.rawListeners(each).map(nameOf));
            say(emitter.listenerCount(each), emitter.listenerCount(each, listeners[n % 5]));
          }
        }
      });
    }),
    // What is added while all are removed.
    {
      examples: [
        [
          [
            ["on", "a", 0],
            ["on", "removeListener", 2],
            ["removeAllListeners", undefined, 0],
          ],
        ],
      ],
    },
  );
});

test("an error without a listener is thrown, and the monitor gets every error", () => {
  expectSame((emitter, say) => {
    emitter.on(errorMonitor as never, (...args: unknown[]) => say("monitor", ...args));
    for (const error of [new Error("mine"), "text", undefined]) {
      try {
        emitter.emit("error", error);
      } catch (thrown) {
        say(thrown === error, thrown instanceof Error && "code" in thrown && thrown.code);
      }
    }
    emitter.on("error", (error) => say("heard", error));
    say(emitter.emit("error", "now"));
  });
});

test("an invalid listener or number of listeners is refused", () => {
  expectSame((emitter, say) => {
    for (const wrong of [undefined, null, "text", {}]) {
      for (const does of [...ADDING, ...REMOVING]) {
        try {
          emitter[does]("a", wrong as never);
        } catch (error) {
          say(does, (error as Error).name);
        }
      }
    }
    for (const wrong of [-1, NaN, "5", null]) {
      try {
        emitter.setMaxListeners(wrong as never);
      } catch (error) {
        say((error as Error).name);
      }
    }
    say(emitter.getMaxListeners());
  });
});

test("too many listeners give one warning, unless the limit is raised", () => {
  const warnings: unknown[] = [];
  const emitWarning = vi.spyOn(process, "emitWarning").mockImplementation((warning) => {
    const { name, type, count, emitter } = warning as Error & { type: string; count: number; emitter: unknown };
    warnings.push([name, type, count, emitter instanceof EventEmitter || emitter instanceof Emitter]);
  });
  onTestFinished(() => emitWarning.mockRestore());
  expectSame((emitter, say) => {
    warnings.length = 0;
    for (let i = 0; i < 12; i++) emitter.on("a", () => {});
    emitter.setMaxListeners(3);
    for (let i = 0; i < 5; i++) emitter.on("b", () => {});
    emitter.removeAllListeners("b");
    for (let i = 0; i < 5; i++) emitter.once("b", () => {});
    emitter.setMaxListeners(0);
    for (let i = 0; i < 12; i++) emitter.on("error", () => {});
    say(...structuredClone(warnings));
  });
});

describe("node:events works with a peer", () => {
  const connected = () => open(new WebSocketServer());

  test("once waits for an event, and rejects with an error", async () => {
    const { client, peer } = await connected();
    const message = once(peer, "message");
    client.do((connection) => connection.sendData("a"));
    expect(String((await message)[0])).toBe("a");
    expect(peer.eventNames()).toEqual([]);
    const failed = once(peer, "message");
    client.driver.abort(new Error("gone"));
    peer.emit("error", new Error("mine"));
    await expect(failed).rejects.toThrow("mine");
    expect(peer.eventNames()).toEqual([]);
    const stop = new AbortController();
    const given = once(peer, "pong", { signal: stop.signal });
    stop.abort();
    await expect(given).rejects.toThrow("aborted");
    expect(peer.eventNames()).toEqual([]);
  });
  test("on iterates over events until the connection ends, and pauses the client", async () => {
    const { client, peer } = await connected();
    const messages = on(peer, "message", { close: ["close"], highWaterMark: 2, lowWaterMark: 1 });
    client.do((connection) => {
      for (const text of ["a", "b", "c", "d"]) connection.sendData(text);
      connection.close();
    });
    await vi.waitFor(() => expect(peer.isPaused).toBe(true));
    const seen: string[] = [];
    for await (const [data] of messages as AsyncIterable<[Uint8Array]>) seen.push(String(data));
    expect(seen).toEqual(["a", "b", "c", "d"]);
    expect(peer.eventNames()).toEqual([]);
  });
  test("setMaxListeners, getMaxListeners, getEventListeners and listenerCount accept it", async () => {
    const { peer } = await connected();
    expect(getMaxListeners(peer as never)).toBe(10);
    setMaxListeners(20, peer);
    expect([peer.getMaxListeners(), getMaxListeners(peer as never)]).toEqual([20, 20]);
    const listener = (): void => {};
    peer.once("message", listener).on("message", listener);
    expect(getEventListeners(peer, "message")).toEqual([listener, listener]);
    expect(listenerCount(peer as never, "message")).toBe(2);
  });
  test("and with a server and its sockets", async () => {
    const server = new WebSocketServer();
    const connection = once(server, "connection");
    const { peer, request } = await open(server);
    expect(await connection).toEqual([peer, request]);
    for (const emitter of [server, peer._socket]) {
      setMaxListeners(3, emitter);
      expect(emitter.getMaxListeners()).toBe(3);
    }
  });
  test("has the members of an EventEmitter", async () => {
    const { peer } = await connected();

    const members = Object.getOwnPropertyNames(EventEmitter.prototype).filter((name) => !/^_events/.test(name));
    for (const member of members) expect(member in peer, member).toBe(true);
  });
});
