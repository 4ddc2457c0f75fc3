/**
 * Peers that look for each other, in virtual time: their machines, fake peer connections that obey the rules of the
 * real ones, and signals that lose, repeat, delay and reorder. Everything follows from the seed.
 */
import type { Command, Input, Reason } from "../../src/rendezvous/machine.ts";
import { Room, type RoomOptions } from "../../src/rendezvous/room.ts";
import type { Fare } from "../../src/transports/peerConnection.ts";
import { Random } from "../support/random.ts";

export interface Faults {
  /** Of a text. */
  loss: number;
  repeat: number;
  /** The longest time that a text takes, in milliseconds. Those of a shorter one overtake it. */
  delayMs: number;
  /** That Chromium drops the first words of a control channel. */
  drop: number;
}

export const NO_FAULTS: Faults = { loss: 0, repeat: 0, delayMs: 5, drop: 0 };

export function description(type: "offer" | "answer", ufrag: string, print: string): string {
  return [
    "v=0",
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
    `a=ice-ufrag:${ufrag}`,
    "a=ice-pwd:0123456789abcdefghijkl",
    `a=fingerprint:sha-256 ${print}`,
    `a=setup:${type === "offer" ? "actpass" : "active"}`,
    "",
  ].join("\r\n");
}

const ufragOf = (sdp: string): string => /ice-ufrag:(.*)\r/.exec(sdp)![1]!;

/** One end's connection. It complains if it is used as a real one must not be. */
class FakeLink {
  signaling: "stable" | "have-local-offer" | "closed" = "stable";
  local: string | undefined;
  remote: string | undefined;
  /** The other end's candidates for the remote description. */
  reachable = false;
  isConnected = false;
  /** No restart brings it back, as in Firefox. */
  isDead = false;
  hasOpened = false;
  made = 0;
  cuts = 0;
  isBusy = false;
  readonly waiting: (() => void)[] = [];
  readonly print: string;

  constructor(print: string) {
    this.print = print;
  }
}

interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

export interface Met {
  readonly session: string;
  readonly fingerprint: string;
  readonly atMs: number;
  over: { readonly reason: Reason; readonly why: string; readonly atMs: number } | undefined;
}

export class Peer {
  readonly id: string;
  readonly room: Room;
  readonly links = new Map<string, FakeLink>();
  readonly met: Met[] = [];
  readonly reports: string[] = [];
  /** How many connections replaced another one. */
  renewed = 0;
  sent = 0;
  isGone = false;
  /** What becomes of an offer that restarts ICE. */
  restarts: "answered" | "refused" | "ignored" = "answered";

  constructor(id: string, options: Partial<RoomOptions>, randomId: () => string) {
    this.id = id;
    this.room = new Room({
      own: id,
      maxPeers: 1,
      once: false,
      secret: undefined,
      connectMs: 20_000,
      lostMs: 30_000,
      randomId,
      ...options,
    });
  }

  /** Those that are not over. */
  get current(): Met[] {
    return this.met.filter(({ over }) => over === undefined);
  }
}

export class World {
  nowMs = 0;
  readonly peers: Peer[] = [];
  readonly texts: string[] = [];
  faults: Faults;
  readonly random: () => number;
  readonly #queue: Due[] = [];
  #order = 0;

  constructor(seed: number, faults: Faults) {
    const chance = new Random(seed);
    this.random = () => chance.uint32() / 2 ** 32;
    this.faults = faults;
  }

  readonly randomId = (): string =>
    Array.from({ length: 32 }, () => Math.floor(this.random() * 16).toString(16)).join("");

