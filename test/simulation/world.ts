/** One run: connections between real faces over the simulated network, in virtual time, from one list of choices. */
import type { WebSocketSession } from "../../src/stream/index.ts";
import type { TransportRequest } from "../../src/transports/byteTransport.ts";
import { replaceBlob, SimBlob } from "./blobs.ts";
import type { Choices, Draws, Script } from "./choices.ts";
import { startSession, startSocket, type TearDown } from "./clients.ts";
import type { Connection } from "./connection.ts";
import { listen, turn, type Uncaught } from "./host.ts";
import { describe, End, PROMPT_MS, UNCOUNTED_BYTES, type Face, type Finding, type Law, type LawWorld } from "./laws.ts";
import type { Mark } from "./marks.ts";
import { PlannedError, plannedBehind, type Destination } from "./misbehaviour.ts";
import { Link, type LinkFault } from "./network.ts";
import { drawSide, REPRIEVE_MS, type Agreement } from "./options.ts";
import { startAccept, startCrossws, startServe, startWebSocketServer, type Server } from "./servers.ts";
import { VirtualClock } from "./virtualClock.ts";

/** More turns than this without time going on are a busy loop. */
const MOST_TURNS = 10_000;

/** More events than this have no end. */
const MOST_STEPS = 50_000;

/** This many turns without activity end a step. */
const QUIET_TURNS = 2;

const MOST_LISTENERS = 10;

const FAULTS: readonly LinkFault[] = [
  "clog",
  "clog",
  "clogBoth",
  "reset",
  "end",
  "halfEnd",
  "vanish",
  "vanishOneWay",
  "corrupt",
];

export interface Outcome {
  readonly trace: readonly string[];
  readonly findings: readonly Finding[];
  readonly marks: ReadonlySet<Mark>;
  readonly script: Script;
}

/** Changes a world before it runs, so that the simulator itself can be tested. */
export type Plant = (world: World) => void;

export class World implements LawWorld {
  readonly clock = new VirtualClock();
  readonly choices: Choices;
  readonly trace: string[] = [];
  readonly findings: Finding[] = [];
  readonly marks = new Set<Mark>();
  readonly connections: Connection[] = [];
  agreement!: Agreement;
  /** Stands before each session, so that a fault can be planted. */
  alterSession: (session: WebSocketSession) => WebSocketSession = (session) => session;
  /** Where errors of handlers of the server go, and of what it asks before them. */
  handlerErrors: Destination = "caller";
  originErrors: Destination = "callerOrWarning";
  /** When the server's application stopped it. */
  stoppedMs = Infinity;
  /** When that took no more connections, and left those that it had. */
  shutMs = Infinity;
  /** By how much everything may be late, because the process stands still. */
  lateMs = 0;
  /** A Ping frame is under way. */
  pinged: () => void = () => {};
  /** Number of the application's invalid calls. The library warns of each with its own error. */
  mistakes = 0;
  readonly #planned: PlannedError[] = [];
  readonly #signals: { readonly signal: AbortSignal; readonly listeners: Set<unknown> }[] = [];
  #activity = 0;

  constructor(choices: Choices) {
    this.choices = choices;
  }

  get nowMs(): number {
    return this.clock.now();
  }

  log(text: string): void {
    this.trace.push(`${this.clock.now()} ${text}`);
  }

  mark(mark: Mark): void {
    this.marks.add(mark);
  }

  fail(law: Law, what: string): void {
    this.log(`FINDING ${law}: ${what}`);
    this.findings.push({ law, what, atMs: this.nowMs });
  }

