/** Time under a test's control: a clock that stands still, and Vitest's fake timers. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { ManualClock, matchers, webSocketServer, type ServerSocket } from "../../src/testing/index.ts";
import { createWebSocketClass } from "../../src/websocket/index.ts";
import { Client } from "./client.ts";

expect.extend(matchers);
afterEach(() => void vi.useRealTimers());

const HOUR = 3_600_000;

/** How each advances the time, and what it passes to the two ends. */
const ways = [
  {
    name: "a ManualClock",
    begin: () => {
      const clock = new ManualClock();
      return { clock: { clock }, advance: (ms: number) => clock.advance(ms) };
    },
  },
  {
    name: "fake timers",
    begin: () => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
      return {
        clock: {},
        advance: async (ms: number) => {
          // Sent bytes arrive in turns of the real event loop.
          await turn();
          await vi.advanceTimersByTimeAsync(ms);
          await turn();
        },
      };
    },
  },
];

const { setTimeout: realSetTimeout } = globalThis;
const turn = (): Promise<void> => new Promise((resolve) => void realSetTimeout(resolve, 20));

describe.each(ways)("with $name", ({ begin }) => {
  test("a keepalive of an hour fails when its time has come, and not before", async () => {
    const { clock, advance } = begin();
    await using server = webSocketServer(clock);
    const keepalive = { intervalMs: HOUR, timeoutMs: HOUR };
    const Class = createWebSocketClass(server.dial, { ...clock, keepalive });
    const client = new Client(new Class("ws://chat.example/"));
    const socket = await (await server.request()).accept();
    await client.opened;
    await advance(HOUR);
    await expect(socket).toReceivePing();
    await advance(HOUR);
    expect(client.log).toEqual([]);

    socket.answerPings = false;
    await advance(HOUR);
    await expect(socket).toReceivePing();
    await advance(HOUR - 10_000);
    expect(client.log).toEqual([]);
    await advance(20_000);
    expect(client.log).toEqual(["close 1006"]);
  });

  test("a delay of an hour lasts an hour", async () => {
    const { clock, advance } = begin();
    await using server = webSocketServer(clock);
    const client = new Client(new server.WebSocket("ws://chat.example/"));
    const socket = await (await server.request()).accept();
    await client.opened;
    socket.fault.delay(HOUR);
    void socket.send("slow");
    await advance(HOUR - 1);
    expect(client.log).toEqual([]);
    await advance(1);
    await client.messages(1);
    expect(client.log).toEqual(["slow"]);
  });

  test("a handshake that is never answered times out", async () => {
    const { clock, advance } = begin();
    await using server = webSocketServer(clock);
    const client = new Client(new server.WebSocket("ws://chat.example/"));
    await server.request();
    await advance(9_999);
    expect(client.log).toEqual([]);
    await advance(2);
    expect(client.log).toEqual(["close 1006"]);
  });

  test("the server drops a connection whose Close is not answered", async () => {
    const { clock, advance } = begin();
    await using server = webSocketServer({ ...clock, closeTimeoutMs: HOUR });
    new Client(new server.WebSocket("ws://chat.example/"));
    const socket: ServerSocket = await (await server.request()).accept();
    socket.fault.stall("outgoing");
    void socket.close(1000);
    await advance(HOUR + 1);
    socket.fault.resume();
    expect(await socket.closed).toMatchObject({ code: 1006, wasClean: false });
  });
});

test("a clock calls back in order, including timers set by callbacks, and skips cleared ones", async () => {
  const clock = new ManualClock();
  const log: string[] = [];
  clock.setTimeout(() => log.push(`b ${clock.now()}`), 20);
  clock.setTimeout(() => {
    log.push(`a ${clock.now()}`);
    clock.setTimeout(() => log.push(`c ${clock.now()}`), 15);
  }, 10);
  clock.clearTimeout(clock.setTimeout(() => log.push("never"), 5));
  await clock.advance(24);
  expect(log).toEqual(["a 10", "b 20"]);
  await clock.advance(1);
  expect(log).toEqual(["a 10", "b 20", "c 25"]);
  expect(clock.now()).toBe(25);
  await expect(clock.advance(-1)).rejects.toThrow(RangeError);
});
