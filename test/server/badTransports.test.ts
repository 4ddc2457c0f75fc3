/** Transports that fail, hang, end early or yield garbage: the server continues, and nothing is left behind. */
import { describe, expect, test } from "vitest";
import { WebSocketServer, type MessageBytes, type Peer, type WebSocketServerOptions } from "../../src/server/index.ts";
import { pipe, type ByteTransport } from "../../src/transports/pipe.ts";
import { accept, connect } from "../../src/stream/index.ts";
import { webSocketOver } from "../../src/websocket/index.ts";
import { ascii, head, hex } from "../support/wire.ts";
import { WireTransport } from "../support/wireTransport.ts";
import { dial, open } from "./client.ts";
import { collectReports } from "./reports.ts";
import { countTimers } from "../support/timers.ts";
import { flushed } from "../support/flushed.ts";

const REQUEST = head(
  "GET / HTTP/1.1",
  "Host: a",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
);

const closed = (server: WebSocketServer): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

/** A transport whose streams follow the test's commands. */
function transport(source: UnderlyingDefaultSource<Uint8Array>, sink: UnderlyingSink<Uint8Array> = {}): ByteTransport {
  return { readable: new ReadableStream(source, { highWaterMark: 0 }), writable: new WritableStream(sink) };
}

type Pull = UnderlyingDefaultSource<Uint8Array>["pull"];

/** A transport that yields the chunks, and then does what `then` says. */
function bringing(chunks: readonly Uint8Array[], then: Pull): UnderlyingDefaultSource<Uint8Array> {
  const left = [...chunks];
  return {
    pull(controller) {
      const chunk = left.shift();
      if (chunk === undefined) return then?.(controller);
      controller.enqueue(chunk);
      return undefined;
    },
  };
}

const setUncountedTimeout = globalThis.setTimeout.bind(globalThis);
const forever = (): Promise<void> => new Promise(() => {});

/** Serves one transport to its end. */
async function serve(given: ByteTransport, options: WebSocketServerOptions = {}): Promise<unknown[]> {
  const timers = countTimers();
  const seen: unknown[] = [];
  const server = new WebSocketServer(options);
  const ended = new Promise<void>((resolve) => {
    server.on("connection", (peer) => {
      seen.push("connection");
      peer.on("message", (data) => seen.push((data as MessageBytes).toString()));
      peer.on("error", (error) => seen.push((error as { code?: string }).code ?? error.message));
      peer.on("close", (code) => {
        seen.push(code);
        resolve();
      });
    });
    server.on("wsClientError", (error) => {
      seen.push((error as { code?: string }).code);
      resolve();
    });
  });
  server.handleTransport(given);
  await ended;
  await closed(server);
  expect(server.clients!.size).toBe(0);
  expect(timers()).toBe(0);
  return seen;
}

describe("before the connection is open", () => {
  test.each<[string, Uint8Array, string]>([
    ["garbage", ascii("garbage\r\n\r\n"), "headMalformed"],
    ["bytes", hex("ff*2000", "0d 0a 0d 0a"), "headMalformed"],
    ["another request", head("GET / HTTP/1.1", "Host: a"), "upgradeInvalid"],
    ["an endless head", hex("61*20000"), "headTooLarge"],
    ["headers without end", ascii("GET / HTTP/1.1\r\n" + "a: b\r\n".repeat(200)), "headTooManyLines"],
  ])("%s is answered and reported", async (_, bytes, code) => {
    const { reports } = collectReports();
    let answer = "";
    const given = transport(
      bringing([bytes], (controller) => controller.close()),
      { write: (chunk) => void (answer += new TextDecoder().decode(chunk)) },
    );
    expect(await serve(given)).toEqual([code]);
    expect(answer).toMatch(/^HTTP\/1\.1 4/);
    expect([...reports, ...reports]).toEqual([]);
  });
  test("one that sends nothing is ended after handshakeTimeoutMs", async () => {
    const given = transport({ pull: forever });
    expect(await serve(given, { handshakeTimeoutMs: 20, closeTimeoutMs: 20 })).toEqual(["handshakeTimeout"]);
  });
  test("so is one that sends slowly", async () => {
    let at = 0;
    const given = transport({
      async pull(controller) {
        await new Promise((resolve) => setUncountedTimeout(resolve, 5));
        controller.enqueue(REQUEST.slice(at, ++at));
      },
    });
    expect(await serve(given, { handshakeTimeoutMs: 50 })).toEqual(["handshakeTimeout"]);
  });
  test.each<[string, Pull]>([
    ["ends", (controller) => controller.close()],
    ["fails", (controller) => controller.error("reset")],
    ["fails with nothing", (controller) => controller.error()],
    ["yields something other than bytes", (controller) => controller.enqueue("text" as never)],
  ])("one that %s is dropped silently", async (_, then) => {
    const timers = countTimers();
    const { reports } = collectReports();
    const server = new WebSocketServer();
    server.handleTransport(transport(bringing([REQUEST.slice(0, 30)], then)));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await closed(server);
    expect(timers()).toBe(0);
    expect([...reports, ...reports]).toEqual([]);
  });
  test("one that ends while verifyClient thinks is never open", async () => {
    let decide: ((yes: boolean) => void) | undefined;
    const server = new WebSocketServer({ verifyClient: () => new Promise((resolve) => (decide = resolve)) });
    let connections = 0;
    server.on("connection", () => connections++);
    const { client } = dial(server);
    await expect.poll(() => decide).toBeDefined();
    client.driver.abort("gone");
    decide!(true);
    await new Promise((resolve) => setTimeout(resolve, 20));
    // A write discovers it, if nothing else does before.
    expect(connections).toBeLessThanOrEqual(1);
    await closed(server);
  });
});

