/** One simulated session: two programs that write and read, and a network that breaks. One seed decides everything. */
import { resumable, resumed, ResumeError, type ResumableTransport } from "../../src/resume/index.ts";
import { SessionMachine } from "../../src/resume/sessionMachine.ts";
import { discard } from "../../src/stream/discard.ts";
import { TransportError } from "../../src/transports/transportError.ts";
import type { ByteTransport } from "../../src/transports/byteTransport.ts";
import type { Choices, Draws } from "../simulation/choices.ts";
import { listen, turn } from "../simulation/host.ts";
import { VirtualClock } from "../simulation/virtualClock.ts";
import { SimulatedCarrier } from "./simulatedCarrier.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The machine's method, as a function. */
export type MachineHandle = (
  this: SessionMachine,
  ...given: Parameters<SessionMachine["handle"]>
) => ReturnType<SessionMachine["handle"]>;

export const RESUME_LAWS = [
  "once and in order",
  "ends as it was ended",
  "goes on",
  "fails with a type",
  "keeps its memory within the bound",
  "ends in time",
  "leaves nothing behind",
] as const;

export interface Finding {
  readonly law: (typeof RESUME_LAWS)[number] | "is deterministic";
  readonly what: string;
}

/** Situations that the seeds must reach. */
export const RESUME_MARKS = [
  "resumed",
  "resumed five times",
  "a megabyte each way",
  "cut at both ends",
  "cut at one end",
  "ended without a word",
  "swallowed",
  "acknowledgements were late",
  "acknowledgements were lost",
  "a dial failed",
  "a dial hung",
  "a dial succeeded too late",
  "moved while running",
  "the writer waited",
  "the server restarted",
  "the session expired",
  "the server did not know the session",
  "reset",
  "stopped",
  "closed at once",
  "aborted",
] as const;

export type ResumeMark = (typeof RESUME_MARKS)[number];

export interface Outcome {
  readonly findings: readonly Finding[];
  readonly marks: ReadonlySet<ResumeMark>;
  readonly trace: readonly string[];
  /** Bytes that the readers got. */
  readonly bytes: number;
}

/** Changes the world before it starts, or the library for as long as it runs: then it returns how to undo that. */
export type ResumePlant = (world: ResumeWorld) => (() => void) | undefined;

const MEGABYTE = 1_000_000;
const KEEP_MS = 30_000;

/** Everything that troubles the network begins before this time; none lasts for long, unless the seed is harsh. */
const TROUBLE_MS = 12_000;
const LONGEST_TROUBLE_MS = 3000;

/** When everything must be over, and the most steps until then. */
const MOST_MS = 600_000;
const MOST_STEPS = 100_000;

/** The bytes that are written. Neighbours differ, and so do places that are far apart. */
const PATTERN = Uint8Array.from({ length: 2 * MEGABYTE }, (_, at) => Math.imul(at ^ (at >>> 9), 0x9e37_79b1) >>> 24);

interface Program {
  /** How much to write, and what then. */
  readonly bytes: number;
  readonly finish: "close" | "abort" | "closeTransport" | "abortSession";
  readonly chunkBytes: number;
  /** When to stop reading. */
  readonly cancelAt: number;
  readonly dawdles: boolean;
}

class Side {
  readonly name: "client" | "server";
  readonly program: Program;
  readonly pattern: Uint8Array;
  transport: ResumableTransport | undefined;
  written = 0;
  read = 0;
  /** What became of the writer and of the reader. */
  writer: "open" | "closed" | "failed" | "aborted" = "open";
  reader: "open" | "done" | "failed" | "cancelled" = "open";
  hasFinished = false;
  peer!: Side;
  readonly bufferBytes: number;

  constructor(name: Side["name"], program: Program, bufferBytes: number) {
    this.name = name;
    this.program = program;
    this.bufferBytes = bufferBytes;
    this.pattern = name === "client" ? PATTERN : PATTERN.subarray(MEGABYTE / 2 + 1);
  }
}

export class ResumeWorld {
  readonly clock = new VirtualClock();
  readonly findings: Finding[] = [];
  readonly marks = new Set<ResumeMark>();
  readonly trace: string[] = [];
  /** Whether a session may be lost, because the network or an application is merciless. */
  readonly isHarsh: boolean;
  /** For plants: by how much the machines' bounds exceed the world's. */
  stretch = 1;
  readonly #choices: Choices;
  readonly #draws: Draws;
  readonly #net: Draws;
  readonly #client: Side;
  readonly #server: Side;
  readonly #latencyMs: number;
  readonly #bytesPerMs: number;
  readonly #probeMs: number;
  readonly #keepsMessages: boolean;
  readonly #carriers: SimulatedCarrier[] = [];
  readonly #abort = new AbortController();
  #dialsFailUntilMs = 0;
  #dials = 0;
  #host!: AsyncIterableIterator<ResumableTransport>;
  #incoming!: Incoming;
  #mayLose = false;
  #activity = 0;

