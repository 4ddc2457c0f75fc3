/** Finds peers through the signals, and keeps a pair for each. */
import type { Command, Input, Machine } from "./machine.ts";
import { readMessage, writeMessage, type Hello, type Message, type PairMessage } from "./messages.ts";
import { Pair } from "./pair.ts";

export interface RoomOptions {
  /** This end's id: 32 random hexadecimal digits. */
  readonly own: string;
  /** The most peers at a time. */
  readonly maxPeers: number;
  /** Whether to stop looking once the first peer has been met and has gone. */
  readonly once: boolean;
  /** What all peers know and strangers do not. */
  readonly secret: Uint8Array | undefined;
  readonly connectMs: number;
  readonly lostMs: number;
  /** Makes 32 random hexadecimal digits. */
  readonly randomId: () => string;
}

/** How long to wait between two calls for peers, in milliseconds. The last one stays. */
const HELLO_MS = [100, 250, 500, 1000, 2000, 4000];

/** How many texts may come at once, and how many a second: for each peer, and for all strangers together. */
const BURST_TEXTS = 100;
const TEXTS_PER_SECOND = 20;

/** Problems are reported at most this often, in milliseconds: anyone can cause them. */
const REPORT_MS = 1000;

/** How many texts may still come. */
class Allowance {
  #left = BURST_TEXTS;
  #sinceMs: number;

  constructor(nowMs: number) {
    this.#sinceMs = nowMs;
  }