describe("once it is open", () => {
  const MESSAGE = hex("81 82 00 00 00 00 68 69");

  test.each<[string, Pull]>([
    ["ends", (controller) => controller.close()],
    ["fails", (controller) => controller.error("reset")],
    ["yields something other than bytes", (controller) => controller.enqueue("text" as never)],
  ])("one that %s closes with 1006, after its messages", async (_, then) => {
    expect(await serve(transport(bringing([REQUEST, MESSAGE], then)))).toEqual(["connection", "hi", 1006]);
  });
  test("one that accepts no data closes with 1006", async () => {
    const sink: UnderlyingSink<Uint8Array> = {
      write() {
        throw new Error("reset");
      },
    };
    const given = transport(bringing([REQUEST], forever), sink);
    expect(await serve(given, { closeTimeoutMs: 20 })).toEqual(["connection", 1006]);
  });
  test("one that neither accepts data nor ends is ended closeTimeoutMs after terminate", async () => {
    const timers = countTimers();
    const server = new WebSocketServer({ closeTimeoutMs: 20 });
    const codes = new Promise((resolve) => {
      server.on("connection", (peer) => {
        peer.on("close", resolve);
        peer.send("never taken");
        peer.terminate();
      });
    });
    server.handleTransport(transport(bringing([REQUEST], forever), { write: forever, close: forever, abort: forever }));
    expect(await codes).toBe(1006);
    await closed(server);
    expect(timers()).toBe(0);
  });
  test("one that never answers close() is ended closeTimeoutMs after it, without an error", async () => {
    const timers = countTimers();
    const server = new WebSocketServer({ closeTimeoutMs: 20 });
    const seen: unknown[] = [];
    await new Promise<void>((resolve) => {
      server.on("connection", (peer) => {
        peer.on("error", () => seen.push("error"));
        peer.on("close", (code) => {
          seen.push(code);
          resolve();
        });
        peer.close(1000);
      });
      server.handleTransport(transport(bringing([REQUEST], forever)));
    });
    expect(seen).toEqual([1006]);
    await closed(server);
    expect(timers()).toBe(0);
  });
  test("one whose client is gone is found by keepalive, without an error", async () => {
    const given = transport(bringing([REQUEST], forever));
    const keepalive = { intervalMs: 10, timeoutMs: 10 };
    expect(await serve(given, { keepalive, closeTimeoutMs: 20 })).toEqual(["connection", 1006]);
  });
  test("one whose message arrives a byte at a time is closed with the reason", async () => {
    const given = transport(
      bringing([REQUEST, hex("82 fe ff ff 00 00 00 00")], async (controller) => {
        await new Promise((resolve) => setUncountedTimeout(resolve, 5));
        controller.enqueue(hex("61"));
      }),
    );
    expect(await serve(given, { messageTimeoutMs: 50, closeTimeoutMs: 20 })).toEqual([
      "connection",
      "messageTimeout",
      1006,
    ]);
  });
  test("a send that the transport never takes is called back with the cause", async () => {
    const server = new WebSocketServer();
    const { client, peer } = await open(server);
    client.hold();
    const errors = Promise.all(
      [1, 2, 3, 4, 5].map(
        () =>
          new Promise<Error | undefined>((resolve) => peer.send(new Uint8Array(1_000_000), (error) => resolve(error))),
      ),
    );
    await new Promise((resolve) => setTimeout(resolve, 10));
    client.driver.abort("reset");
    for (const error of await errors) expect(error).toBeInstanceOf(Error);
    expect(peer.readyState).toBeGreaterThan(peer.OPEN);
    await closed(server);
  });
  test("a flood of pings that takes no pongs queues few of them", async () => {
    const server = new WebSocketServer({ closeTimeoutMs: 50, limits: { maxQueuedReplies: 100 } });
    let pings = 0;
    let most = 0;
    const ended = new Promise<number>((resolve) => {
      server.on("connection", (peer: Peer) => {
        peer.on("ping", () => {
          most = Math.max(most, peer.bufferedAmount);
          if (++pings === 5_000) peer.terminate();
        });
        peer.on("close", resolve);
      });
    });
    const many = hex("89 80 00 00 00 00 ".repeat(1000));
    server.handleTransport(
      transport(
        bringing([REQUEST], (controller) => controller.enqueue(many.slice())),
        { write: (chunk) => (chunk[0] === 0x48 ? undefined : forever()) },
      ),
    );
    expect(await ended).toBe(1006);
    expect(pings).toBeGreaterThanOrEqual(5_000);
    // Two-byte pongs: the limit, the latest, and those already passed to the transport, which never takes them.
    expect(most).toBeGreaterThan(2 * 100);
    expect(most).toBeLessThanOrEqual(2 * 2 * 101);
    await closed(server);
  });
  test("a flood of pings that takes its pongs gets them", async () => {
    const server = new WebSocketServer();
    const { client, peer } = await open(server);
    let pings = 0;
    const all = new Promise<void>((resolve) => peer.on("ping", () => ++pings === 20_000 && resolve()));
    for (let i = 0; i < 200; i++) {
      client.do((connection) => {
        for (let j = 0; j < 100; j++) connection.ping();
      });
      await flushed(client.driver);
    }
    await all;
    client.do((connection) => connection.close());
    await closed(server);
  });
});