  /** A connection with a separate certificate. */
  #makeLink(): FakeLink {
    const print = Array.from({ length: 32 }, () => (16 + Math.floor(this.random() * 239)).toString(16).toUpperCase());
    return new FakeLink(print.join(":"));
  }

  join(options: Partial<RoomOptions> = {}, id = this.randomId()): Peer {
    const peer = new Peer(id, options, this.randomId);
    this.peers.push(peer);
    this.tell(peer, { type: "start" });
    return peer;
  }

  after(ms: number, run: () => void): void {
    this.#queue.push({ atMs: this.nowMs + ms, order: this.#order++, run });
  }

  /** What the relay makes of a text. */
  forge: (text: string) => string = (text) => text;

  /** Delivers a text to everyone but its sender. */
  broadcast(sent: string, from?: Peer): void {
    const text = this.forge(sent);
    this.texts.push(text);
    for (const peer of this.peers) {
      if (peer === from) continue;
      const { loss, repeat, delayMs } = this.faults;
      const copies = this.random() < repeat ? 2 : 1;
      for (let i = 0; i < copies; i++) {
        if (this.random() < loss) continue;
        this.after(this.random() * delayMs, () => this.tell(peer, { type: "text", text }));
      }
    }
  }

  tell(peer: Peer, input: Input): void {
    if (peer.isGone) return;
    for (const command of peer.room.handle(input, this.nowMs)) this.#obey(peer, command);
  }

  /** Leaves without a word. */
  kill(peer: Peer): void {
    peer.isGone = true;
    for (const session of peer.links.keys()) this.cut(session);
  }

  /** The network between the two ends of a session fails; `forGood`: only new connections get through again. */
  cut(session: string, forGood = false): void {
    for (const [peer, link] of this.#endsOf(session)) {
      if (!link.isConnected) continue;
      link.isDead = forGood;
      link.isConnected = false;
      link.reachable = false;
      const cut = ++link.cuts;
      const become = (fare: Fare): void => {
        if (!link.isConnected && link.cuts === cut && peer.links.get(session) === link)
          this.tell(peer, { type: "fare", session, fare });
      };
      this.after(this.random() * 5000, () => become("interrupted"));
      this.after(5000 + this.random() * 10_000, () => become("failed"));
    }
  }

  /** Runs until `isDone`, or until the time is over. Returns whether it was done. */
  run(untilMs: number, isDone: () => boolean = () => false): boolean {
    let ticks = 0;
    for (;;) {
      if (isDone()) return true;
      let next: Due | undefined;
      for (const each of this.#queue) {
        if (next === undefined || each.atMs < next.atMs || (each.atMs === next.atMs && each.order < next.order))
          next = each;
      }
      const sleepers = this.peers.filter(({ isGone }) => !isGone);
      const tickMs = Math.min(...sleepers.map(({ room }) => room.deadlineMs));
      const atMs = Math.max(Math.min(next?.atMs ?? Infinity, tickMs), this.nowMs);
      if (atMs > untilMs) {
        this.nowMs = untilMs;
        return isDone();
      }
      ticks = atMs === this.nowMs ? ticks + 1 : 0;
      if (ticks > 10_000) throw new Error("time stands still");
      this.nowMs = atMs;
      if (next !== undefined && next.atMs <= atMs) {
        this.#queue.splice(this.#queue.indexOf(next), 1);
        next.run();
      } else {
        for (const peer of sleepers) if (peer.room.deadlineMs <= atMs) this.tell(peer, { type: "tick" });
      }
    }
  }

  #endsOf(session: string): [Peer, FakeLink][] {
    return this.peers.flatMap((peer) => {
      const link = peer.links.get(session);
      return link === undefined ? [] : [[peer, link] as [Peer, FakeLink]];
    });
  }

  #obey(peer: Peer, command: Command): void {
    switch (command.type) {
      case "send":
        peer.sent++;
        this.broadcast(command.text, peer);
        return;
      case "report":
        return void peer.reports.push(command.problem);
      case "met":
        if (peer.met.some(({ session }) => session === command.session)) throw new Error("met twice");
        return void peer.met.push({ ...command, atMs: this.nowMs, over: undefined });
      default:
    }
    const { session } = command;
    let link = peer.links.get(session) ?? this.#makeLink();
    if (link.signaling === "closed") throw new Error(`${command.type} after the end`);
    if ("renews" in command && command.renews) {
      peer.renewed++;
      link.signaling = "closed";
      link.isConnected = false;
      link = this.#makeLink();
    }
    if (command.type === "over") {
      link.signaling = "closed";
      for (const met of peer.met) if (met.session === session) met.over = { ...command, atMs: this.nowMs };
      for (const [other] of this.#endsOf(session)) {
        if (other === peer || !link.isConnected) continue;
        this.after(this.random() * 100, () => this.tell(other, { type: "silenced", session }));
        this.after(this.random() * 100, () => this.tell(other, { type: "fare", session, fare: "ended" }));
      }
      link.isConnected = false;
      return;
    }
    peer.links.set(session, link);
    // Like the shell, one thing after the other.
    link.waiting.push(() => this.#do(peer, link, command));
    this.#next(link);
  }

  #next(link: FakeLink): void {
    if (link.isBusy) return;
    const step = link.waiting.shift();
    if (step === undefined) return;
    link.isBusy = true;
    this.after(this.random() * 20, () => {
      link.isBusy = false;
      if (link.signaling !== "closed") step();
      this.#next(link);
    });
  }

  #do(peer: Peer, link: FakeLink, command: Command): void {
    const violate = (what: string): never => {
      throw new Error(`InvalidStateError: ${what} in ${link.signaling}`);
    };
    switch (command.type) {
      case "offer":
        this.#describe(peer, link, command.session, command.round, "offer");
        return;
      case "answer":
        if (link.signaling !== "stable") violate("a remote offer");
        if (link.made > 0 && peer.restarts !== "answered") {
          const { session, round } = command;
          if (peer.restarts === "refused") this.tell(peer, { type: "refused", session, round, why: "not today" });
          return;
        }
        link.remote = command.sdp;
        link.reachable = false;
        this.#describe(peer, link, command.session, command.round, "answer");
        return;
      case "accept":
        if (link.signaling !== "have-local-offer") violate("a remote answer");
        link.signaling = "stable";
        link.remote = command.sdp;
        link.reachable = false;
        return;
      case "candidates":
        if (link.remote === undefined) violate("a candidate without a description");
        if (command.candidates.some((each) => each.endsWith(ufragOf(link.remote!)))) link.reachable = true;
        this.#connect(command.session);
        return;
      case "say":
        if (!link.hasOpened) violate("a word before the channel is open");
        this.#say(peer, command.session, command.text);
        return;
      default:
        throw new Error(command.type);
    }
  }

  #describe(peer: Peer, link: FakeLink, session: string, round: number, type: "offer" | "answer"): void {
    const ufrag = `${peer.id.slice(0, 6)}n${peer.renewed}r${++link.made}`;
    link.local = description(type, ufrag, link.print);
    if (type === "offer") link.signaling = "have-local-offer";
    this.tell(peer, { type: "described", session, round, sdp: link.local });
    for (let i = 0; i < 3; i++) {
      const candidate = `candidate:${i} 1 udp 1 192.0.2.1 ${40_000 + i} typ host ufrag ${ufrag}`;
      this.after(this.random() * 200, () => {
        if (link.local !== undefined && ufragOf(link.local) === ufrag && link.signaling !== "closed") {
          this.tell(peer, { type: "candidate", session, candidate });
        }
      });
    }
  }

  /** Connects the two ends if each has the other's description, and one of them can reach the other. */
  #connect(session: string): void {
    const ends = this.#endsOf(session);
    if (ends.length !== 2) return;
    const [[, one], [, two]] = ends as [[Peer, FakeLink], [Peer, FakeLink]];
    if (one.signaling !== "stable" || two.signaling !== "stable" || one.isConnected) return;
    if (one.isDead || two.isDead) return;
    if (one.local !== two.remote || two.local !== one.remote || !(one.reachable || two.reachable)) return;
    if (ends.some(([{ isGone }]) => isGone)) return;
    for (const [peer, link] of ends) {
      link.isConnected = true;
      this.after(
        this.random() * 50,
        () =>
          link.isConnected &&
          peer.links.get(session) === link &&
          this.tell(peer, { type: "fare", session, fare: "connected" }),
      );
      if (link.hasOpened) continue;
      this.after(this.random() * 80, () => this.#open(peer, link, session));
    }
  }

  #open(peer: Peer, link: FakeLink, session: string): void {
    if (!link.isConnected || link.hasOpened || peer.links.get(session) !== link) return;
    link.hasOpened = true;
    this.tell(peer, { type: "opened", session });
  }

  #say(peer: Peer, session: string, text: string): void {
    for (const [other, link] of this.#endsOf(session)) {
      if (other === peer || !link.isConnected) continue;
      if (this.random() < this.faults.drop) continue;
      this.after(1 + this.random(), () => {
        if (!link.isConnected) return;
        this.#open(other, link, session); // a channel brings nothing before its `open` event
        this.tell(other, { type: "heard", session, text });
      });
    }
  }
}
