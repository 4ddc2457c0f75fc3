/** The driver: what it reads, what it writes and when, how it uses time, and how it ends. */
import { describe, expect, test } from "vitest";
import { WSConnection, type ConnectionOptions, type ConnectionType, type WSEvent } from "../../src/index.ts";
import type { Clock } from "../../src/stream/clock.ts";
import { Driver } from "../../src/stream/driver.ts";
import { ManualClock } from "../../src/testing/manualClock.ts";
import { countTimers } from "../support/timers.ts";
import { hex, toHex, type Bytes } from "../support/wire.ts";
import { isPending, settled, WireTransport } from "../support/wireTransport.ts";
import { flushed } from "../support/flushed.ts";

interface Driven {
  readonly connection: WSConnection;
  readonly transport: WireTransport;
  readonly driver: Driver;
  readonly events: WSEvent[];
  /** The types of the events since the last call, data in brackets. */
  readonly told: () => string[];
}

function drive(
  type: ConnectionType,
  options: ConnectionOptions = {},
  take: (event: WSEvent) => PromiseLike<void> | undefined = () => undefined,
  transport = new WireTransport(),
  clock?: Clock,
): Driven {
  const connection = new WSConnection(type, { handshake: "none", ...options });
  const events: WSEvent[] = [];
  let told = 0;
  const { closeTimeoutMs = 10_000 } = options;
  const driver = new Driver(connection, transport, { closeTimeoutMs, clock }, (event) => {
    events.push(event);
    return take(event);
  });
  return {
    connection,
    transport,
    driver,
    events,
    told: () => events.slice(told, (told = events.length)).map(describeEvent),
  };
}

/** A clock whose timers run only when the process is not blocked: at `ring`. `stand` moves the time without them. */
function blockedClock(): { clock: Clock; ring: (atMs: number) => Promise<void>; stand: (atMs: number) => void } {
  let nowMs = 0;
  const timers = new Set<() => void>();
  const clock: Clock = {
    now: () => nowMs,
    setTimeout: (ring) => {
      timers.add(ring);
      return ring;
    },
    clearTimeout: (timer) => void timers.delete(timer as () => void),
  };
  const ring = async (atMs: number): Promise<void> => {
    nowMs = atMs;
    for (const due of [...timers]) {
      timers.delete(due);
      due();
    }
    await settled();
  };
  return { clock, ring, stand: (atMs) => void (nowMs = atMs) };
}

/** A client with such a clock that has sent a ping at 1000, and waits for its pong until 1500. */
async function pinged() {
  const { clock, ...blocked } = blockedClock();
  const keepalive = { intervalMs: 1000, timeoutMs: 500 };
  const driven = drive("client", { keepalive, masking: false }, undefined, undefined, clock);
  await settled();
  await blocked.ring(1000);
  expect(toHex(driven.transport.written())).toBe("89 04 00 00 00 01");
  return { ...blocked, ...driven };
}

function describeEvent(event: WSEvent): string {
  if (event.type === "textReceived") return `text ${event.data}`;
  if (event.type === "bytesReceived") return `bytes ${toHex(event.data)}`;
  if (event.type === "connectionClosed") return `closed ${event.code}${event.wasClean ? " clean" : ""}`;
  return event.type;
}

const HELLO = hex("81 05 48 65 6c 6c 6f");
const WORLD = hex("81 05 57 6f 72 6c 64");