  take(nowMs: number): boolean {
    this.#left = Math.min(BURST_TEXTS, this.#left + ((nowMs - this.#sinceMs) * TEXTS_PER_SECOND) / 1000);
    this.#sinceMs = nowMs;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}

interface Entry {
  readonly pair: Pair;
  readonly allowance: Allowance;
}

export class Room implements Machine {
  readonly #options: RoomOptions;
  /** By the peer's id. */
  readonly #entries = new Map<string, Entry>();
  #strangers: Allowance | undefined;
  #helloAtMs = Infinity;
  #hellos = 0;
  #reportedMs = -Infinity;
  #hasSignals = true;

  constructor(options: RoomOptions) {
    this.#options = options;
  }

  get deadlineMs(): number {
    let nextMs = this.#helloAtMs;
    for (const { pair } of this.#entries.values()) nextMs = Math.min(nextMs, pair.deadlineMs);
    return nextMs;
  }

  handle(input: Input, nowMs: number): Command[] {
    switch (input.type) {
      case "start":
        return this.#look(nowMs);
      case "text":
        return this.#receive(input.text, nowMs);
      case "stop": {
        this.#hasSignals = false;
        return this.#all((pair) => pair.end("closed", "this end closed it"), nowMs);
      }
      case "signalsEnded":
        this.#hasSignals = false;
        return this.#all((pair) => pair.handle(input, nowMs), nowMs);
      case "online":
        return [...this.#all((pair) => pair.handle(input, nowMs), nowMs), ...this.#look(nowMs)];
      case "tick": {
        const commands = this.#all((pair) => (nowMs >= pair.deadlineMs ? pair.handle(input, nowMs) : []), nowMs);
        return nowMs >= this.#helloAtMs ? [...commands, ...this.#hello(nowMs)] : commands;
      }
      default: {
        for (const { pair } of this.#entries.values()) {
          if (pair.session === input.session) return this.#tidy(pair, pair.handle(input, nowMs), nowMs);
        }
        return [];
      }
    }
  }

  #all(handle: (pair: Pair) => Command[], nowMs: number): Command[] {
    return [...this.#entries.values()].flatMap(({ pair }) => this.#tidy(pair, handle(pair), nowMs));
  }

  /** Forgets the pair if it is over, and looks for another peer then. */
  #tidy(pair: Pair, commands: Command[], nowMs: number): Command[] {
    if (pair.phase !== "over" || this.#entries.get(pair.peer)?.pair !== pair) return commands;
    this.#entries.delete(pair.peer);
    if (this.#options.once && pair.isMet) this.#hasSignals = false;
    return [...commands, ...this.#look(nowMs)];
  }

  get #isFull(): boolean {
    return this.#entries.size >= this.#options.maxPeers;
  }

  /** Calls for peers, soon at first. */
  #look(nowMs: number): Command[] {
    if (this.#isFull || !this.#hasSignals) return [];
    this.#hellos = 0;
    return this.#hello(nowMs);
  }

  #hello(nowMs: number): Command[] {
    this.#helloAtMs = Infinity;
    if (this.#isFull || !this.#hasSignals) return [];
    this.#helloAtMs = nowMs + HELLO_MS[Math.min(this.#hellos++, HELLO_MS.length - 1)]!;
    return [this.#send({ type: "hello", from: this.#options.own })];
  }

  #send(message: Message): Command {
    return { type: "send", text: writeMessage(message, this.#options.secret) };
  }

  #receive(text: unknown, nowMs: number): Command[] {
    this.#strangers ??= new Allowance(nowMs);
    const message = readMessage(text, this.#options.secret);
    if (message === undefined) return [];
    if (typeof message === "string") {
      return this.#strangers.take(nowMs) ? this.#report(`a text was ignored: ${message}`, nowMs) : [];
    }
    const { own } = this.#options;
    // Everyone hears everything on some signals.
    if (message.from === own || (message.to !== undefined && message.to !== own)) return [];
    const entry = this.#entries.get(message.from);
    const allowance = entry?.allowance ?? this.#strangers;
    if (!allowance.take(nowMs)) return this.#report("texts were ignored: there are too many", nowMs);
    if (message.type === "hello") return this.#greet(message, entry, nowMs);
    if (entry?.pair.session === message.session) {
      return this.#tidy(entry.pair, entry.pair.receive(message, nowMs), nowMs);
    }
    // A later round belongs to a session that is over here.
    return message.type === "offer" && message.round === 1 ? this.#admit(message, entry, nowMs) : [];
  }

  #report(problem: string, nowMs: number): Command[] {
    if (nowMs < this.#reportedMs + REPORT_MS) return [];
    this.#reportedMs = nowMs;
    return [{ type: "report", problem }];
  }

  /** Somebody looks for peers. The one with the greater id offers. */
  #greet({ from, to }: Hello, entry: Entry | undefined, nowMs: number): Command[] {
    const { own, randomId } = this.#options;
    if (entry !== undefined || this.#isFull) return [];
    if (own < from) return to === undefined ? [this.#send({ type: "hello", from: own, to: from })] : [];
    return this.#begin(from, randomId(), true, nowMs);
  }

  #begin(peer: string, session: string, offers: boolean, nowMs: number, allowance = new Allowance(nowMs)): Command[] {
    const { own, connectMs, lostMs, randomId } = this.#options;
    const options = { own, peer, session, offers, nonce: randomId(), connectMs, lostMs, hasSignals: true };
    const pair = new Pair(options, (message) => this.#send(message), nowMs);
    this.#entries.set(peer, { pair, allowance });
    return offers ? pair.begin(nowMs) : [];
  }

  /** An offer of a session that is new here. */
  #admit(message: PairMessage, entry: Entry | undefined, nowMs: number): Command[] {
    const { own } = this.#options;
    const { from, session } = message;
    if (from < own) return [];
    // If the two are connected, the connection says that the peer has begun anew.
    if (entry === undefined ? this.#isFull : entry.pair.isMet) {
      return [this.#send({ type: "busy", from: own, to: from, session })];
    }
    const ended = entry?.pair.end("failed", "the peer began anew") ?? [];
    // Whoever begins anew may not send more than others.
    const begun = this.#begin(from, session, false, nowMs, entry?.allowance);
    return [...ended, ...begun, ...this.#entries.get(from)!.pair.receive(message, nowMs)];
  }
}
