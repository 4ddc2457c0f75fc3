/**
 * Two peers that negotiate a connection, as one of them sees it. One of the two always offers, so offers never collide
 * and nothing is ever rolled back (in Chromium 156 a rollback may leave a connection without candidates).
 */
import type { Fare } from "../transports/peerConnection.ts";
import { fingerprintOf } from "../transports/sessionDescription.ts";
import { Greeting } from "./greeting.ts";
import type { Command, Input, Reason } from "./machine.ts";
import { MAX_CANDIDATES, proofOf, type Description, type PairMessage, type Refusal } from "./messages.ts";

/**
 * - `describing`: the shell makes an offer or an answer
 * - `offered`: the offer is out, and there is no answer yet
 * - `settling`: both ends have both descriptions, and are not connected yet
 * - `through`: connected
 */
export type Phase = "describing" | "offered" | "settling" | "through" | "over";
type Signal = "describe" | "offer" | "answer" | "connect" | "refuse" | "end";

/** What may happen in which phase. An empty cell: it can't happen, or has no effect. */
export const phases: Readonly<Record<Phase, Readonly<Partial<Record<Signal, Phase>>>>> = {
  describing: { describe: "describing", offer: "offered", answer: "settling", refuse: "through", end: "over" },
  offered: { describe: "describing", answer: "settling", refuse: "through", end: "over" },
  settling: { describe: "describing", connect: "through", refuse: "through", end: "over" },
  through: { describe: "describing", end: "over" },
  over: {},
};

export interface PairOptions {
  readonly session: string;
  /** The ids of this end and of the other one. */
  readonly own: string;
  readonly peer: string;
  readonly offers: boolean;
  /** 32 random hexadecimal digits. */
  readonly nonce: string;
  /** How long connecting may take, in milliseconds. */
  readonly connectMs: number;
  /** How long a broken connection may take to come back, in milliseconds. */
  readonly lostMs: number;
  /** Whether messages reach the other end. Without that there are no repeats and no restarts. */
  readonly hasSignals: boolean;
}

/** Repeats what may have been lost, in milliseconds. */
const REPEAT_MS = 1000;

/** After this time, in milliseconds, a round that has not brought the connection back is followed by another. */
const ROUND_MS = 5000;

/** The least time between two rounds, in milliseconds, at either end's request. */
const RESTART_GAP_MS = 2000;

/** When to repeat the greeting, in milliseconds. Only the browser can lose it, and only at the start. */
const GREET_AGAIN_MS = 250;

type Send = (message: PairMessage) => Command;

export class Pair {
  readonly #options: PairOptions;
  readonly #send: Send;
  readonly #sinceMs: number;
  #phase: Phase = "describing";
  #round = 0;
  #roundSinceMs = 0;
  #repeatAtMs = Infinity;
  #greetAtMs = Infinity;
  #brokenSinceMs = Infinity;
  /** This end's description of the round. */
  #sdp: string | undefined;
  #candidates: string[] = [];
  /** The other end's candidates of the round that were passed on. */
  #known = new Set<string>();
  /** Whether the round is of a new connection. */
  #renews = false;
  /** The fingerprints of both ends' certificates, which change with the connection only. */
  #ownPrint: string | undefined;
  #theirPrint: string | undefined;
  #greeting: Greeting | undefined;
  #isOpen = false;
  #isMet = false;
  #fare: Fare | undefined;
  /** Whether messages still reach the other end. */
  #hasSignals: boolean;
  /** ICE can't be restarted on this connection: it can only be replaced. */
  #mustRenew = false;
  /** This end can't take the offer of the round. */
  #isRefusing = false;

  constructor(options: PairOptions, send: Send, nowMs: number) {
    this.#options = options;
    this.#send = send;
    this.#sinceMs = nowMs;
    this.#hasSignals = options.hasSignals;
  }

  get peer(): string {
    return this.#options.peer;
  }