describe("reading", () => {
  test("events come as the transport yields bytes, with messages split anywhere", async () => {
    const { transport, told } = drive("client");
    transport.bring(HELLO.slice(0, 1), HELLO.slice(1, 4), new Uint8Array(0), HELLO.slice(4));
    await settled();
    expect(told().join("")).toMatch(/^connectionEstablished/);
    transport.bring(WORLD);
    await settled();
    expect(told()).toEqual(["text World"]);
  });
  test("while a handler is busy, nothing else is delivered, and 64 KiB are read ahead", async () => {
    let goOn = (): void => {};
    const { transport, told } = drive("client", {}, (event) =>
      event.type === "textReceived" ? new Promise((resolve) => (goOn = resolve)) : undefined,
    );
    transport.bring(HELLO, WORLD, HELLO);
    await settled();
    expect(told()).toEqual(["connectionEstablished", "text Hello"]);
    goOn();
    await settled();
    expect(told()).toEqual(["text World"]);
    const reads = transport.reads;
    for (let i = 0; i < 20; i++) transport.bring(hex("82 7e 1f fc 61*8188"));
    await settled();
    expect(transport.reads - reads).toBe(8);
  });
  test("an error that a handler throws or rejects with ends the transport", async () => {
    for (const fail of [
      () => {
        throw new Error("taker");
      },
      () => Promise.reject(new Error("taker")),
    ]) {
      const { transport, driver, told } = drive("client", {}, (event) =>
        event.type === "textReceived" ? fail() : undefined,
      );
      transport.bring(HELLO);
      await driver.finished;
      expect(told()).toEqual(["connectionEstablished", "text Hello", "closed 1006"]);
      expect(driver.fault).toEqual(new Error("taker"));
      expect(transport.ends).toContain("ended");
    }
  });
  test("a transport that yields anything but bytes is ended", async () => {
    const { transport, driver, told } = drive("client");
    transport.bring("text" as unknown as Uint8Array);
    await driver.finished;
    expect(told()).toEqual(["connectionEstablished", "closed 1006"]);
    expect(driver.fault).toBeInstanceOf(TypeError);
  });
  test("a transport in use is refused", () => {
    const transport = new WireTransport();
    const reader = transport.readable.getReader();
    const make = (): Driver =>
      new Driver(new WSConnection("server"), transport, { closeTimeoutMs: 1000 }, () => undefined);
    expect(make).toThrow(TypeError);
    reader.releaseLock();
    expect(transport.writable.locked).toBe(false);
    expect(make).not.toThrow();
  });
});

