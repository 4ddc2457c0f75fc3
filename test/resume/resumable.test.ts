/** resumable() and resumed(): what applications see of them. Time is virtual, and the carriers are pipes. */
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { concat } from "../../src/core/bytes.ts";
import { encode, PROTOCOL } from "../../src/resume/frames.ts";
import { race, resumable, resumed, type ResumableTransport, type ResumedOptions } from "../../src/resume/index.ts";
import { messagePortTransport } from "../../src/transports/messagePort.ts";
import { pipe, type ByteTransport } from "../../src/transports/pipe.ts";
import { VirtualClock } from "../simulation/virtualClock.ts";
import { collectReports } from "../server/reports.ts";
import { turn } from "../simulation/host.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const ignore = (): void => undefined;

async function settle(): Promise<void> {
  for (let i = 0; i < 8; i++) await turn();
}

const bytes = (...values: number[]): Bytes => Uint8Array.from(values);

/** A client, a server, and the carriers between them. */
class World {
  readonly clock = new VirtualClock();
  readonly stop = new AbortController();
  /** The server's ends of the carriers, in their order. */
  readonly carriers: ByteTransport[] = [];
  /** How many of the next dials fail. */
  failing = 0;
  readonly dialedMs: number[] = [];
  readonly states: string[] = [];
  readonly client: ResumableTransport;
  readonly sessions: ResumableTransport[] = [];
  host!: ReturnType<typeof resumed>;
  readonly #options: ResumedOptions;
  #bring: (transport: ByteTransport) => void = ignore;

  constructor(options: ResumedOptions = {}, makeCarrier: () => [ByteTransport, ByteTransport] = pipe) {
    this.#options = { clock: this.clock, ...options };
    this.serve();
    this.client = resumable(
      () => {
        this.dialedMs.push(this.clock.now());
        if (this.failing > 0) {
          this.failing--;
          throw new Error("refused");
        }
        const [near, far] = makeCarrier();
        this.carriers.push(far);
        this.#bring(far);
        return near;
      },
      { clock: this.clock, signal: this.stop.signal, random: options.random ?? draw },
    );
    this.client.closed!.catch(ignore);
    this.client.onstatechange = () => this.states.push(this.client.state);
    onTestFinished(async () => {
      await this.host.return!();
      this.client.close();
    });
  }

