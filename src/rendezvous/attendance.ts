/** Runs a machine: reads and writes the signals, keeps the links and the timer, and hands out meetings. */
import { LONGEST_TIMER_MS, systemClock, type Clock } from "../stream/clock.ts";
import { ignore } from "../transports/ignore.ts";
import { watchPage } from "../transports/peerConnection.ts";
import { report, warn } from "../transports/warn.ts";
import { Link } from "./link.ts";
import type { Command, Input, Machine } from "./machine.ts";
import { Meeting, type MeetingEnd } from "./meeting.ts";
import type { Signals } from "./signals.ts";

export interface AttendanceOptions {
  readonly makePeerConnection: () => RTCPeerConnection;
  readonly clock: Clock | undefined;
  readonly onReport: ((problem: string) => void) | undefined;
}

export interface Attendants {
  met(meeting: Meeting): void;
  /** A pair is over; `meeting` is `undefined` if it never met. */
  over?(meeting: Meeting | undefined, why: string): void;
  /** The signals have ended, or failed. */
  signalsEnded?(error: unknown): void;
}

/** Problems are reported at most this often, in milliseconds: a peer can cause as many as it likes. */
const REPORT_MS = 1000;

/** The most texts that may wait to be written. Dropped ones are repeated later. */
const MOST_WAITING = 256;

export class Attendance {
  readonly #machine: Machine;
  readonly #options: AttendanceOptions;
  readonly #attendants: Attendants;
  readonly #clock: Clock;
  readonly #links = new Map<string, { readonly link: Link; meeting: Meeting | undefined }>();
  readonly #reader: ReadableStreamDefaultReader<unknown> | undefined;
  readonly #writer: WritableStreamDefaultWriter<string> | undefined;
  readonly #stopListening: () => void;
  #writing = 0;
  #timer: unknown;
  #reportedMs = -Infinity;
  #isStopped = false;

  constructor(machine: Machine, signals: Signals | undefined, options: AttendanceOptions, attendants: Attendants) {
    this.#machine = machine;
    this.#options = options;
    this.#attendants = attendants;
    this.#clock = options.clock ?? systemClock;
    this.#reader = signals?.readable.getReader();
    this.#writer = signals?.writable.getWriter();
    this.#writer?.closed.catch(ignore);
    this.#stopListening = watchPage({ online: () => this.tell({ type: "online" }), pagehide: () => this.stop() });
    if (this.#reader !== undefined) void this.#listen(this.#reader);
  }

  /** The link of a session, if there is one. */
  link(session: string): Link | undefined {
    return this.#links.get(session)?.link;
  }

  get isEmpty(): boolean {
    return this.#links.size === 0;
  }

  tell(input: Input): void {
    if (!this.#isStopped) this.obey(this.#machine.handle(input, this.#clock.now()));
  }

  obey(commands: readonly Command[]): void {
    for (const command of commands) this.#obey(command);
    if (!this.#isStopped) this.#arm();
  }

  /** Ends everything, and gives the signals back. */
  stop(): void {
    if (this.#isStopped) return;
    this.tell({ type: "stop" });
    this.#isStopped = true;
    this.#clock.clearTimeout(this.#timer);
    this.#stopListening();
    this.#reader?.cancel().catch(ignore);
    this.#writer?.close().catch(ignore);
  }

  async #listen(reader: ReadableStreamDefaultReader<unknown>): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) {
          this.#endSignals(undefined);
          return;
        }
        this.tell({ type: "text", text: value });
      }
    } catch (error) {
      this.#endSignals(error);
    }
  }

  #endSignals(error: unknown): void {
    if (this.#isStopped) return;
    this.tell({ type: "signalsEnded" });
    this.#attendants.signalsEnded?.(error);
  }

  #obey(command: Command): void {
    switch (command.type) {
      case "send":
        this.#send(command.text);
        return;
      case "report":
        this.#report(command.problem);
        return;
      case "over":
        this.#over(command.session, command);
        return;
      default:
    }
    const { session } = command;
    let entry = this.#links.get(session);
    if (entry === undefined) {
      try {
        const link = new Link(session, this.#options.makePeerConnection, (input) => this.tell(input));
        this.#links.set(session, (entry = { link, meeting: undefined }));
      } catch (error) {
        report(warn, error);
        // Deferred: the machine must not be called while its commands are carried out.
        queueMicrotask(() =>
          this.tell({ type: "refused", session, round: 1, why: "no peer connection could be made" }),
        );
        return;
      }
    }
    if (command.type !== "met") {
      entry.link.obey(command);
      return;
    }
    entry.meeting = new Meeting(entry.link, command.fingerprint, () => this.tell({ type: "leave", session }));
    this.#attendants.met(entry.meeting);
  }

  #over(session: string, command: Extract<Command, { type: "over" }>): void {
    const entry = this.#links.get(session);
    this.#links.delete(session);
    entry?.link.obey(command);
    const { reason, why } = command;
    if (entry?.meeting !== undefined) entry.meeting.end({ reason, why } as MeetingEnd);
    else if (reason === "failed") this.#report(`a peer could not be connected: ${why}`);
    this.#attendants.over?.(entry?.meeting, why);
  }

  #report(problem: string): void {
    const { onReport } = this.#options;
    const nowMs = this.#clock.now();
    if (onReport === undefined || nowMs < this.#reportedMs + REPORT_MS) return;
    this.#reportedMs = nowMs;
    report(() => onReport(problem), undefined);
  }

  #send(text: string): void {
    if (this.#writer === undefined || this.#writing >= MOST_WAITING) return;
    this.#writing++;
    this.#writer
      .write(text)
      .catch(ignore) // the reader ends too, or the peers are silent
      .finally(() => this.#writing--);
  }

  #arm(): void {
    this.#clock.clearTimeout(this.#timer);
    const { deadlineMs } = this.#machine;
    if (deadlineMs === Infinity) return;
    const waitMs = Math.min(Math.max(deadlineMs - this.#clock.now(), 0), LONGEST_TIMER_MS);
    this.#timer = this.#clock.setTimeout(() => this.tell({ type: "tick" }), waitMs);
  }
}