describe("writing", () => {
  test("what is sent in one turn is one chunk, even if each call is awaited", async () => {
    const { connection, transport, driver } = drive("server");
    await settled();
    for (const text of ["a", "b", "c"]) {
      connection.sendData(text);
      driver.flush();
      await Promise.resolve();
    }
    await settled();
    expect(transport.chunks()).toEqual(["81 01 61 81 01 62 81 01 63"]);
  });
  test("what is sent while the transport is busy is queued, counted, and sent together", async () => {
    const { connection, transport, driver } = drive("server");
    transport.takeNothing();
    connection.sendData("a");
    driver.flush();
    await settled();
    for (const text of ["b", "c"]) {
      connection.sendData(text);
      driver.flush();
    }
    await settled();
    expect(transport.chunks()).toEqual(["81 01 61"]);
    expect(driver.unsentBytes).toBe(9);
    transport.takeAgain();
    await settled();
    expect(transport.chunks()).toEqual(["81 01 62 81 01 63"]);
    expect(driver.unsentBytes).toBe(0);
  });
  describe("handed-over memory", () => {
    const KIB = 1024;
    const payload = (kib: number, fill: number): Bytes => new Uint8Array(kib * KIB).fill(fill);
    const copying = (): WireTransport => new WireTransport({ copiesChunks: true });
    const FRAMES = {
      a64: "82 7f 00 00 00 00 00 01 00 00 aa×65536",
      b64: "82 7f 00 00 00 00 00 01 00 00 bb×65536",
      b447: "82 7f 00 00 00 00 00 06 fc 00 bb×457728",
    };

    /** The written chunks; a long run of a byte is shown as the byte and its count. */
    async function sent(transport: WireTransport, ...messages: Bytes[]): Promise<string[]> {
      const { connection, driver } = drive("server", {}, undefined, transport);
      for (const message of messages) connection.sendData(message, true, { handOver: true });
      await flushed(driver);
      const chunks = transport.chunks();
      return chunks.map((chunk) =>
        chunk.replaceAll(/(..)(?: \1){15,}/g, (run, byte: string) => `${byte}×${(run.length + 1) / 3}`),
      );
    }

    test("headers and payloads are separate chunks, and nothing is copied", async () => {
      const transport = new WireTransport();
      const message = payload(64, 0xaa);
      const chunks = await sent(transport, message, payload(64, 0xbb));
      expect(chunks.join(" ")).toBe(`${FRAMES.a64} ${FRAMES.b64}`);
      expect(chunks).toHaveLength(4);
      expect(transport.buffers[1]).toBe(message.buffer);
    });
    test("everything is one chunk if the transport copies it, up to 512 KiB", async () => {
      expect(await sent(copying(), payload(64, 0xaa), payload(447, 0xbb))).toEqual([`${FRAMES.a64} ${FRAMES.b447}`]);
      const transport = copying();
      const larger = payload(512, 0xaa);
      expect(await sent(transport, larger)).toEqual(["82 7f 00 00 00 00 00 08 00 00", "aa×524288"]);
      expect(transport.buffers[1]).toBe(larger.buffer);
    });
    test("more than that is sent in the fewest chunks, in order", async () => {
      const messages = Array.from({ length: 20 }, (_, i) => payload(64, i + 1));
      const frames = messages.map((_, i) => {
        const byte = (i + 1).toString(16).padStart(2, "0");
        return `82 7f 00 00 00 00 00 01 00 00 ${byte}×65536`;
      });
      const transport = copying();
      expect((await sent(transport, ...messages)).join(" ")).toBe(frames.join(" "));
      expect(transport.buffers).toHaveLength(3);
    });
    test("the memory of that chunk is reused after it has been written, by any connection", async () => {
      const [busy, ...others] = [copying(), copying(), copying()] as const;
      busy.takeNothing();
      const writing = sent(busy, payload(64, 0xaa));
      await settled();
      for (const transport of others) expect(await sent(transport, payload(64, 0xbb))).toEqual([FRAMES.b64]);
      expect(others[1].buffers[0]).toBe(others[0].buffers[0]);
      expect(others[0].buffers[0]).not.toBe(busy.buffers[0]);
      busy.takeAgain();
      expect(await writing).toEqual([FRAMES.a64]);
    });
    test("the memory of a chunk that could not be written is not reused", async () => {
      const [broken, whole] = [copying(), copying()];
      broken.takeNothing();
      const writing = sent(broken, payload(64, 0xaa));
      await settled();
      broken.refuse(new Error("broken"));
      await writing;
      await sent(whole, payload(64, 0xbb));
      expect(whole.buffers[0]).not.toBe(broken.buffers[0]);
    });
  });
  test("automatic replies are sent without a call", async () => {
    const { transport } = drive("client", { random: (key) => key.fill(0) });
    transport.bring(hex("89 01 70"));
    await settled();
    expect(transport.chunks()).toEqual(["8a 81 00 00 00 00 70"]);
  });
  test("there is room up to 256 KiB", async () => {
    const { connection, transport, driver } = drive("server");
    transport.takeNothing();
    connection.sendData(new Uint8Array(200 * 1024));
    driver.flush();
    await settled();
    expect(driver.hasRoom).toBe(true);
    connection.sendData(new Uint8Array(100 * 1024));
    expect(driver.hasRoom).toBe(false);
    transport.takeAgain();
    await flushed(driver);
    expect(driver.hasRoom).toBe(true);
  });
  test("written() calls back when the queue has been taken", async () => {
    const { connection, transport, driver } = drive("server");
    const calls: string[] = [];
    transport.takeNothing();
    connection.sendData("a");
    driver.written((error) => calls.push(`a ${String(error)}`));
    await settled();
    connection.sendData("b");
    driver.written((error) => calls.push(`b ${String(error)}`));
    await settled();
    expect(calls).toEqual([]);
    transport.takeAgain();
    await settled();
    expect(calls).toEqual(["a undefined", "b undefined"]);
    driver.written((error) => calls.push(`nothing queued ${String(error)}`));
    await settled();
    expect(calls.at(-1)).toBe("nothing queued undefined");
  });
  test("written() calls back with the error if it never will be", async () => {
    const { connection, transport, driver } = drive("server", { closeTimeoutMs: 20 });
    const calls: unknown[] = [];
    transport.takeNothing();
    connection.sendData("a");
    driver.written((error) => calls.push(error));
    await settled();
    connection.sendData("b");
    driver.written((error) => calls.push(error));
    driver.abort(new Error("gone"));
    await driver.finished;
    expect(calls).toEqual([new Error("gone"), new Error("gone")]);
  });
});