  /** Starts a server that knows of nothing. */
  serve(): void {
    const source = new ReadableStream<ByteTransport>({
      start: (controller) => void (this.#bring = (transport) => controller.enqueue(transport)),
    });
    this.host = resumed(source, this.#options);
    void (async () => {
      for await (const session of this.host) {
        session.closed!.catch(ignore);
        this.sessions.push(session);
      }
    })();
  }

  async advance(ms: number): Promise<void> {
    const untilMs = this.clock.now() + ms;
    this.clock.after(ms, ignore);
    await settle();
    while (this.clock.nextMs !== undefined && this.clock.nextMs <= untilMs) {
      this.clock.step();
      await settle();
    }
  }

  async server(): Promise<ResumableTransport> {
    await settle();
    return this.sessions[0]!;
  }

  /** The network is gone, at both ends. */
  async cut(): Promise<void> {
    this.carriers.at(-1)!.close!();
    await settle();
  }
}

const draw = (into: Bytes): void => void crypto.getRandomValues(into);

describe("a client", () => {
  test("is connected once the server has answered, and resumes when its carrier is lost", async () => {
    const world = new World();
    expect(world.client.state).toBe("connecting");
    const server = await world.server();
    await world.cut();
    await settle();
    expect(world.states).toEqual(["connected", "resuming", "connected"]);
    expect(server.state).toBe("connected");
    expect(world.carriers.length).toBe(2);
  });

  test("gets what was written while there was no carrier, once and in order", async () => {
    const world = new World();
    const server = await world.server();
    const writer = server.writable.getWriter();
    const reader = world.client.readable.getReader();
    await writer.write(bytes(1));
    expect((await reader.read()).value).toEqual(bytes(1));
    world.failing = 1;
    await world.cut();
    await writer.write(bytes(2));
    await writer.write(bytes(3));
    expect(server.waitingBytes).toBe(3);
    const next = reader.read();
    await world.advance(300);
    expect((await next).value).toEqual(bytes(2, 3));
    await world.advance(25);
    expect(server.waitingBytes).toBe(0);
  });

  test("repeats a dial that fails, and waits longer each time", async () => {
    const world = new World({ random: (into) => into.fill(0) });
    world.failing = 6;
    await world.cut();
    await world.advance(12_000);
    // The waits are between the half and the whole of 200 ms, 400 ms, … 5 s; here the half.
    const waits = world.dialedMs.slice(1).map((ms, at) => ms - world.dialedMs[at]!);
    expect(waits).toEqual([0, 100, 200, 400, 800, 1600, 2500]);
    expect(world.client.state).toBe("connected");
  });

  test("dials at once when the browser is online again", async () => {
    const target = new EventTarget();
    vi.stubGlobal("addEventListener", target.addEventListener.bind(target));
    vi.stubGlobal("removeEventListener", target.removeEventListener.bind(target));
    onTestFinished(() => void vi.unstubAllGlobals());
    const world = new World();
    await world.server();
    world.failing = 5;
    await world.cut();
    await world.advance(1000);
    world.failing = 0;
    const dials = world.dialedMs.length;
    target.dispatchEvent(new Event("online"));
    await settle();
    expect(world.dialedMs.length).toBe(dials + 1);
    expect(world.client.state).toBe("connected");
  });

  test("moves to another carrier while the first one works, without a gap", async () => {
    const world = new World();
    const server = await world.server();
    const writer = server.writable.getWriter();
    const reader = world.client.readable.getReader();
    await writer.write(bytes(1));
    world.client.redial();
    await writer.write(bytes(2));
    await settle();
    await writer.write(bytes(3));
    const got: number[] = [];
    while (got.length < 3) got.push(...(await reader.read()).value!);
    expect(got).toEqual([1, 2, 3]);
    expect(world.carriers.length).toBe(2);
    expect(world.states).toEqual(["connected"]);
  });

  test("stays as it is if the other carrier can't be dialed", async () => {
    const world = new World();
    await world.server();
    world.failing = 1;
    world.client.redial();
    await world.advance(10_000);
    expect(world.states).toEqual(["connected"]);
    expect(world.dialedMs.length).toBe(2);
  });

  test("replaces a carrier that is silent although something has not been answered", async () => {
    const silent = (): [ByteTransport, ByteTransport] => {
      const [near] = pipe();
      const [, far] = pipe();
      return [near, far];
    };
    let isSilent = false;
    const world = new World({}, () => (isSilent ? silent() : pipe()));
    await world.server();
    // The carrier opens, and nothing arrives: the attempt ends after twice `probeMs`.
    isSilent = true;
    await world.cut();
    isSilent = false;
    await world.advance(10_250);
    expect(world.client.state).toBe("connected");
  });

  test("sends nothing while there is nothing to say", async () => {
    const world = new World();
    await world.server();
    await world.advance(3_600_000);
    expect(world.clock.liveTimers).toBe(0);
    expect(world.states).toEqual(["connected"]);
  });

  test("measures the round trip", async () => {
    const world = new World();
    await world.server();
    expect(world.client.roundTripMs).toBe(0);
  });

  test("expires when no carrier is found within keepMs, and says why", async () => {
    const world = new World();
    await world.server();
    world.failing = Infinity;
    await world.cut();
    await world.advance(30_000);
    expect(world.client.state).toBe("failed");
    await expect(world.client.closed).rejects.toMatchObject({
      name: "ResumeError",
      code: "expired",
      cause: new Error("refused"),
    });
    expect(world.sessions[0]!.state).toBe("failed");
    expect(world.clock.liveTimers).toBe(0);
  });

  test("fails with a type if the server has restarted", async () => {
    const world = new World();
    await world.server();
    world.serve();
    await world.cut();
    expect(world.client.state).toBe("failed");
    const writer = world.client.writable.getWriter();
    await expect(writer.closed).rejects.toMatchObject({ name: "ResumeError", code: "unknownSession" });
  });

  test("ends both ends at once when its signal is aborted", async () => {
    const world = new World();
    const server = await world.server();
    const reason = new Error("enough");
    world.stop.abort(reason);
    await settle();
    await expect(world.client.readable.getReader().read()).rejects.toBe(reason);
    await expect(server.readable.getReader().read()).rejects.toMatchObject({ code: "abandoned" });
    expect(world.clock.liveTimers).toBe(0);
  });

  test("ends a carrier that arrives after its dial was given up", async () => {
    const clock = new VirtualClock();
    const [near, far] = pipe();
    let open: (transport: ByteTransport) => void = ignore;
    let given: AbortSignal | undefined;
    const stop = new AbortController();
    const client = resumable(
      (signal) => {
        given = signal;
        return new Promise((resolve) => (open = resolve));
      },
      { clock, signal: stop.signal },
    );
    client.closed!.catch(ignore);
    stop.abort(new Error("enough"));
    expect(given!.aborted).toBe(true);
    open(near);
    await far.closed;
    expect(clock.liveTimers).toBe(0);
  });
});

describe("an end of a stream survives a resumption:", () => {
  test("a half-close", async () => {
    const world = new World();
    const server = await world.server();
    const writer = world.client.writable.getWriter();
    await world.cut();
    await writer.write(bytes(1));
    const closing = writer.close();
    const reader = server.readable.getReader();
    expect((await reader.read()).value).toEqual(bytes(1));
    expect((await reader.read()).done).toBe(true);
    await closing;
    await server.writable.getWriter().write(bytes(2));
    expect((await world.client.readable.getReader().read()).value).toEqual(bytes(2));
  });

  test("an abort", async () => {
    const world = new World();
    const server = await world.server();
    world.failing = 1;
    await world.cut();
    await world.client.writable.abort("enough");
    await world.advance(300);
    await expect(server.readable.getReader().read()).rejects.toMatchObject({ name: "TransportError", code: "reset" });
  });

  test("a reader that wants no more", async () => {
    const world = new World();
    const server = await world.server();
    world.failing = 1;
    await world.cut();
    await world.client.readable.cancel("enough");
    await world.advance(300);
    await expect(server.writable.getWriter().closed).rejects.toMatchObject({ name: "TransportError", code: "stopped" });
  });

  test("close(), which delivers what was written", async () => {
    const world = new World();
    const server = await world.server();
    world.failing = 1;
    await world.cut();
    await world.client.writable.getWriter().write(bytes(1, 2));
    world.client.close();
    await world.client.closed;
    await world.advance(300);
    const reader = server.readable.getReader();
    expect((await reader.read()).value).toEqual(bytes(1, 2));
    expect((await reader.read()).done).toBe(true);
    server.close();
    await settle();
    expect(world.clock.liveTimers).toBe(0);
  });
});

describe("memory", () => {
  test("a writer waits when bufferBytes have not been taken, and goes on when they are", async () => {
    const world = new World({ bufferBytes: 2048 });
    const server = await world.server();
    const writer = world.client.writable.getWriter();
    let written = false;
    void writer.write(new Uint8Array(2 ** 20 + 2048)).then(() => (written = true));
    await settle();
    expect(world.client.waitingBytes).toBe(2 ** 20);
    expect(written).toBe(false);
    const reader = server.readable.getReader();
    let read = 0;
    while (read < 2048) read += (await reader.read()).value!.length;
    await world.advance(25);
    expect(written).toBe(true);
    expect(world.client.waitingBytes).toBe(2 ** 20);
  });

  test("of what has not been read is bounded, however the other end cuts it into frames and chunks", async () => {
    const [near, far] = pipe();
    const host = resumed([far]);
    const first = host.next();
    const writer = near.writable.getWriter();
    const reader = near.readable.getReader();
    const send = (...frames: Bytes[]) => writer.write(concat(frames));
    const id = new Uint8Array(16);
    await send(
      encode({ type: "preface", protocol: PROTOCOL }),
      encode({ type: "hello", fresh: 1, id, attachment: 1, token: id, windowBytes: 2 ** 20 }),
    );
    await reader.read();
    await send(encode({ type: "confirm", received: 0, taken: 0 }));
    const server = (await first).value as ResumableTransport;
    const padding = concat(Array.from({ length: 5000 }, () => encode({ type: "ping", number: 1 })));
    const reading = (async () => {
      while (!(await reader.read()).done);
    })().catch(ignore);
    for (let offset = 0; offset < 100; offset++) {
      await send(padding, encode({ type: "data", offset, length: 1 }), bytes(offset));
    }
    await settle();
    const taking = server.readable.getReader();
    const chunks: Uint8Array[] = [];
    for (let got = 0; got < 100; got += chunks.at(-1)!.length) chunks.push((await taking.read()).value!);
    expect(chunks.flatMap((chunk) => [...chunk])).toEqual(Array.from({ length: 100 }, (_, at) => at));
    expect(new Set(chunks.map(({ buffer }) => buffer)).size).toBe(1);
    expect(chunks[0]!.buffer.byteLength).toBe(1024);
    server.close();
    near.close!();
    await reading;
  });

  test("a chunk that is empty, or that was moved away, carries nothing and ends nothing", async () => {
    const world = new World();
    const server = await world.server();
    const writer = world.client.writable.getWriter();
    const detached = bytes(1, 2);
    structuredClone(detached, { transfer: [detached.buffer] });
    for (const chunk of [bytes(), detached, bytes(3)]) await writer.write(chunk);
    expect((await server.readable.getReader().read()).value).toEqual(bytes(3));
  });

  test("a chunk may be reused once it is written, though its carrier takes chunks over", async () => {
    const ports = (): [ByteTransport, ByteTransport] => {
      const { port1, port2 } = new MessageChannel();
      return [messagePortTransport(port1), messagePortTransport(port2)];
    };
    const world = new World({}, ports);
    const writer = world.client.writable.getWriter();
    const chunk = new Uint8Array(1000);
    for (let i = 0; i < 10; i++) await writer.write(chunk.fill(i));
    expect(chunk.length).toBe(1000);
    await vi.waitFor(() => expect(world.sessions.length).toBe(1), { timeout: 20_000 });
    const reader = world.sessions[0]!.readable.getReader();
    const got: number[] = [];
    while (got.length < 10_000) got.push(...(await reader.read()).value!);
    expect(got).toEqual(Array.from({ length: 10_000 }, (_, at) => Math.floor(at / 1000)));
  });

  test("a server ends sessions without a carrier when all together hold too much", async () => {
    const world = new World({ maxHeldBytes: 100_000 });
    const server = await world.server();
    world.failing = Infinity;
    await world.cut();
    server.writable.getWriter().write(new Uint8Array(200_000)).catch(ignore);
    await settle();
    expect(server.state).toBe("failed");
    await expect(server.closed).rejects.toMatchObject({ name: "ResumeError", code: "evicted" });
  });
});

describe("resumed()", () => {
  test("takes any time, Infinity included, and sets no timer that the platform would run at once", async () => {
    const clock = new VirtualClock();
    const waits: number[] = [];
    const noting = {
      now: () => clock.now(),
      setTimeout: (callback: () => void, ms: number) => (waits.push(ms), clock.setTimeout(callback, ms)),
      clearTimeout: (timer: unknown) => clock.clearTimeout(timer),
    };
    const world = new World({ clock: noting, probeMs: Infinity, keepMs: Infinity });
    const server = await world.server();
    world.failing = 1;
    await world.cut();
    await world.advance(300);
    expect(server.state).toBe("connected");
    const racing = race([() => new Promise(ignore), () => pipe()[0]], { clock: noting, headStartMs: Infinity });
    racing.catch(ignore);
    server.close();
    world.client.close();
    await settle();
    expect(waits.length).toBeGreaterThan(3);
    expect(Math.max(...waits)).toBeLessThan(2 ** 31);
  });

  test("ends what it was given if its signal is aborted before", async () => {
    const reason = new Error("too late");
    const [near, far] = pipe();
    const host = resumed([far], { signal: AbortSignal.abort(reason) });
    await expect(host.next()).rejects.toBe(reason);
    await near.closed;
  });

  test("reports what is not a transport, or is in use, and goes on", async () => {
    const { reports } = collectReports();
    const [near, far] = pipe();
    const [used] = pipe();
    used.readable.getReader();
    const host = resumed([42 as never, used, far]);
    const first = host.next();
    const client = resumable(() => near);
    expect((await first).done).toBe(false);
    expect(reports).toEqual([
      expect.objectContaining({ message: "resumed() takes a transport, { readable, writable }, not 42" }),
      expect.any(TypeError),
    ]);
    client.close();
    await host.return!();
  });

  test("reports that its source of random bytes has thrown, and drops the carrier", async () => {
    const { reports } = collectReports();
    const fault = new Error("no entropy");
    const [near, far] = pipe();
    const host = resumed([far], {
      random: () => {
        throw fault;
      },
    });
    const first = host.next();
    const client = resumable(() => near);
    client.closed!.catch(ignore);
    expect((await first).done).toBe(true);
    expect(reports).toEqual([fault]);
    client.close();
  });

  test("of one carrier does not end before that carrier's opening has been read", async () => {
    const [near, far] = pipe();
    const host = resumed([far]);
    const first = host.next();
    const client = resumable(() => near);
    const { value } = (await first) as IteratorYieldResult<ResumableTransport>;
    expect(value.state).toBe("connected");
    expect(await host.next()).toEqual({ done: true, value: undefined });
    client.close();
    value.close();
  });

  test("passes on that its source has failed", async () => {
    const failing = { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("no listener")) }) };
    await expect(resumed(failing).next()).rejects.toThrow("no listener");
  });

  test("that is stopped takes no more carriers, and leaves the sessions their own", async () => {
    const world = new World();
    const server = await world.server();
    await world.host.return!();
    await world.client.writable.getWriter().write(bytes(5));
    expect((await server.readable.getReader().read()).value).toEqual(bytes(5));
  });

  test("takes over the address of the first carrier", async () => {
    const world = new World({}, () => {
      const [near, far] = pipe();
      return [near, { ...far, remoteAddress: "192.0.2.1", encrypted: true }];
    });
    expect(await world.server()).toMatchObject({ remoteAddress: "192.0.2.1", encrypted: true });
  });
});
