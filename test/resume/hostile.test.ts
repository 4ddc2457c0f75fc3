/** Ends that break the protocol on purpose: each gets a typed failure, and leaves nothing behind. */
import { describe, expect, onTestFinished, test } from "vitest";
import { resumable, resumed, ResumeError, type ResumableTransport } from "../../src/resume/index.ts";
import { encode, FrameReader, PROTOCOL, type Frame, type Head } from "../../src/resume/frames.ts";
import { pipe, type ByteTransport } from "../../src/transports/pipe.ts";
import { VirtualClock } from "../simulation/virtualClock.ts";
import { turn } from "../simulation/host.ts";
import { Random } from "../support/random.ts";
import { hex } from "../support/wire.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const ignore = (): void => undefined;

/** The other end, written by hand: it sends what it is given, and reads frames. */
class RawEnd {
  /** What has arrived; `undefined` at the end: the carrier has ended. */
  readonly heard: (Frame | undefined)[] = [];
  readonly #writer: WritableStreamDefaultWriter<Bytes>;

  constructor({ readable, writable }: ByteTransport) {
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(ignore);
    void this.#read(readable.getReader());
  }

  async send(...parts: (Head | Bytes)[]): Promise<void> {
    const frames = parts.map((part) => (part instanceof Uint8Array ? part : encode(part)));
    const chunk = new Uint8Array(frames.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const frame of frames) {
      chunk.set(frame, at);
      at += frame.length;
    }
    if (chunk.length > 0) await this.#writer.write(chunk).catch(ignore);
    await settle();
  }

  get types(): string[] {
    return this.heard.map((frame) => frame?.type ?? "the end");
  }

  get last(): Frame | undefined {
    return this.heard.findLast((frame) => frame !== undefined);
  }

  async #read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    const frames = new FrameReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        frames.push(value);
        for (let frame = frames.next(); frame !== undefined; frame = frames.next()) this.heard.push(frame);
      }
    } catch {
      // It was aborted.
    }
    this.heard.push(undefined);
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await turn();
}

async function advance(clock: VirtualClock, ms: number): Promise<void> {
  const untilMs = clock.now() + ms;
  clock.after(ms, ignore);
  while (clock.nextMs !== undefined && clock.nextMs <= untilMs) {
    clock.step();
    await settle();
  }
}

const options = (clock: VirtualClock, seed = 1) => {
  const random = new Random(seed);
  return { clock, bufferBytes: 1024, random: (bytes: Bytes) => bytes.set(random.bytes(bytes.length)) };
};

const PREFACE: Head = { type: "preface", protocol: PROTOCOL };

const id = new Uint8Array(16).fill(1);
const token = new Uint8Array(16).fill(7);

const hello = (more: Partial<Extract<Head, { type: "hello" }>> = {}): Head => ({
  type: "hello",
  fresh: 1,
  id,
  attachment: 1,
  token,
  windowBytes: 1024,
  ...more,
});

/** A server, and clients by hand. */
class ServerWorld {
  readonly clock = new VirtualClock();
  readonly sessions: ResumableTransport[] = [];
  readonly errors: unknown[] = [];
  #push!: (transport: ByteTransport) => void;