describe("the end", () => {
  test("Close frames exchanged: first the last bytes, then the event, the end of the writable, and the transport's end", async () => {
    const { transport, driver, told } = drive("server", { masking: false });
    const order: string[] = [];
    transport.bring(hex("88 02 03 e8"));
    await settled();
    order.push(...told(), ...transport.chunks(), ...transport.ends);
    expect(order).toEqual(["connectionEstablished", "closed 1000 clean", "88 02 03 e8", "closed"]);
    expect(await isPending(driver.finished)).toBe(true);
    transport.end();
    await driver.finished;
    expect(transport.ends).toEqual(["closed", "ended"]);
  });
  test("the event waits until the last bytes have been written", async () => {
    const { connection, transport, told } = drive("server", { masking: false });
    await settled();
    transport.takeNothing();
    connection.sendData("last words");
    transport.bring(hex("88 00"));
    await settled();
    expect(told()).toEqual(["connectionEstablished"]);
    transport.takeAgain();
    await settled();
    expect(told()).toEqual(["closed 1005 clean"]);
    expect(toHex(transport.written())).toBe("81 0a 6c 61 73 74 20 77 6f 72 64 73 88 00");
  });
  test("data after the Close is read and dropped until the transport ends", async () => {
    const { transport, driver } = drive("server", { masking: false });
    transport.bring(hex("88 00"), HELLO, HELLO, HELLO);
    await settled();
    transport.end();
    await driver.finished;
  });
  test("a peer that never ends the transport delays the end only for the close timeout", async () => {
    const { transport, driver } = drive("server", { masking: false, closeTimeoutMs: 30 });
    transport.bring(hex("88 00"));
    await driver.finished;
    expect(transport.ends).toEqual(["closed", "cancelled: the transport did not end in time", "ended"]);
  });
  test("a peer that accepts no data delays the event only for that time", async () => {
    const { connection, transport, driver, told } = drive("server", { masking: false, closeTimeoutMs: 30 });
    transport.takeNothing();
    connection.sendData("unread");
    transport.bring(hex("88 00"));
    await driver.finished;
    expect(told()).toEqual(["connectionEstablished", "closed 1005"]);
    expect(transport.ends).toContain("ended");
  });
  test("no timer is left at the end, even if it had to abort the transport", async () => {
    const timers = countTimers();
    const { connection, transport, driver } = drive("client", { closeTimeoutMs: 30 });
    await settled();
    transport.takeNothing();
    connection.close();
    await flushed(driver);
    await driver.finished;
    expect(timers()).toBe(0);
  });
  test("a violation: a Close frame with the reason, then the end", async () => {
    const { transport, driver, events } = drive("client", { masking: false });
    transport.bring(hex("83 00"));
    await settled();
    expect(toHex(transport.written())).toMatch(/^88 .. 03 ea/);
    transport.end();
    await driver.finished;
    expect(events.at(-1)).toMatchObject({ type: "connectionClosed", error: { code: "reservedOpcode" } });
  });
  test("the stream ends without a Close: 1006", async () => {
    const { transport, driver, told } = drive("client");
    transport.bring(HELLO);
    transport.end();
    await driver.finished;
    expect(told()).toEqual(["connectionEstablished", "text Hello", "closed 1006"]);
    expect(driver.fault).toBeUndefined();
    expect(transport.ends).toEqual(["closed", "ended"]);
  });
  test("reading fails: 1006, and the error", async () => {
    const { transport, driver, told } = drive("client");
    transport.failReading(new Error("reset"));
    await driver.finished;
    expect(told()).toEqual(["connectionEstablished", "closed 1006"]);
    expect(driver.fault).toEqual(new Error("reset"));
  });
  test("writing fails: earlier data of the peer still arrives, up to the close timeout", async () => {
    const clock = new ManualClock();
    const wire = new WireTransport();
    const { connection, transport, driver, told } = drive("client", { closeTimeoutMs: 50 }, undefined, wire, clock);
    await settled();
    transport.failWriting(new Error("broken pipe"));
    connection.sendData("a");
    driver.flush();
    await settled();
    transport.bring(HELLO);
    await settled();
    await clock.advance(49);
    expect(told()).toEqual(["connectionEstablished", "text Hello"]);
    await clock.advance(1);
    await driver.finished;
    expect(told()).toEqual(["closed 1006"]);
    expect(driver.fault).toEqual(new Error("broken pipe"));
  });
  test("abort: at once, in both directions, even while a write hangs and a handler is busy", async () => {
    const { connection, transport, driver, told } = drive("client", {}, (event) =>
      event.type === "textReceived" ? new Promise(() => {}) : undefined,
    );
    transport.takeNothing();
    connection.sendData("a");
    transport.bring(HELLO, WORLD);
    await settled();
    driver.abort(new Error("enough"));
    await driver.finished;
    expect(told()).toEqual(["connectionEstablished", "text Hello", "closed 1006"]);
    expect(driver.fault).toEqual(new Error("enough"));
    expect(transport.ends).toContain("cancelled: enough");
    expect(transport.ends).toContain("ended");
  });
  test("abort without a reason supplies one; a second abort changes nothing", async () => {
    const { driver, events } = drive("client");
    driver.abort(undefined);
    await driver.finished;
    expect(driver.fault).toBeInstanceOf(Error);
    const before = events.length;
    driver.abort(new Error("again"));
    await settled();
    expect(events).toHaveLength(before);
  });
  test("a transport whose close() throws and whose closed rejects still ends", async () => {
    const transport = new WireTransport();
    const broken = {
      readable: transport.readable,
      writable: transport.writable,
      closed: Promise.reject(new Error("lost")),
      close: () => {
        throw new Error("already closed");
      },
    };
    const connection = new WSConnection("client", { handshake: "none" });
    const driver = new Driver(connection, broken, { closeTimeoutMs: 1000 }, () => undefined);
    transport.end();
    await driver.finished;
  });
});