describe("an unusable transport", () => {
  test("that is locked is a TypeError, and serve continues with the next", async () => {
    const server = new WebSocketServer();
    const [near, far] = pipe();
    const reader = far.readable.getReader();
    expect(() => server.handleTransport(far)).toThrow(TypeError);
    reader.releaseLock();
    server.handleTransport(far);
    near.close?.();
    await closed(server);
  });
  test.each([undefined, null, {}, "transport", 7])("that is not a transport: %s", async (given) => {
    const server = new WebSocketServer();
    expect(() => server.handleTransport(given as never)).toThrow(TypeError);
    await closed(server);
  });
});

describe.each(["request", "remoteAddress", "encrypted", "closed", "copiesChunks"] as const)(
  "a transport whose %s throws",
  (name) => {
    function broken(): { transport: ByteTransport; ends: string[] } {
      const transport = new WireTransport();
      Object.defineProperty(transport, name, {
        get() {
          throw new Error("mine");
        },
      });
      return { transport, ends: transport.ends };
    }
    const all = ["cancelled: mine", "aborted: mine", "ended"];

    test("is ended by the server, which continues", async () => {
      const server = new WebSocketServer();
      const { transport, ends } = broken();
      expect(() => server.handleTransport(transport)).toThrow("mine");
      await expect.poll(() => ends.toSorted()).toEqual(all.toSorted());
      const { client } = await open(server);
      client.do((connection) => connection.close());
      await closed(server);
    });
    test("is ended by accept, connect and the class if they read it", async () => {
      const looked = name === "closed" || name === "copiesChunks";
      for (const [use, looks] of [
        [accept, looked || name === "request"],
        [connect, looked],
        [
          (transport: ByteTransport) =>
            new Promise((_, reject) => {
              webSocketOver(transport).onerror = (event) => {
                reject((event as unknown as { cause: { cause: Error } }).cause.cause);
              };
            }),
          looked,
        ],
      ] as const) {
        if (!looks) continue;
        const { transport, ends } = broken();
        await expect(use(transport)).rejects.toThrow("mine");
        await expect.poll(() => ends.toSorted()).toEqual(all.toSorted());
      }
    });
  },
);

test("a transport whose stream can't be locked is ended", async () => {
  const transport = new WireTransport();
  transport.writable.getWriter = () => {
    throw new Error("mine");
  };
  await expect(connect(transport)).rejects.toThrow("mine");
  expect([transport.readable.locked, transport.ends.toSorted()]).toEqual([
    false,
    ["aborted: mine", "cancelled: mine", "ended"],
  ]);
});