  get session(): string {
    return this.#options.session;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Whether the two have been connected. */
  get isMet(): boolean {
    return this.#isMet;
  }

  get deadlineMs(): number {
    if (this.#phase === "over") return Infinity;
    const endMs = this.#isMet ? this.#brokenSinceMs + this.#options.lostMs : this.#sinceMs + this.#options.connectMs;
    return Math.min(endMs, this.#repeatAtMs, this.#greetAtMs);
  }

  /** Makes the first offer. */
  begin(nowMs: number): Command[] {
    return this.#nextRound(nowMs);
  }

  /** A message of this session. */
  receive(message: PairMessage, nowMs: number): Command[] {
    if (this.#phase === "over") return [];
    const { offers } = this.#options;
    switch (message.type) {
      case "offer":
        return offers ? [] : this.#receiveOffer(message, nowMs);
      case "answer":
        return offers ? this.#receiveAnswer(message) : [];
      case "candidates":
        return message.round === this.#round ? this.#learn(message.candidates) : [];
      case "again":
        return offers && this.#isMet ? this.#restart(nowMs) : [];
      case "refused":
        return this.#phase === "offered" && message.proof === this.#prove(message)
          ? this.#refused(message.round, "the other end can't take the offer", nowMs)
          : [];
      case "busy":
      case "bye":
        // Connected peers learn of the end from the connection, because anyone can forge a signal.
        return this.#isMet
          ? []
          : this.end(message.type === "busy" ? "busy" : "failed", `the peer said ${message.type}`);
      default:
        return assertNever(message);
    }
  }

  handle(input: Input, nowMs: number): Command[] {
    if (this.#phase === "over") return [];
    switch (input.type) {
      case "described":
        return this.#described(input.sdp, input.round, nowMs);
      case "refused":
        return this.#refused(input.round, input.why, nowMs);
      case "candidate":
        return this.#found(input.candidate);
      case "fare":
        return this.#watch(input.fare, nowMs);
      case "opened":
        this.#isOpen = true;
        return this.#greet(nowMs);
      case "heard":
        return this.#hear(input.text);
      case "silenced":
        return this.#isOpen ? this.#part() : [];
      case "online":
        return this.#isMet ? this.#restart(nowMs) : [];
      case "tick":
        return this.#tick(nowMs);
      case "leave":
        return this.end("closed", "this end closed it");
      case "signalsEnded":
        this.#hasSignals = false;
        this.#repeatAtMs = Infinity;
        return [];
      case "start":
      case "stop":
      case "text":
        return [];
      default:
        return assertNever(input);
    }
  }

  end(reason: Reason, why: string): Command[] {
    if (!this.#step("end")) return [];
    const { own: from, peer: to, session } = this.#options;
    const farewell = this.#isMet || reason === "busy" ? [] : [this.#send({ type: "bye", from, to, session })];
    return [...farewell, { type: "over", session, reason, why }];
  }

  /** Whether the signal means anything in this phase. If so, the phase changes. */
  #step(signal: Signal): boolean {
    const next = phases[this.#phase][signal];
    if (next === undefined) return false;
    this.#phase = next;
    return true;
  }

  #nextRound(nowMs: number, renews = false, round = this.#round + 1): Command[] {
    if (!this.#step("describe")) return [];
    this.#round = round;
    this.#renews = renews;
    this.#isRefusing = false;
    if (renews) {
      this.#mustRenew = false;
      this.#fare = "interrupted";
      this.#brokenSinceMs = Math.min(this.#brokenSinceMs, nowMs);
    }
    this.#roundSinceMs = nowMs;
    this.#repeatAtMs = Infinity;
    this.#sdp = undefined;
    this.#candidates = [];
    this.#known = new Set();
    const { session, offers } = this.#options;
    return offers ? [{ type: "offer", session, round, renews }] : [];
  }

  #receiveOffer(offer: Description, nowMs: number): Command[] {
    const { round, sdp, candidates, proof } = offer;
    if (round < this.#round) return [];
    if (round === this.#round)
      return this.#isRefusing ? this.#refuse() : [...this.#learn(candidates), ...this.#describe()];
    const problem = this.#checkPrint(offer);
    if (problem !== undefined) return problem;
    const { session } = this.#options;
    const renews = proof !== undefined;
    const begun = this.#nextRound(nowMs, renews, round);
    return [...begun, { type: "answer", session, round, sdp, renews }, ...this.#learn(candidates)];
  }

  #receiveAnswer(answer: Description): Command[] {
    const { round, sdp, candidates, proof } = answer;
    if (round !== this.#round || (proof !== undefined) !== this.#renews) return [];
    const { session } = this.#options;
    if (this.#phase !== "offered") return this.#phase === "describing" ? [] : this.#learn(candidates);
    const problem = this.#checkPrint(answer);
    if (problem !== undefined) return problem;
    this.#step("answer");
    const accepted: Command[] = [{ type: "accept", session, round, sdp }, ...this.#learn(candidates)];
    return [...accepted, ...this.#trickle(this.#candidates), ...this.#settle()];
  }

  /** The certificate stays the same for a connection. A different one without a proof belongs to somebody else. */
  #checkPrint(description: Description): Command[] | undefined {
    const print = fingerprintOf(description.sdp);
    if (description.proof !== undefined) {
      if (description.proof !== this.#prove(description)) {
        return [{ type: "report", problem: "the proof of a new connection is wrong" }];
      }
      this.#theirPrint = print;
    }
    this.#theirPrint ??= print;
    return print === this.#theirPrint
      ? undefined
      : [{ type: "report", problem: "a description has another certificate" }];
  }

  #prove(message: Parameters<typeof proofOf>[1]): string | undefined {
    const secret = this.#greeting?.secret;
    return secret === undefined ? undefined : proofOf(secret, message);
  }

  /** Passes on the candidates that are new. */
  #learn(candidates: readonly string[]): Command[] {
    // Without a description there is nothing to add them to. The offer is repeated with all of them.
    if (this.#phase === "describing" && this.#options.offers) return [];
    if (this.#phase === "offered") return [];
    const fresh = candidates.filter((each) => !this.#known.has(each)).slice(0, MAX_CANDIDATES - this.#known.size);
    for (const each of fresh) this.#known.add(each);
    return fresh.length === 0 ? [] : [{ type: "candidates", session: this.#options.session, candidates: fresh }];
  }

  #described(sdp: string, round: number, nowMs: number): Command[] {
    if (round !== this.#round || !this.#step(this.#options.offers ? "offer" : "answer")) return [];
    this.#sdp = sdp;
    this.#ownPrint ??= fingerprintOf(sdp);
    if (this.#options.offers && this.#options.hasSignals) this.#repeatAtMs = nowMs + REPEAT_MS;
    return [...this.#describe(), ...this.#settle()];
  }

  /** Sends this end's description, with all candidates so far. */
  #describe(): Command[] {
    const { own: from, peer: to, session, offers } = this.#options;
    if (this.#sdp === undefined) return [];
    const type = offers ? "offer" : "answer";
    const candidates = this.#mayTrickle ? this.#candidates.slice(0, MAX_CANDIDATES) : [];
    const description: Description = { type, from, to, session, round: this.#round, sdp: this.#sdp, candidates };
    return [this.#send(this.#renews ? { ...description, proof: this.#prove(description) } : description)];
  }

  /**
   * Whether the other end may know this end's candidates. The end that offers keeps them until it has the answer,
   * because libdatachannel fails if it is checked before that (0.33).
   */
  get #mayTrickle(): boolean {
    return !this.#options.offers || this.#phase === "settling" || this.#phase === "through";
  }

  #found(candidate: string): Command[] {
    this.#candidates.push(candidate);
    return this.#sdp === undefined || !this.#mayTrickle ? [] : this.#trickle([candidate]);
  }

  #trickle(found: readonly string[]): Command[] {
    if (found.length === 0) return [];
    const { own: from, peer: to, session } = this.#options;
    const candidates = found.slice(0, MAX_CANDIDATES);
    return [this.#send({ type: "candidates", from, to, session, round: this.#round, candidates })];
  }

  /**
   * One end could not take or make a description. An existing connection goes on without it; one that is broken is
   * replaced.
   */
  #refused(round: number, why: string, nowMs: number): Command[] {
    if (round !== this.#round) return [];
    if (!this.#isMet) return this.end("failed", why);
    const what = this.#renews ? "the connection can't be replaced" : "ICE can't be restarted";
    const problem: Command = { type: "report", problem: `${what}: ${why}` };
    this.#repeatAtMs = Infinity;
    this.#step("refuse");
    if (!this.#options.offers) return [problem, ...this.#refuse()];
    this.#mustRenew = true;
    if (!this.#isBroken()) return [problem];
    if (!this.#renews) return [problem, ...this.#nextRound(nowMs, true)];
    this.#repeatAtMs = nowMs + ROUND_MS;
    return [problem];
  }

  /** Tells the other end, now and when it repeats its offer. */
  #refuse(): Command[] {
    this.#isRefusing = true;
    const { own: from, peer: to, session } = this.#options;
    const refusal = { type: "refused", from, to, session, round: this.#round } satisfies Partial<Refusal>;
    const proof = this.#prove(refusal);
    return proof === undefined ? [] : [this.#send({ ...refusal, proof })];
  }

  #watch(fare: Fare, nowMs: number): Command[] {
    this.#fare = fare;
    // Firefox may report a working connection as interrupted (153). A restart shows whether it works, if one is
    // possible.
    const isBroken = fare === "failed" || (fare === "interrupted" && this.#hasSignals);
    if (fare === "connected") this.#brokenSinceMs = Infinity;
    else if (isBroken) this.#brokenSinceMs = Math.min(this.#brokenSinceMs, nowMs);
    switch (fare) {
      case "connected":
        return this.#settle();
      case "ended":
        return this.#part();
      case "interrupted":
        return this.#isMet ? this.#restart(nowMs) : [];
      case "failed":
        return this.#isMet ? this.#restart(nowMs) : this.end("failed", "no pair of candidates works");
      default:
        return assertNever(fare);
    }
  }

  /** The other end closed its connection. */
  #part(): Command[] {
    if (!this.#isMet) return this.end("failed", "the connection ended before it was ready");
    // Firefox closes the channels of a connection that has failed. An interrupted one may still deliver the other end's
    // messages.
    return this.#fare === "failed"
      ? this.end("lost", "the connection failed")
      : this.end("left", "the other end closed it");
  }

  /** Starts a round with ICE restarted, or asks for one, unless one is under way. */
  #restart(nowMs: number): Command[] {
    const isUnderWay = this.#phase !== "through" && this.#repeatAtMs < Infinity;
    if (!this.#hasSignals || this.#phase === "describing" || isUnderWay) return [];
    if (this.#options.offers) {
      if (this.#mustRenew && !this.#isBroken()) return [];
      if (nowMs >= this.#roundSinceMs + RESTART_GAP_MS) return this.#nextRound(nowMs, this.#mustRenew);
      this.#repeatAtMs = this.#roundSinceMs + RESTART_GAP_MS;
      return [];
    }
    this.#repeatAtMs = nowMs + REPEAT_MS;
    const { own: from, peer: to, session } = this.#options;
    return [this.#send({ type: "again", from, to, session })];
  }

  #greet(nowMs: number): Command[] {
    if (!this.#isOpen || this.#greeting?.digits !== undefined) return [];
    const greeting = this.#greetingOf();
    // A channel may open before the shell has told of the description.
    this.#greetAtMs = nowMs + GREET_AGAIN_MS;
    if (greeting === undefined) return [];
    return [{ type: "say", session: this.#options.session, text: greeting.begin() }];
  }

  #greetingOf(): Greeting | undefined {
    if (this.#ownPrint === undefined || this.#theirPrint === undefined) return undefined;
    return (this.#greeting ??= new Greeting(this.#ownPrint, this.#theirPrint, this.#options.nonce));
  }

  #hear(text: unknown): Command[] {
    const greeting = this.#greetingOf();
    if (greeting === undefined) return []; // the peer repeats it
    const { say, fault } = greeting.hear(String(text));
    if (fault !== undefined) {
      return this.#isMet ? [{ type: "report", problem: fault }] : this.end("failed", fault);
    }
    const said = say.map((text): Command => ({ type: "say", session: this.#options.session, text }));
    return [...said, ...this.#settle()];
  }

  /** If everything is done, the two are through. */
  #settle(): Command[] {
    const digits = this.#greeting?.digits;
    if (digits === undefined) return [];
    this.#greetAtMs = Infinity;
    // The digits came over the connection, so it works even if it has not yet reported `connected`.
    if (this.#isMet && this.#fare !== "connected") return [];
    if (!this.#step("connect")) return [];
    this.#repeatAtMs = Infinity;
    if (this.#isMet) return [];
    this.#isMet = true;
    return [{ type: "met", session: this.#options.session, fingerprint: digits }];
  }

  #tick(nowMs: number): Command[] {
    const { connectMs, lostMs } = this.#options;
    if (this.#isMet && nowMs >= this.#brokenSinceMs + lostMs) return this.end("lost", `it was gone for ${lostMs} ms`);
    if (!this.#isMet && nowMs >= this.#sinceMs + connectMs) {
      const missing = this.#phase === "offered" ? "answer" : "connection";
      return this.end("failed", `there was no ${missing} within ${connectMs} ms`);
    }
    const commands = nowMs >= this.#greetAtMs ? this.#greet(nowMs) : [];
    if (nowMs < this.#repeatAtMs) return commands;
    return [...commands, ...this.#repeat(nowMs)];
  }

  #repeat(nowMs: number): Command[] {
    this.#repeatAtMs = Infinity;
    if (this.#phase === "through") return this.#isBroken() ? this.#restart(nowMs) : [];
    if (!this.#options.offers) return [];
    // The other end no longer listens to the signals, and the connection has come back without them.
    if (this.#fare === "connected" && nowMs >= this.#roundSinceMs + this.#options.lostMs) return [];
    if (this.#isMet && this.#phase === "settling" && nowMs >= this.#roundSinceMs + ROUND_MS) {
      // While the network may come back, a restart keeps what is under way. Firefox never recovers by one (153).
      return this.#nextRound(nowMs, nowMs >= this.#brokenSinceMs + this.#options.lostMs / 2);
    }
    this.#repeatAtMs = nowMs + REPEAT_MS;
    return this.#describe();
  }

  #isBroken(): boolean {
    return this.#fare === "interrupted" || this.#fare === "failed";
  }
}

export function assertNever(value: never): never {
  throw new Error(`unexpected: ${JSON.stringify(value)}`);
}
