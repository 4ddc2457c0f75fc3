/** Two peers that meet by codes that people exchange: pasted, read aloud, or as pictures. */
import { checkOptions, requireKind, type OptionTable } from "../core/options.ts";
import { systemClock, type Clock } from "../stream/clock.ts";
import { ignore } from "../transports/ignore.ts";
import { onAbort } from "../transports/onAbort.ts";
import { gathered, requireTimes } from "../transports/peerConnection.ts";
import { firstOf } from "../transports/settlement.ts";
import { Attendance } from "./attendance.ts";
import { idOfCode, readCode, writeCode, type Code } from "./code.ts";
import type { Command, Input, Machine } from "./machine.ts";
import type { PairMessage } from "./messages.ts";
import type { Meeting } from "./meeting.ts";
import { connectionTable, idsFrom, runOptions, type ConnectionOptions } from "./meet.ts";
import { Pair } from "./pair.ts";
import { RendezvousError } from "./rendezvousError.ts";

/** The options of {@link invite} and {@link answer}. */
export interface CodeOptions extends ConnectionOptions {
  /** How long the codes are valid, in milliseconds: 10 minutes by default. Rounded up to minutes. */
  readonly expiresMs?: number | undefined;
  /** How long to gather candidates before the code is made, in milliseconds: 2,000 by default. */
  readonly gatherMs?: number | undefined;
  /** Aborting this signal withdraws the code. It does not affect a meeting. */
  readonly signal?: AbortSignal | undefined;
}

const table: OptionTable<CodeOptions> = {
  ...connectionTable,
  expiresMs: "a number",
  gatherMs: "a number",
  signal: "{ aborted, reason }",
};

/** What {@link invite} resolves with: the code to send, and how to go on with the other side's code. */
export interface Invitation {
  /** For the other side's `answer()`. */
  readonly code: string;
  /**
   * Takes the code that `answer()` gave, and resolves when the two are connected. Rejects with a `RendezvousError`:
   * `code`, `wrongCode` or `expired` for one that can't be used, after which another one may be tried; `failed` if the
   * two can't be connected, which says why.
   */
  accept(answerCode: string): Promise<Meeting>;
}

/** What {@link answer} resolves with: the code to send back, and the meeting that it leads to. */
export interface Answer {
  /** For `accept()` of the invitation. */
  readonly code: string;
  /** Resolves when the two are connected. Rejects with a `RendezvousError` (`failed`), which says why. */
  readonly meeting: Promise<Meeting>;
}

/**
 * Makes an invitation: a code of at most 200 characters, for one other side, which answers with another code. No server
 * is needed. Between different networks the codes need a STUN server: see `rtcConfiguration`.
 *
 * The first to answer is met, so send the code over a channel that you trust, and compare the meeting's `fingerprint`.
 * There are no signals, so a meeting by codes does not survive a change of networks. Between a page and Node let the
 * page invite: libdatachannel may fail if it is checked before it has the answer (0.33).
 *
 * @example In a page
 * ```ts
 * import { answer, invite } from "websocket-over/rendezvous";
 *
 * const invitation = await invite();
 * const reply = await answer(invitation.code); // on the other device; send the codes by chat
 * const [here, there] = await Promise.all([invitation.accept(reply.code), reply.meeting]);
 * console.log(here.fingerprint === there.fingerprint); // → true
 * here.close();
 * ```
 */
export async function invite(options: CodeOptions = {}): Promise<Invitation> {
  const exchange = new Exchange("invite()", options, true);
  const code = await exchange.describe((sdp, expiresMs) => writeCode(sdp, expiresMs));
  let isUsed = false;
  return {
    code,
    async accept(answerCode) {
      requireKind("accept() takes a code,", answerCode, "a string");
      const read = readCode(answerCode, Date.now());
      if (read.type !== "answer") throw wrongCode("this is an invitation: it is for answer()");
      if (read.id !== idOfCode(code)) throw wrongCode("this code answers another invitation");
      if (isUsed) throw wrongCode("this invitation has been answered already");
      isUsed = true;
      exchange.take(read);
      return await exchange.meeting;
    },
  };
}

/**
 * Answers an invitation. Give the code to the other side, and wait for the meeting. Rejects with a `RendezvousError`:
 * `code`, `wrongCode` or `expired` for a code that can't be used.
 *
 * @example In a page
 * ```ts
 * import { answer, invite } from "websocket-over/rendezvous";
 * import { connect, serve } from "websocket-over/stream";
 *
 * const invitation = await invite(); // on the other device
 * const reply = await answer(invitation.code);
 * void invitation.accept(reply.code).then(async (meeting) => {
 *   const session = await connect(meeting.dial());
 *   await session.send("hello from the one who invited");
 * });
 * await serve((await reply.meeting).incoming, async (request) => {
 *   const session = await request.accept();
 *   console.log(await session.receive()); // → hello from the one who invited
 *   (await reply.meeting).close();
 * });
 * ```
 */