describe("time", () => {
  test("a handshake that does not arrive ends by its deadline, in either role", async () => {
    for (const type of ["client", "server"] as const) {
      const { driver, events } = drive(type, {
        handshake: "http1",
        host: "example.com",
        resource: "/",
        handshakeTimeoutMs: 20,
        closeTimeoutMs: 20,
      });
      await driver.finished;
      expect(events).toMatchObject([{ type: "connectionClosed", error: { code: "handshakeTimeout" } }]);
    }
  });
  test("a peer that does not answer a keepalive ping is dropped", async () => {
    const { driver, events } = drive("client", { keepalive: { intervalMs: 10, timeoutMs: 20 }, closeTimeoutMs: 20 });
    await driver.finished;
    expect(events.at(-1)).toMatchObject({ type: "connectionClosed", error: { code: "keepaliveTimeout" } });
  });
  test("a pong behind data is read before the peer is dropped, however often the process is blocked", async () => {
    const { ring, transport, events, driver } = await pinged();
    for (const atMs of [3000, 5000, 7000]) {
      await ring(atMs);
      transport.bring(HELLO);
      await settled();
    }
    await ring(9000);
    transport.bring(hex("8a 04 00 00 00 01"));
    await settled();
    const received = ["text Hello", "text Hello", "text Hello", "pongReceived"];
    expect(events.map(describeEvent)).toEqual(["connectionEstablished", ...received]);
    driver.abort(new Error("over"));
  });

  test("a pong that arrives while the process is blocked is read before the peer is dropped", async () => {
    for (const next of ["the timer", "the pong"]) {
      const { ring, stand, transport, events, driver } = await pinged();
      // The pong was due at 1500.
      if (next === "the timer") await ring(9000);
      else stand(9000);
      transport.bring(hex("8a 04 00 00 00 01"));
      await settled();
      await ring(9150);
      expect(events.map(describeEvent), next).toEqual(["connectionEstablished", "pongReceived"]);
      // The next ping is not answered at all.
      await ring(10_010);
      await ring(19_000);
      await ring(19_100);
      expect(events.at(-1), next).toMatchObject({ error: { code: "keepaliveTimeout" } });
      driver.abort(new Error("over"));
    }
  });
  test("a process that is blocked again before it has read anything gets time again, three times at most", async () => {
    const { ring, events, driver } = await pinged();
    for (const atMs of [9000, 12_000, 15_000]) await ring(atMs);
    expect(events.map(describeEvent)).toEqual(["connectionEstablished"]);
    await ring(18_000);
    expect(events.at(-1)).toMatchObject({ error: { code: "keepaliveTimeout" } });
    driver.abort(new Error("over"));
  });
  test("while the handler is busy and unread data waits, no pong is due", async () => {
    const clock = new ManualClock();
    let wake = (): void => {};
    const { transport, events, driver } = drive(
      "client",
      { keepalive: { intervalMs: 10, timeoutMs: 20 }, closeTimeoutMs: 20 },
      (event) => (event.type === "textReceived" ? new Promise((resolve) => (wake = resolve)) : undefined),
      undefined,
      clock,
    );
    transport.bring(HELLO, WORLD);
    await settled();
    await clock.advance(100);
    expect(events.map(describeEvent)).toEqual(["connectionEstablished", "text Hello"]);
    wake();
    wake = () => {};
    await settled();
    expect(events.map(describeEvent)).toEqual(["connectionEstablished", "text Hello", "text World"]);
    wake();
    // Once it resumes, the pong is due again.
    await clock.advance(60);
    await driver.finished;
    expect(events.at(-1)).toMatchObject({ type: "connectionClosed", error: { code: "keepaliveTimeout" } });
  });
  test("a message that arrives a byte at a time has a deadline", async () => {
    const { transport, driver, events } = drive("client", { messageTimeoutMs: 40, closeTimeoutMs: 20 });
    transport.bring(hex("82 7e ff ff"));
    const bytes = setInterval(() => transport.bring(hex("61")), 5);
    await driver.finished;
    clearInterval(bytes);
    expect(events.at(-1)).toMatchObject({
      type: "connectionClosed",
      error: { code: "messageTimeout" },
      sent: { code: 1008 },
    });
  });
  test("one timer serves all pieces of a message, is re-armed if it fires early, and does not exist between messages", async () => {
    let nowMs = 0;
    const set: number[] = [];
    let waiting: { readonly ring: () => void } | undefined;
    const clock: Clock = {
      now: () => nowMs,
      setTimeout: (ring, ms) => {
        set.push(nowMs + ms);
        return (waiting = { ring });
      },
      clearTimeout: (timer) => {
        if (timer === waiting) waiting = undefined;
      },
    };
    const transport = new WireTransport();
    const connection = new WSConnection("client", {
      handshake: "none",
      messageTimeoutMs: 100,
      keepalive: { intervalMs: Infinity, timeoutMs: Infinity },
    });
    const events: WSEvent[] = [];
    const driver = new Driver(
      connection,
      transport,
      { closeTimeoutMs: 1000, clock },
      (event) => void events.push(event),
    );
    const KIB16 = new Uint8Array(16 * 1024);
    transport.bring(hex("82 7f 00 00 00 00 00 02 00 00")); // 128 KiB
    for (; nowMs < 80; nowMs += 20) {
      transport.bring(KIB16);
      await settled();
    }
    expect(set).toEqual([100]);
    nowMs = 100;
    waiting!.ring();
    await settled();
    expect(set).toEqual([100, 160]);
    transport.bring(KIB16, KIB16, KIB16, KIB16);
    await settled();
    expect(waiting, "nothing is due between messages").toBeUndefined();
    transport.bring(hex("82 02 61"));
    await settled();
    expect(set).toEqual([100, 160, 200]);
    expect(events.filter(({ type }) => type === "connectionClosed")).toEqual([]);
    nowMs = 200;
    waiting!.ring();
    transport.end();
    await driver.finished;
    expect(events.at(-1)).toMatchObject({ type: "connectionClosed", error: { code: "messageTimeout" } });
  });
  test("while the handler is busy and unread data waits, no message is overdue, nor right after it resumes", async () => {
    const clock = new ManualClock();
    let wake = (): void => {};
    const { connection, transport, driver, events } = drive(
      "client",
      { messageTimeoutMs: 60, closeTimeoutMs: 20 },
      (event) => (event.type === "textReceived" ? new Promise((resolve) => (wake = resolve)) : undefined),
      undefined,
      clock,
    );
    transport.bring(hex("01 01 61"), hex("00 01 62"));
    await settled();
    await clock.advance(150);
    wake();
    await settled();
    wake();
    await clock.advance(20);
    expect([connection.state, events.length]).toEqual(["open", 3]);
    await clock.advance(100);
    await driver.finished;
    expect(events.at(-1)).toMatchObject({ type: "connectionClosed", error: { code: "messageTimeout" } });
  });
  test("a deadline ends the connection even if the handler is busy, and is reported without it", async () => {
    for (const options of [{ messageTimeoutMs: 20 }, { keepalive: { intervalMs: 10, timeoutMs: 10 } }]) {
      const { transport, driver, events } = drive("client", { ...options, closeTimeoutMs: 20 }, ({ type }) =>
        type === "textReceived" ? new Promise(() => {}) : undefined,
      );
      transport.bring(hex("01 01 61"));
      await driver.finished;
      expect(events.at(-1)).toMatchObject({ type: "connectionClosed", error: { name: "RemoteProtocolError" } });
    }
  });
  test("a Close that is not answered: the transport is ended", async () => {
    const { connection, driver, events } = drive("client", { closeTimeoutMs: 20 });
    connection.close(1000);
    driver.flush();
    await driver.finished;
    expect(events.at(-1)).toMatchObject({ type: "connectionClosed", error: { code: "closeTimeout" } });
  });

  test.each([
    ["a pong", "81 01 62", "keepaliveTimeout"],
    ["the rest of a message", "81 01 62 01 01 63", "messageTimeout"],
  ])(
    "%s is waited for from the moment at which what a busy handler held up has been taken",
    async (_, behind, code) => {
      const clock = new ManualClock();
      let goOn: (() => void) | undefined;
      const busy = new Promise<void>((resolve) => (goOn = resolve));
      const keepalive = code === "keepaliveTimeout" ? { intervalMs: 400, timeoutMs: 100 } : undefined;
      const options: ConnectionOptions = { masking: false, messageTimeoutMs: 100, keepalive, closeTimeoutMs: 20 };
      const take = (event: WSEvent): Promise<void> | undefined =>
        event.type === "textReceived" && event.data === "a" ? busy : undefined;
      const { transport, events } = drive("server", options, take, undefined, clock);
      transport.bring(hex("81 01 61"));
      transport.bring(hex(behind));
      await settled();
      await clock.advance(400);
      goOn?.();
      await settled();
      await clock.advance(99);
      expect(events.some(({ type }) => type === "connectionClosed")).toBe(false);
      await clock.advance(1);
      expect(events.at(-1)).toMatchObject({ type: "connectionClosed", error: { code } });
    },
  );

  test("a close after a long silence is not taken for one that is overdue", async () => {
    const clock = new ManualClock();
    const { connection, driver, events } = drive("client", { closeTimeoutMs: 20 }, undefined, undefined, clock);
    await settled();
    const startMs = driver.nowMs();
    await clock.advance(1000);
    connection.close(1000);
    driver.flush();
    await settled();
    expect(driver.nowMs() - startMs).toBe(1000);
    await clock.advance(19);
    expect(events).toHaveLength(1);
    await clock.advance(1);
    await driver.finished;
  });

  test("a taker that never wakes does not keep a closing connection from the peer's Close for ever", async () => {
    const clock = new ManualClock();
    const { connection, transport, driver, told } = drive(
      "client",
      { closeTimeoutMs: 40 },
      (event) => (event.type === "textReceived" ? new Promise(() => {}) : undefined),
      undefined,
      clock,
    );
    transport.bring(HELLO, WORLD, hex("88 02 03 e8"));
    await settled();
    connection.close(1000);
    driver.flush();
    transport.end();
    await clock.advance(20);
    await driver.finished;
    expect(told()).toEqual(["connectionEstablished", "text Hello", "closed 1000 clean"]);
  });
});