  constructor(more = {}) {
    const source = new ReadableStream<ByteTransport>({
      start: (controller) => void (this.#push = (transport) => controller.enqueue(transport)),
    });
    const host = resumed(source, { ...options(this.clock), ...more });
    void (async () => {
      for await (const session of host) {
        this.sessions.push(session);
        session.closed!.catch((error: unknown) => void this.errors.push(error));
      }
    })();
    onTestFinished(async () => void (await host.return!()));
  }

  dial(): RawEnd {
    const [near, far] = pipe();
    this.#push(far);
    return new RawEnd(near);
  }

  /** A client that is attached. Its next token is in the answer. */
  async attached(more: Parameters<typeof hello>[0] = {}): Promise<{ end: RawEnd; next: Bytes }> {
    const end = this.dial();
    await end.send(PREFACE, hello(more));
    const welcome = end.heard[0] as Extract<Frame, { type: "welcome" }>;
    expect(welcome.type).toBe("welcome");
    await end.send({ type: "confirm", received: 0, taken: 0 });
    return { end, next: welcome.token };
  }
}

describe("a server refuses", () => {
  test.each([
    ["an HTTP request", hex("47 45 54 20"), 3],
    ["a frame before the preface", encode(hello()), 3],
    ["another version", hex("00 00000057534f5202"), 2],
    ["a preface of another protocol", hex("00 00000057534f5101"), 3],
    ["a frame other than hello", new Uint8Array([...encode(PREFACE), 8]), 3],
    ["anything behind the hello", new Uint8Array([...encode(PREFACE), ...encode(hello()), 8]), 3],
    ["a hello that is neither fresh nor not", new Uint8Array([...encode(PREFACE), ...encode(hello({ fresh: 2 }))]), 3],
    ["a session that it does not know", new Uint8Array([...encode(PREFACE), ...encode(hello({ fresh: 0 }))]), 1],
  ])("%s", async (_, bytes, reason) => {
    const world = new ServerWorld();
    const end = world.dial();
    await end.send(bytes);
    expect(end.heard).toEqual([{ type: "gone", reason }, undefined]);
    expect(world.sessions).toEqual([]);
    await advance(world.clock, 60_000);
    expect(world.clock.liveTimers).toBe(0);
  });

  test("a wrong token, and goes on with the session", async () => {
    const world = new ServerWorld();
    const { end } = await world.attached();
    const thief = world.dial();
    await thief.send(PREFACE, hello({ fresh: 0, attachment: 2, token: new Uint8Array(16) }));
    expect(thief.heard).toEqual([{ type: "gone", reason: 1 }, undefined]);
    await end.send({ type: "data", offset: 0, length: 1 }, hex("aa"));
    expect(world.sessions.map(({ state }) => state)).toEqual(["connected"]);
  });

  test("a token that was replaced, once data has arrived under the new one", async () => {
    const world = new ServerWorld();
    await world.attached();
    const replay = world.dial();
    await replay.send(PREFACE, hello({ fresh: 0, attachment: 2 }));
    expect(replay.heard).toEqual([{ type: "gone", reason: 1 }, undefined]);
  });

  test("not a token whose successor may be lost", async () => {
    const world = new ServerWorld();
    const first = world.dial();
    await first.send(PREFACE, hello());
    const second = world.dial();
    await second.send(PREFACE, hello({ attachment: 2 }));
    expect(second.heard).toEqual(first.heard);
    expect(second.types).toEqual(["welcome"]);
  });

  test("none of the carriers of a race, until the client has chosen one", async () => {
    const world = new ServerWorld();
    const arms = [world.dial(), world.dial(), world.dial()] as const;
    for (const arm of arms) await arm.send(PREFACE, hello());
    expect(arms.map(({ types }) => types)).toEqual([["welcome"], ["welcome"], ["welcome"]]);
    await arms[1].send({ type: "confirm", received: 0, taken: 0 });
    expect(arms.map(({ types }) => types.at(-1))).toEqual(["the end", "welcome", "the end"]);
    expect(world.sessions.map(({ state }) => state)).toEqual(["connected"]);
  });

  test("an attachment that is not newer than the one in use", async () => {
    const world = new ServerWorld();
    const { end, next } = await world.attached({ attachment: 5 });
    const old = world.dial();
    await old.send(PREFACE, hello({ fresh: 0, attachment: 5, token: next }));
    expect(old.types).toEqual(["the end"]);
    expect(end.types).toEqual(["welcome"]);
  });

  test("more sessions than it may have", async () => {
    const world = new ServerWorld({ maxSessions: 1 });
    await world.attached();
    const other = world.dial();
    await other.send(PREFACE, hello({ id: new Uint8Array(16) }));
    expect(other.heard).toEqual([{ type: "gone", reason: 4 }, undefined]);
  });

  test("a session that has expired", async () => {
    const world = new ServerWorld({ keepMs: 1000 });
    const { end, next } = await world.attached();
    await end.send();
    await advance(world.clock, 10);
    const [session] = world.sessions;
    // The carrier breaks off.
    await end.send(hex("0b"));
    expect(session!.state).toBe("failed");
    const late = world.dial();
    await late.send(PREFACE, hello({ fresh: 0, attachment: 2, token: next }));
    expect(late.last).toEqual({ type: "gone", reason: 1 });
  });

  test("a carrier that does not name a session in time", async () => {
    const world = new ServerWorld();
    const end = world.dial();
    await end.send(encode(PREFACE));
    await advance(world.clock, 10_000);
    expect(end.types).toEqual(["the end"]);
    expect(world.clock.liveTimers).toBe(0);
  });
});

const violations: readonly (readonly [string, readonly (Head | Bytes)[]])[] = [
  ["acknowledges bytes that were never sent", [{ type: "ack", taken: 1 }]],
  ["leaves data out", [{ type: "data", offset: 1, length: 1 }, hex("aa")]],
  ["sends more than the window", [{ type: "data", offset: 0, length: 1025 }, new Uint8Array(1025)]],
  ["ends before its data", [{ type: "end", offset: 1 }]],
  [
    "ends in two places",
    [
      { type: "end", offset: 0 },
      { type: "end", offset: 1 },
    ],
  ],
  ["sends data behind its end", [{ type: "end", offset: 0 }, { type: "data", offset: 0, length: 1 }, hex("aa")]],
  ["resets beyond the window", [{ type: "reset", offset: 1025 }]],
  ["resets before its data", [{ type: "data", offset: 0, length: 2 }, hex("aa bb"), { type: "reset", offset: 1 }]],
  ["answers a ping that was never sent", [{ type: "pong", number: 1 }]],
  ["says bye too early", [{ type: "bye" }]],
  ["gives a reason that there is not", [{ type: "gone", reason: 9 }]],
  ["confirms twice", [{ type: "confirm", received: 0, taken: 0 }]],
  ["greets again", [hello()]],
  ["sends a frame type that there is not", [hex("ff")]],
];

describe("a session fails at both ends if the client", () => {
  test.each(violations)("%s", async (_, parts) => {
    const world = new ServerWorld();
    const { end } = await world.attached();
    await end.send(...parts);
    expect(end.heard.slice(1)).toEqual([{ type: "gone", reason: 3 }, undefined]);
    expect(world.sessions[0]!.state).toBe("failed");
    expect(world.errors).toEqual([expect.objectContaining({ name: "ResumeError", code: "protocol" })]);
    await expect(world.sessions[0]!.writable.getWriter().closed).rejects.toBeInstanceOf(ResumeError);
    await advance(world.clock, 60_000);
    expect(world.clock.liveTimers).toBe(0);
  });

  test.each([
    ["has received more than was sent", { type: "confirm", received: 1, taken: 0 }],
    ["has taken more than it has received", { type: "confirm", received: 0, taken: 1 }],
    ["does not confirm", { type: "ack", taken: 0 }],
  ] satisfies [string, Head][])("%s when it attaches", async (_, frame) => {
    const world = new ServerWorld();
    const end = world.dial();
    await end.send(PREFACE, hello());
    await end.send(frame);
    expect(end.heard.slice(1)).toEqual([{ type: "gone", reason: 3 }, undefined]);
    expect(world.sessions).toEqual([]);
  });
});

/** A client, and servers by hand: one for each dial. */
class ClientWorld {
  readonly clock = new VirtualClock();
  readonly servers: RawEnd[] = [];
  readonly session: ResumableTransport;
  error: unknown;