  constructor(choices: Choices) {
    this.#choices = choices;
    this.#draws = choices.stream("world");
    this.#net = choices.stream("net");
    const draws = this.#draws;
    this.isHarsh = draws.oneIn(4);
    const isFull = draws.oneIn(4);
    if (isFull) this.marks.add("a megabyte each way");
    const bufferBytes = (): number =>
      isFull ? draws.pick([2 ** 20, 2 ** 18, 2 ** 16]) : draws.pick([2 ** 20, 2 ** 16, 5000, 1024]);
    this.#client = new Side("client", this.#program(isFull), bufferBytes());
    this.#server = new Side("server", this.#program(isFull), bufferBytes());
    this.#client.peer = this.#server;
    this.#server.peer = this.#client;
    this.#latencyMs = draws.pick([0, 1, 5, 40, 150, 300]);
    this.#bytesPerMs = isFull ? draws.pick([25_000, 1000, 200]) : draws.pick([25_000, 1000, 50, 10]);
    this.#probeMs = draws.pick([2000, 1000, 1500]);
    this.#keepsMessages = draws.oneIn(3);
  }

  async run(): Promise<void> {
    const replaced = Object.getOwnPropertyDescriptor(SessionMachine.prototype, "handle")!;
    const handle = replaced.value as MachineHandle;
    const bounds = new Map([this.#client, this.#server].map((side) => [side.name, side.bufferBytes]));
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the replaced method has another `this`
    const world = this;
    SessionMachine.prototype.handle = function (this: SessionMachine, ...given) {
      const commands = handle.apply(this, given);
      // Bytes that were written, and bytes that are unread: one bound for each.
      world.#checkMemory(this, bounds);
      return commands;
    };
    const stopListening = listen(({ kind, error }) => this.fail("fails with a type", `${kind}: ${String(error)}`));
    try {
      this.#build();
      for (let steps = 0; ; steps++) {
        await turn();
        if (this.clock.nextMs === undefined) {
          // A chain of promises may take more than one turn.
          let seen: number;
          do {
            seen = this.#activity;
            await turn();
            await turn();
          } while (seen !== this.#activity);
          if (this.clock.nextMs === undefined) break;
        }
        if (steps > MOST_STEPS || this.clock.now() > MOST_MS) {
          this.fail("ends in time", "there is no end of events");
          break;
        }
        this.clock.step();
      }
      this.#checkEnd();
    } finally {
      stopListening();
      Object.defineProperty(SessionMachine.prototype, "handle", replaced);
    }
  }

  fail(law: Finding["law"], what: string): void {
    if (this.findings.some((known) => known.law === law && known.what === what)) return;
    this.findings.push({ law, what });
    this.log(`BROKEN ${law}: ${what}`);
  }

  log(line: string): void {
    this.#activity++;
    this.trace.push(`${this.clock.now().toFixed(1)} ${line}`);
  }

  get bytes(): number {
    return this.#client.read + this.#server.read;
  }

  #program(isFull: boolean): Program {
    const draws = this.#draws;
    const bytes = isFull ? MEGABYTE : draws.pick([1000, 0, 1, 20_000, 70_000, 7]);
    const finish = draws.pick(["close", "close", "close", "close", "abort", "closeTransport", "abortSession"] as const);
    return {
      bytes,
      finish: isFull || (finish === "abortSession" && !this.isHarsh) ? "close" : finish,
      chunkBytes: isFull ? draws.pick([65_536, 200_000, 16_384]) : draws.pick([4096, 100, 70_000, 500]),
      cancelAt: !isFull && draws.oneIn(8) ? draws.below(bytes + 1) : Infinity,
      dawdles: draws.oneIn(3),
    };
  }

  #checkMemory(machine: SessionMachine, bounds: ReadonlyMap<string, number>): void {
    const bound = bounds.get(machine.isClient ? "client" : "server")!;
    if (machine.heldBytes > 2 * bound) this.fail("keeps its memory within the bound", "more is held than may be");
    if (machine.waitingBytes > bound) this.fail("keeps its memory within the bound", "more is kept than may be");
  }

  #build(): void {
    const random = this.#choices.stream("random");
    const options = (side: Side) => ({
      bufferBytes: side.bufferBytes * this.stretch,
      keepMs: KEEP_MS,
      probeMs: this.#probeMs,
      clock: this.clock,
      random: (bytes: Bytes) => {
        for (let at = 0; at < bytes.length; at++) bytes[at] = random.below(256);
      },
    });
    const serve = (): void => {
      this.#incoming = new Incoming();
      this.#host = resumed(this.#incoming, options(this.#server));
      void this.#serve(this.#host);
    };
    serve();
    this.#trouble(serve);
    const client = resumable((signal) => this.#dial(signal), { ...options(this.#client), signal: this.#abort.signal });
    void this.#play(this.#client, client);
  }

  async #serve(host: AsyncIterableIterator<ResumableTransport>): Promise<void> {
    for await (const transport of host) {
      if (this.#server.transport !== undefined) {
        // The first session has expired while its client was still opening it, or the server has restarted.
        if (!this.#mayLose && !this.isHarsh) this.fail("goes on", "a second session was opened");
        transport.close();
        continue;
      }
      void this.#play(this.#server, transport);
    }
  }

  // The network

  #trouble(serve: () => void): void {
    const net = this.#net;
    for (let left = net.pick([3, 0, 1, 2, 6, 12]); left > 0; left--) {
      this.clock.after(net.below(net.pick([TROUBLE_MS, 500, 50])), () => this.#befall());
    }
    const isLong = this.isHarsh && net.oneIn(2);
    if (net.oneIn(3)) {
      const atMs = net.below(TROUBLE_MS);
      const lastsMs = net.below(isLong ? 60_000 : LONGEST_TROUBLE_MS);
      this.clock.after(atMs, () => {
        this.#dialsFailUntilMs = this.clock.now() + lastsMs;
        if (net.oneIn(2)) this.#befall();
      });
    }
    if (this.isHarsh && net.oneIn(4)) {
      this.clock.after(net.below(TROUBLE_MS), () => {
        this.marks.add("the server restarted");
        this.log("the server restarts");
        this.#mayLose = true;
        for (const carrier of this.#carriers) {
          carrier.cutClient();
          carrier.cutServer();
        }
        this.#incoming.finish();
        serve();
      });
    }
    for (let left = net.below(3); left > 0; left--) {
      this.clock.after(net.below(TROUBLE_MS), () => {
        if (this.#client.transport?.state === "connected") this.marks.add("moved while running");
        this.log("redial");
        this.#client.transport?.redial();
      });
    }
  }

  #befall(): void {
    const net = this.#net;
    const carrier = this.#carriers.at(-1);
    const what = net.pick(["cut", "cutOne", "end", "swallow", "swallowOne", "clog", "clogBack"] as const);
    // A program that has nothing to say never finds out: then its platform does, some time.
    const laterMs = net.pick([0, 100, 5000, 12_000]);
    const first = net.oneIn(2);
    if (carrier === undefined || carrier.clientIsOver) return;
    this.log(`${what} ${laterMs} ${String(first)}`);
    switch (what) {
      case "cut":
        this.marks.add("cut at both ends");
        carrier.cutClient();
        carrier.cutServer();
        return;
      case "cutOne":
        this.marks.add("cut at one end");
        carrier.swallow(true, true);
        if (first) carrier.cutClient();
        else carrier.cutServer();
        this.clock.after(laterMs, () => (first ? carrier.cutServer() : carrier.cutClient()));
        return;
      case "end":
        this.marks.add("ended without a word");
        if (first) carrier.endClient();
        else carrier.endServer();
        return;
      case "swallow":
        this.marks.add("swallowed");
        carrier.swallow(true, true);
        this.#cutLater(carrier, 5000 + laterMs);
        return;
      case "swallowOne":
        this.marks.add("acknowledgements were lost");
        carrier.swallow(first, !first);
        this.#cutLater(carrier, 5000 + laterMs);
        return;
      case "clog":
        carrier.clog(net.below(LONGEST_TROUBLE_MS), true, true);
        return;
      case "clogBack":
        this.marks.add("acknowledgements were late");
        carrier.clog(net.below(LONGEST_TROUBLE_MS), first, !first);
        return;
      default:
        what satisfies never;
    }
  }

  /** The platform notices that a carrier is dead, at an end that should not have noticed long ago. */
  #cutLater(carrier: SimulatedCarrier, ms: number): void {
    this.clock.after(ms, () => {
      if (this.#client.transport?.waitingBytes === 0) carrier.cutClient();
      if (this.#server.transport?.waitingBytes === 0) carrier.cutServer();
    });
  }

  #dial(signal: AbortSignal): Promise<ByteTransport> {
    const net = this.#net;
    const mayFail = this.clock.now() < TROUBLE_MS + LONGEST_TROUBLE_MS;
    const isFailing = this.clock.now() < this.#dialsFailUntilMs;
    const fate = isFailing
      ? "fails"
      : mayFail
        ? net.pick(["opens", "opens", "opens", "opens", "opens", "fails"])
        : "opens";
    const hangs = fate === "fails" && net.oneIn(3);
    this.log(`dial ${++this.#dials} ${fate}`);
    return new Promise((resolve, reject) => {
      if (hangs) {
        this.marks.add("a dial hung");
        return;
      }
      // Sometimes in the same turn in which it was given up.
      this.clock.after(2 * this.#latencyMs + net.pick([0, 0, 30, 400]), () => {
        if (fate === "fails") {
          this.marks.add("a dial failed");
          reject(new Error("refused"));
          return;
        }
        if (signal.aborted) this.marks.add("a dial succeeded too late");
        const carrier = new SimulatedCarrier(
          this.clock,
          this.#latencyMs,
          this.#bytesPerMs,
          this.#cutter(),
          this.#keepsMessages,
        );
        this.#carriers.push(carrier);
        resolve(carrier.client);
        this.#incoming.push(carrier.server);
      });
    });
  }