export async function answer(code: string, options: CodeOptions = {}): Promise<Answer> {
  requireKind("answer() takes a code,", code, "a string");
  const read = readCode(code, Date.now());
  if (read.type !== "offer") throw wrongCode("this code is an answer: it is for accept() of its invitation");
  const exchange = new Exchange("answer()", options, false);
  exchange.take(read);
  const answerCode = await exchange.describe((sdp, expiresMs) => writeCode(sdp, expiresMs, read.id));
  return { code: answerCode, meeting: exchange.meeting };
}

function wrongCode(message: string): RendezvousError {
  return new RendezvousError("wrongCode", message);
}

/** One pair without signals. */
class PairMachine implements Machine {
  readonly pair: Pair;
  /** Called when this end's description is there. */
  onDescribed: () => void = ignore;

  constructor(pair: Pair) {
    this.pair = pair;
  }

  get deadlineMs(): number {
    return this.pair.deadlineMs;
  }

  handle(input: Input, nowMs: number): Command[] {
    if (input.type === "start") return this.pair.begin(nowMs);
    if (input.type === "described") this.onDescribed();
    if (input.type === "stop") return this.pair.end("closed", "this end closed it");
    return this.pair.handle(input, nowMs);
  }
}

const SESSION = "0".repeat(32);

class Exchange {
  readonly meeting: Promise<Meeting>;
  readonly #attendance: Attendance;
  readonly #machine: PairMachine;
  readonly #clock: Clock;
  readonly #expiresMs: number;
  readonly #gatherMs: number;
  readonly #isInviting: boolean;
  readonly #over = new AbortController();

  constructor(where: string, options: CodeOptions, isInviting: boolean) {
    const checked = checkOptions(where, options, table);
    const { expiresMs = 600_000, gatherMs = 2000, lostMs = 30_000, signal } = checked;
    requireTimes({ expiresMs, gatherMs, lostMs });
    signal?.throwIfAborted();
    this.#expiresMs = Date.now() + expiresMs;
    this.#gatherMs = gatherMs;
    this.#isInviting = isInviting;
    this.#clock = checked.clock ?? systemClock;
    const pair = new Pair(
      {
        session: SESSION,
        own: "this end",
        peer: "the other end",
        offers: isInviting,
        nonce: idsFrom(checked)(),
        connectMs: expiresMs,
        lostMs,
        hasSignals: false,
      },
      () => ({ type: "send", text: "" }), // there is nobody to hear it
      this.#clock.now(),
    );
    this.#machine = new PairMachine(pair);
    let settle!: { resolve(meeting: Meeting): void; reject(error: unknown): void };
    this.meeting = new Promise((resolve, reject) => (settle = { resolve, reject }));
    this.meeting.catch(ignore);
    this.#attendance = new Attendance(this.#machine, undefined, runOptions(where, checked), {
      met: (meeting) => {
        forget();
        settle.resolve(meeting);
      },
      over: (_, why) => {
        forget();
        const error = signal?.aborted === true ? (signal.reason as unknown) : this.#failure(why);
        this.#over.abort(error);
        settle.reject(error); // without effect if the two had met
        this.#attendance.stop();
      },
    });
    const forget = onAbort(signal, () => this.#attendance.stop());
    if (isInviting) this.#attendance.tell({ type: "start" });
  }

  /** Takes the other end's description. */
  take({ type, sdp, candidates }: Code): void {
    const message: PairMessage = { type, from: "", to: "", session: SESSION, round: 1, sdp, candidates };
    this.#attendance.obey(this.#machine.pair.receive(message, this.#clock.now()));
  }

  /** Waits for this end's description with its candidates, and makes a code of it. */
  async describe(write: (sdp: string, expiresMs: number) => string): Promise<string> {
    try {
      const { connection } = this.#attendance.link(SESSION)!;
      const { signal } = this.#over;
      await firstOf<unknown>((resolve, reject) => {
        this.#machine.onDescribed = () => resolve(undefined);
        return [onAbort(signal, reject)];
      });
      return write(await gathered(connection, this.#gatherMs, signal), this.#expiresMs);
    } catch (error) {
      this.#attendance.stop();
      throw error;
    }
  }

  #failure(why: string): RendezvousError {
    const side = this.#isInviting ? "the inviting end" : "the answering end";
    // nICEr's grace period: with mDNS names that do not resolve here, Firefox has nothing to try (153).
    const advice = this.#isInviting
      ? "was the answer pasted too late, or into another page?"
      : "Firefox gives up after five seconds without an address that it can reach: paste the answer sooner, or let this end invite";
    return new RendezvousError("failed", `${side} gave up: ${why}; ${advice}`);
  }
}