  constructor() {
    this.session = resumable(
      () => {
        const [near, far] = pipe();
        this.servers.push(new RawEnd(far));
        return near;
      },
      { ...options(this.clock), keepMs: 1000 },
    );
    this.session.closed!.catch((error: unknown) => (this.error = error));
    onTestFinished(() => this.session.close());
  }

  async welcome(more: Partial<Extract<Head, { type: "welcome" }>> = {}): Promise<RawEnd> {
    await settle();
    const server = this.servers.at(-1)!;
    await server.send({ type: "welcome", token, received: 0, taken: 0, windowBytes: 1024, ...more });
    return server;
  }
}

describe("a client fails", () => {
  test.each([
    ["unknownSession", 1],
    ["version", 2],
    ["protocol", 3],
    ["abandoned", 5],
  ] as const)("with %s when the server says so", async (code, reason) => {
    const world = new ClientWorld();
    await settle();
    await world.servers[0]!.send({ type: "gone", reason });
    expect(world.session.state).toBe("failed");
    const reader = world.session.readable.getReader();
    await expect(reader.read()).rejects.toMatchObject({ name: "ResumeError", code, confirmedBytes: 0 });
    expect(world.clock.liveTimers).toBe(0);
  });

  test("at once when something else answers the first dial", async () => {
    const world = new ClientWorld();
    await settle();
    await world.servers[0]!.send(new TextEncoder().encode("HTTP/1.1 400 Bad Request"));
    await settle();
    expect(world.error).toMatchObject({ code: "protocol" });
  });

  test("not when something else answers a later dial: it dials again", async () => {
    const world = new ClientWorld();
    const server = await world.welcome();
    await server.send(hex("0c 0000000000000004"));
    expect(world.session.state).toBe("failed");
    const other = new ClientWorld();
    await other.welcome();
    other.session.redial();
    await settle();
    await other.servers[1]!.send(new TextEncoder().encode("HTTP/1.1 511 Captive Portal"));
    expect(other.session.state).toBe("connected");
  });

  test.each([
    ["received more than was sent", { received: 1 }],
    ["taken more than was sent", { received: 1, taken: 1 }],
  ])("when the server says that it has %s", async (_, more) => {
    const world = new ClientWorld();
    const server = await world.welcome(more);
    await settle();
    expect(world.error).toMatchObject({ code: "protocol" });
    expect(server.last).toEqual({ type: "gone", reason: 3 });
  });

  test("and says how many bytes have arrived for certain", async () => {
    const world = new ClientWorld();
    const writer = world.session.writable.getWriter();
    writer.closed.catch(ignore);
    await writer.write(new Uint8Array(10));
    const server = await world.welcome();
    await server.send({ type: "ack", taken: 4 });
    await server.send({ type: "gone", reason: 5 });
    expect(world.error).toMatchObject({ code: "abandoned", confirmedBytes: 4 });
  });
});

/** A conversation that goes well, as the client sends it. */
const conversation: readonly (Head | Bytes)[] = [
  { type: "data", offset: 0, length: 4 },
  hex("aa bb cc dd"),
  { type: "ping", number: 1 },
  { type: "ack", taken: 0 },
  { type: "data", offset: 4, length: 2 },
  hex("ee ff"),
  { type: "stop" },
  { type: "end", offset: 6 },
];

describe("malformed bytes at every position", () => {
  const bytes = new Uint8Array(conversation.flatMap((part) => [...(part instanceof Uint8Array ? part : encode(part))]));
  const opening = new Uint8Array([...encode(PREFACE), ...encode(hello())]);

  test.each([0x00, 0x80, 0xff])("changed by %i, of an opening: it is refused, or another session", async (change) => {
    const world = new ServerWorld();
    for (let at = 0; at < opening.length; at++) {
      const end = world.dial();
      await end.send(opening.with(at, opening[at]! ^ change || 0x5a));
      expect(["welcome", "gone,the end", "the end", ""]).toContain(end.types.join());
    }
    await advance(world.clock, 120_000);
    expect(world.clock.liveTimers).toBe(0);
    expect(world.sessions).toEqual([]);
  });

  test("of a conversation: a typed failure, or nothing wrong; and it ends in any case", async () => {
    const random = new Random(27);
    for (let at = 0; at < bytes.length; at++) {
      for (const value of [0, 0xff, random.below(256), random.below(256)]) {
        const world = new ServerWorld();
        const { end } = await world.attached();
        await end.send(bytes.with(at, value));
        const [session] = world.sessions;
        if (session!.state === "failed")
          expect(world.errors[0]).toMatchObject({ name: "ResumeError", code: "protocol" });
        else expect(["connected", "closed"]).toContain(session!.state);
        session!.close();
        await advance(world.clock, 120_000);
        expect(world.clock.liveTimers).toBe(0);
      }
    }
  });

  test("of any kind, by seed: a typed failure, and nothing is left", async () => {
    const random = new Random(4);
    for (let seed = 0; seed < 300; seed++) {
      const world = new ServerWorld();
      const { end } = await world.attached();
      const mutated = bytes.slice();
      for (let left = 1 + random.below(6); left > 0; left--) {
        const at = random.below(mutated.length);
        if (random.oneIn(2)) mutated[at] = random.below(256);
        else mutated.copyWithin(at, random.below(mutated.length));
      }
      for (let at = 0; at < mutated.length;) {
        const length = random.size(mutated.length - at);
        await end.send(mutated.slice(at, at + length));
        at += length;
      }
      const [session] = world.sessions;
      if (session!.state === "failed") expect(world.errors[0]).toBeInstanceOf(ResumeError);
      session!.close();
      await advance(world.clock, 120_000);
      expect(["closed", "failed"]).toContain(session!.state);
      expect(world.clock.liveTimers).toBe(0);
    }
  });
});