  /** Where chunks are cut: mostly not at all, else anywhere. */
  #cutter(): (length: number) => number {
    const net = this.#net;
    const most = net.pick([Infinity, Infinity, 5000, 13]);
    let left = 50; // then whole, since small pieces say nothing new
    return (length) => (most < length && left-- > 0 ? 1 + net.below(Math.min(length, most)) : length);
  }

  // The programs

  async #play(side: Side, transport: ResumableTransport): Promise<void> {
    side.transport = transport;
    const draws = this.#choices.stream(side.name);
    let resumptions = 0;
    transport.onstatechange = () => {
      this.log(`${side.name} ${transport.state}`);
      if (transport.state === "resuming") resumptions++;
      if (transport.state === "connected" && resumptions > 0) this.marks.add("resumed");
      if (transport.state === "connected" && resumptions >= 5) this.marks.add("resumed five times");
    };
    transport.closed!.catch(() => undefined);
    await Promise.all([this.#write(side, transport, draws), this.#read(side, transport)]);
  }

  async #write(side: Side, transport: ResumableTransport, draws: Draws): Promise<void> {
    const { bytes, chunkBytes, finish } = side.program;
    const writer = transport.writable.getWriter();
    writer.closed.catch(() => undefined);
    const memory = new Uint8Array(chunkBytes);
    try {
      while (side.written < bytes) {
        const length = Math.min(bytes - side.written, chunkBytes > 1000 ? 1 + draws.below(chunkBytes) : chunkBytes);
        // The same memory again, since it is copied.
        const chunk = memory.subarray(0, length);
        chunk.set(side.pattern.subarray(side.written, side.written + length));
        const startMs = this.clock.now();
        side.written += length;
        await writer.write(chunk);
        if (this.clock.now() > startMs) this.marks.add("the writer waited");
        if (side.program.dawdles && draws.oneIn(8)) await this.#sleep(draws.below(300));
      }
      side.hasFinished = true;
      this.log(`${side.name} ${finish} after ${side.written}`);
      if (finish === "abort") {
        this.marks.add("reset");
        side.writer = "aborted";
        await writer.abort("enough");
      } else if (finish === "closeTransport") {
        this.marks.add("closed at once");
        side.writer = "aborted";
        transport.close();
      } else if (finish === "abortSession") {
        this.marks.add("aborted");
        side.writer = "aborted";
        this.#mayLose = true;
        this.#abort.abort(new Error("the application aborts"));
      } else {
        await (writer.desiredSize === null ? writer.closed : writer.close());
        side.writer = "closed";
        const { reader, read } = side.peer;
        const isWhole = read === bytes || reader === "cancelled" || side.peer.writer === "aborted";
        if (!isWhole) this.fail("ends as it was ended", "close() resolved before the reader had everything");
      }
    } catch (error) {
      side.writer = "failed";
      this.#checkError(side, error, "writer");
    }
    this.log(`${side.name} writer ${side.writer}`);
  }

  async #read(side: Side, transport: ResumableTransport): Promise<void> {
    const { cancelAt, dawdles } = side.program;
    const reader = transport.readable.getReader();
    const draws = this.#choices.stream(`${side.name} reader`);
    const { pattern, program } = side.peer;
    try {
      for (;;) {
        if (side.read >= cancelAt) {
          this.marks.add("stopped");
          side.reader = "cancelled";
          await reader.cancel("enough");
          break;
        }
        const { done, value } = await reader.read();
        if (done) {
          side.reader = "done";
          const mayBeShort = side.writer === "aborted";
          const { finish } = program;
          if (!mayBeShort && (!side.peer.hasFinished || side.read !== side.peer.written || finish === "abort")) {
            this.fail("ends as it was ended", "the reader ended early");
          }
          break;
        }
        if (!isSame(value, pattern.subarray(side.read, side.read + value.length))) {
          this.fail("once and in order", `other bytes arrived at the ${side.name}`);
        }
        side.read += value.length;
        this.#activity++;
        if (side.read > side.peer.written) this.fail("once and in order", "more arrived than was written");
        // What a closed transport has left is delivered for `keepMs` only.
        if (dawdles && program.finish !== "closeTransport" && draws.oneIn(4)) await this.#sleep(draws.below(500));
      }
    } catch (error) {
      side.reader = "failed";
      this.#checkError(side, error, "reader");
    }
    this.log(`${side.name} reader ${side.reader} at ${side.read}`);
  }

  #checkError(side: Side, error: unknown, end: "reader" | "writer"): void {
    const { peer } = side;
    if (error instanceof ResumeError) {
      if (error.code === "unknownSession") this.marks.add("the server did not know the session");
      if (error.code === "expired") this.marks.add("the session expired");
      if (error.code === "protocol") this.fail("fails with a type", `the ${side.name}: ${error.message}`);
      if (!this.isHarsh) this.fail("goes on", `the ${side.name}'s session failed: ${error.code}`);
      if (error.confirmedBytes > peer.read && peer.reader !== "cancelled" && peer.writer !== "aborted") {
        this.fail("fails with a type", "it confirms more than was read");
      }
      return;
    }
    if (error instanceof TransportError) {
      const isRight =
        end === "reader"
          ? error.code === "reset" && (peer.writer !== "open" || peer.reader !== "open" || side.reader === "cancelled")
          : (error.code === "stopped" && (peer.reader === "cancelled" || peer.writer === "aborted")) ||
            (error.code === "closed" && side.writer === "aborted");
      if (!isRight) this.fail("ends as it was ended", `the ${side.name}'s ${end} failed: ${error.code}`);
      return;
    }
    if (this.#abort.signal.aborted && error === this.#abort.signal.reason) return;
    this.fail("fails with a type", `the ${side.name}'s ${end} failed with ${String(error)}`);
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.clock.after(ms, resolve));
  }

  #checkEnd(): void {
    for (const side of [this.#client, this.#server]) {
      const { transport, name } = side;
      if (transport === undefined) {
        if (name === "client" || !this.isHarsh) this.fail("goes on", `the ${name} never had a session`);
        continue;
      }
      if (transport.state !== "closed" && transport.state !== "failed") {
        this.fail("ends in time", `the ${name} is ${transport.state} at the end`);
      }
      if (side.reader === "open") this.fail("ends in time", `the ${name}'s reader waits for ever`);
      if (side.writer === "open") this.fail("ends in time", `the ${name}'s writer waits for ever`);
    }
    for (const carrier of this.#carriers) {
      if (!carrier.clientIsOver) this.fail("leaves nothing behind", "the client has not ended a carrier");
      if (!carrier.serverIsOver) this.fail("leaves nothing behind", "the server has not ended a carrier");
    }
    if (this.clock.liveTimers > 0) this.fail("leaves nothing behind", "a timer is left");
  }
}

/** The server's listener. */
class Incoming implements AsyncIterableIterator<ByteTransport> {
  readonly #waiting: ByteTransport[] = [];
  #asking: ((result: IteratorResult<ByteTransport>) => void) | undefined;
  #isOver = false;

  push(transport: ByteTransport): void {
    if (this.#isOver) {
      discard(transport, new Error("nobody listens"));
    } else if (this.#asking === undefined) {
      this.#waiting.push(transport);
    } else {
      this.#asking({ done: false, value: transport });
      this.#asking = undefined;
    }
  }

  finish(): void {
    this.#isOver = true;
    this.#asking?.({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<ByteTransport>> {
    const transport = this.#waiting.shift();
    if (transport !== undefined) return Promise.resolve({ done: false, value: transport });
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => (this.#asking = resolve));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

const isSame = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;

export async function runResumeWorld(choices: Choices, plant?: ResumePlant): Promise<Outcome> {
  const world = new ResumeWorld(choices);
  const undo = plant?.(world);
  try {
    await world.run();
  } finally {
    undo?.();
  }
  const { findings, marks, trace, bytes } = world;
  return { findings, marks, trace, bytes };
}