  after(ms: number, run: () => void): void {
    this.clock.after(ms, run);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.after(ms, resolve));
  }

  handlerError(where: string): PlannedError {
    return this.#plan(new PlannedError(where, this.handlerErrors));
  }

  originError(): PlannedError {
    this.mark("origin policy failed");
    return this.#plan(new PlannedError("the origin policy", this.originErrors));
  }

  /** An error of a listener or a hook, which the library has to warn of. */
  defect(mark: Mark, where: string): PlannedError {
    this.mark(mark);
    return this.#plan(new PlannedError(where, "warning"));
  }

  /** An error of a listener of the class, which the platform reports. */
  eventError(mark: Mark, where: string): PlannedError {
    this.mark(mark);
    return this.#plan(new PlannedError(where, "platform"));
  }

  #plan(error: PlannedError): PlannedError {
    this.#planned.push(error);
    this.log(error.message);
    return error;
  }

  /** An extension or `random` is about to throw. */
  threw(mark: Mark, error: PlannedError, name: string): void {
    this.mark(mark);
    this.log(`${name} ${error.message}`);
    for (const { client } of this.connections) if (client.name === name) client.threw(error);
  }

  /** `onError` was called. */
  told(error: unknown): void {
    this.log(`told ${describe(error)}`);
    if (error instanceof PlannedError) error.tellings++;
  }

  /** A Blob whose bytes take some time to be read, or can't be. */
  blob(end: End, bytes: Uint8Array<ArrayBuffer>, draws: Draws): SimBlob {
    this.mark("Blob sent");
    const ms = draws.pick([0, 1, 20, 150]);
    const fails = draws.oneIn(5);
    return new SimBlob([bytes], async () => {
      if (ms > 0) await this.sleep(ms);
      if (!fails) return;
      this.mark("Blob failed");
      end.endsEarly = true;
      throw new PlannedError("a Blob");
    });
  }

  /** Counts the listeners of a signal. */
  watch(signal: AbortSignal): AbortSignal {
    const listeners = new Set<unknown>();
    this.#signals.push({ signal, listeners });
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<AbortSignal["addEventListener"]>) => {
      listeners.add(args[1]);
      if (listeners.size > MOST_LISTENERS) this.fail("leaves nothing behind", "a signal has more than 10 listeners");
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<AbortSignal["removeEventListener"]>) => {
      listeners.delete(args[1]);
      remove(...args);
    };
    return signal;
  }

  async run(): Promise<void> {
    const stopListening = listen((uncaught) => this.#hear(uncaught));
    const restoreBlob = replaceBlob();
    try {
      this.#build();
      let steps = 0;
      do {
        if (!(await this.#settle())) return;
        if (++steps > MOST_STEPS) {
          this.fail("never spins", "there is no end of events");
          return;
        }
      } while (this.#step());
      this.#checkLeft();
      await turn();
    } finally {
      restoreBlob();
      stopListening();
    }
  }

  #step(): boolean {
    if (this.clock.nextMs === undefined) return false;
    try {
      this.clock.step();
    } catch (error) {
      this.fail("contains", `a timer threw ${describe(error)}`);
    }
    return true;
  }

  /** Lets everything run that can at this time. */
  async #settle(): Promise<boolean> {
    await turn();
    if (!this.#hasTasks) return true;
    const { clock, trace } = this;
    let quiet = 0;
    let before = trace.length + clock.set + this.#activity;
    for (let turns = 0; quiet < QUIET_TURNS; turns++) {
      if (turns > MOST_TURNS) {
        this.fail("never spins", "time stands still");
        return false;
      }
      await turn();
      const now = trace.length + clock.set + this.#activity;
      quiet = now === before ? quiet + 1 : 0;
      before = now;
    }
    return true;
  }

  /** The class and the server's peers queue tasks, which one turn need not have run. Everything else waits for microtasks and the clock alone. */
  #hasTasks = false;

  #build(): void {
    const draws = this.choices.stream("world");
    const calm = draws.below(4) === 0;
    const clientFace = draws.pick(["session", "class", "both"] as const);
    const serverFace = draws.pick(["serve", "peer", "crossws", "accept"] as const);
    const mayKnow = clientFace === "session" && (serverFace === "serve" || serverFace === "accept");
    const handshake = mayKnow && draws.oneIn(4) ? "none" : "http1";
    const count =
      handshake === "none" && serverFace === "serve"
        ? 1
        : draws.pick([1, 1, 1, 1, 2, 1, 1, 2, 3, 4, 1, 1, 1, 1, 2, 12]);
    const deflates = draws.oneIn(8);
    this.agreement = {
      handshake,
      masking: !draws.oneIn(4),
      deflate: deflates,
      protocols: draws.pick([[], ["a"], ["a", "b"]]),
      defects: draws.oneIn(3),
    };
    if (handshake === "none") this.mark("prior knowledge");
    if (count > 1) this.mark("several connections");
    if (count > 1 && clientFace === "both") this.mark("both client faces");
    this.#hasTasks = clientFace !== "session" || serverFace === "peer" || serverFace === "crossws";
    this.#planStall(this.choices.stream("stall"));
    const serverSide = drawSide(this, this.choices.stream("server"), this.agreement, "server");
    const serverDraws = this.choices.stream("serverProgram");
    const server: Server =
      serverFace === "serve"
        ? startServe(this, serverSide, serverDraws)
        : serverFace === "accept"
          ? startAccept(this, serverSide)
          : serverFace === "peer"
            ? startWebSocketServer(this, serverSide, serverDraws)
            : startCrossws(this, serverSide, serverDraws);
    const tearDowns: TearDown[] = [];
    let startMs = 0;
    for (let index = 0; index < count; index++) {
      if (index > 0) startMs += draws.pick([0, 5, 20, 40]);
      const start = (): void => {
        const face = clientFace !== "both" ? clientFace : index % 2 === 0 ? "session" : "class";
        tearDowns.push(this.#connect(index, face, serverFace, server, serverSide, calm));
      };
      if (startMs === 0) start();
      else this.after(startMs, start);
    }
    const faultyMs = draws.pick([600, 1500]) + this.lateMs;
    const peacefulMs = draws.pick([50, 400]);
    if (!calm && count > 1 && draws.oneIn(2)) this.#swizzle(draws);
    if (draws.oneIn(5)) {
      const gently = draws.oneIn(3);
      this.after(draws.pick([0, 1, 30, 150, 500]), () => (gently ? server.shut() : server.stop()));
    }
    this.after(faultyMs, () => {
      this.log("healed");
      for (const { link } of this.connections) link.heal();
    });
    this.after(faultyMs + peacefulMs, () => {
      this.log("torn down");
      const clientsFirst = draws.oneIn(2);
      if (!clientsFirst) server.stop();
      for (const tearDown of tearDowns) tearDown();
      if (clientsFirst) this.after(draws.pick([0, 200]), () => server.stop());
      this.after(3000, () => server.check());
      // Longer than any wait but that for the rest of a message.
      this.after(4500, () => {
        // Of a request that is never answered, the wait for the rest of a message goes on.
        const isLeft = this.clock.liveTimers > 0 && !this.connections.some(({ server }) => server.exempt);
        if (isLeft) this.fail("leaves nothing behind", "a timer is set after everything has ended");
      });
    });
  }

  /** In some worlds the process stands still: at some time, or when a ping is under way, and perhaps again later. */
  #planStall(draws: Draws): void {
    const stallMs = draws.pick([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 150, 700, 3000]);
    if (stallMs === 0) return;
    const stall = (mark: Mark): void => {
      this.mark(mark);
      this.log(`stalls for ${stallMs}`);
      this.clock.stall(stallMs);
    };
    let stalled = false;
    if (draws.oneIn(2)) this.after(draws.below(600), () => stall("the process stood still"));
    else {
      this.pinged = () =>
        this.after(draws.below(3), () => {
          if (!stalled) stall("the process stood still with a ping under way");
          stalled = true;
        });
    }
    const more = draws.pick([0, 0, 1, 2]);
    for (let i = 0; i < more; i++) this.after(draws.below(1200), () => stall("the process stood still again"));
    // What is due then gets a little more time.
    this.lateMs = (1 + more) * (stallMs + REPRIEVE_MS);
  }

  /** A hook of this side has closed a connection. Its face does not know yet. */
  closedByHook(name: string): void {
    for (const { client, server } of this.connections) {
      const end = name === "server" ? server : client;
      if (name === "server" || name === client.name) end.closeWantedMs = Math.min(end.closeWantedMs, this.nowMs);
    }
  }

  #connect(
    index: number,
    clientFace: "session" | "class",
    serverFace: Face,
    server: Server,
    serverSide: ReturnType<typeof drawSide>,
    calm: boolean,
  ): TearDown {
    const draws = this.choices.stream(`client.${index}`);
    const net = this.choices.stream(`net.${index}`);
    const side = drawSide(this, draws, this.agreement, `c${index}`);
    const link = new Link(this, `n${index}`, net, calm, {
      hasHandshake: this.agreement.handshake === "http1",
      masking: this.agreement.masking,
    });
    const getterError = (): PlannedError => new PlannedError("a getter of the transport", "anyone");
    link.client.getterError = getterError;
    link.server.getterError = getterError;
    const badGetters = link.client.badGetter !== undefined || link.server.badGetter !== undefined;
    const client = new End(this, `c${index}`, clientFace, link.client, { ...side.options, lateMs: side.lateMs });
    const serverEnd = new End(this, `s${index}`, serverFace, link.server, {
      ...serverSide.options,
      lateMs: serverSide.lateMs,
    });
    client.peer = serverEnd;
    serverEnd.peer = client;
    const connection: Connection = {
      index,
      link,
      client,
      server: serverEnd,
      tampered: side.tampered || serverSide.tampered || badGetters,
      strict: side.strict || serverSide.strict,
      clientOutcome: undefined,
      clientGaveUp: false,
      handshakeDueMs: Infinity,
      refusal: undefined,
    };
    this.connections[index] = connection;
    const promptMs = (peer: End): number | undefined =>
      link.faulty || connection.tampered || link.latencyMs > 2 || !peer.readsAll || peer.everPaused || this.lateMs > 0
        ? undefined
        : PROMPT_MS;
    const mayClose = (): boolean =>
      connection.tampered || connection.strict || connection.closeDue !== undefined || this.stoppedMs < Infinity;
    client.leavesPongs = side.options.autoPong === false;
    serverEnd.leavesPongs = serverSide.options.autoPong === false;
    for (const end of [client, serverEnd]) {
      end.mayClose = mayClose;
      end.isDisturbed = () => link.disturbed;
      end.transport.outgoing.scanner.pinged = () => this.pinged();
    }
    client.promptMs = () => promptMs(serverEnd);
    serverEnd.promptMs = () => promptMs(client);
    if (!calm) {
      for (let left = net.below(3); left > 0; left--) {
        const fault = net.pick(FAULTS);
        const atMs = net.pick([0, 1, 3, 10, 40, 100, 250, 500]) + net.below(8);
        this.after(atMs, () => {
          link.befall(fault, net);
          if (link.back.vanished || link.there.vanished) {
            if (link.back.vanished) client.vanished();
            if (link.there.vanished) serverEnd.vanished();
          }
        });
      }
    }
    const parsed = this.agreement.handshake === "http1" && link.there.isWhole && !badGetters && draws.oneIn(12);
    const tearDown =
      clientFace === "session"
        ? startSession(this, connection, side, draws)
        : startSocket(this, connection, side, draws);
    // Not before the client has begun: a server need not know of one that never does.
    if (parsed) {
      this.mark("request read by somebody else");
      link.there.takeHead = (head) => {
        link.server.request = parseHead(head);
        server.bring(link.server, connection);
      };
    } else {
      this.after(link.latencyMs, () => server.bring(link.server, connection));
    }
    return tearDown;
  }

  /** Clogs some links one by one, and restores them in another order (FoundationDB's swizzle-clogging). */
  #swizzle(draws: ReturnType<Choices["stream"]>): void {
    this.mark("swizzled");
    let atMs = draws.below(60);
    const untilMs = atMs + 300;
    for (let index = 0; index < 12; index++) {
      atMs += draws.below(60);
      const backMs = draws.below(200);
      const skipped = draws.oneIn(2);
      if (skipped || atMs > untilMs) continue;
      this.after(atMs, () => {
        const link = this.connections[index]?.link;
        if (link === undefined) return;
        link.disturbed = true;
        link.clog(link.there, untilMs + backMs - this.nowMs);
        link.clog(link.back, untilMs + backMs - this.nowMs);
      });
    }
  }

  #hear({ kind, error }: Uncaught): void {
    this.#activity++;
    const planned = plannedBehind(error);
    this.log(`uncaught ${kind} ${describe(error)}`);
    if (planned === undefined) {
      if (kind !== "warning" || --this.mistakes < 0) this.fail("contains", `uncaught ${kind}: ${describe(error)}`);
    } else if (kind === "rejection") {
      this.fail("contains", `uncaught rejection: ${planned.message}`);
    } else if (kind === "warning") {
      planned.warnings++;
    } else {
      planned.exceptions++;
    }
    if (planned !== undefined && !this.#planned.includes(planned)) this.#planned.push(planned);
  }

  #checkLeft(): void {
    for (const { client, server, link } of this.connections) {
      client.checkLeft();
      server.checkLeft();
      link.heal();
    }
    for (const connection of this.connections) this.#checkAnswer(connection);
    if (this.clock.liveTimers > 0) this.fail("leaves nothing behind", "a timer is left");
    for (const { signal, listeners } of this.#signals) {
      if (!signal.aborted && listeners.size > 0) this.fail("leaves nothing behind", "a signal has listeners left");
    }
    for (const { where, misreport } of this.#planned) {
      if (misreport !== undefined) this.fail("contains", `what ${where} threw ${misreport}`);
    }
  }

  #checkAnswer(connection: Connection): void {
    const { link, client, server, refusal, closeDue, clientGaveUp, clientOutcome, handshakeDueMs } = connection;
    if (link.disturbed || connection.tampered || connection.strict || clientGaveUp) return;
    const { stoppedMs, shutMs } = this;
    if (refusal !== undefined && refusal.atMs + 2 * link.latencyMs + 50 + this.lateMs <= handshakeDueMs) {
      const { why, status } = refusal;
      if (clientOutcome !== status && !(clientOutcome === 503 && Math.min(stoppedMs, shutMs) < Infinity)) {
        this.fail("answers", `the ${client.face} got ${String(clientOutcome)}, not ${status}, when ${why}`);
      }
    }
    if (closeDue === undefined || closeDue.atMs >= stoppedMs || !client.opened || client.began || server.began) return;
    // There may be no time for the Close.
    if (2 * link.latencyMs >= server.closeTimeoutMs || !link.back.takesAtOnce(server.sentBytes + UNCOUNTED_BYTES))
      return;
    // A client that gives up before the Close can arrive hears of none.
    if (client.over !== undefined && client.over.atMs < closeDue.atMs + link.latencyMs) return;
    if (client.over !== undefined && client.over.code !== closeDue.code) {
      this.fail(
        "answers",
        `the ${client.face} got code ${client.over.code}, not ${closeDue.code}, when ${closeDue.why}`,
      );
    }
  }
}

/** What an HTTP server makes of the head of a request. */
function parseHead(head: string): TransportRequest {
  const [first = "", ...lines] = head.trimEnd().split("\r\n");
  const [method = "", target = ""] = first.split(" ");
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return { method, target, headers };
}

export async function runWorld(choices: Choices, plant?: Plant): Promise<Outcome> {
  const world = new World(choices);
  plant?.(world);
  await world.run();
  return { trace: world.trace, findings: world.findings, marks: world.marks, script: choices.recorded };
}
