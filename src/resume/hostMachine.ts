/** Decides which session an incoming carrier belongs to, how many there may be, and which one gives way. */
import { FrameReader, malformed, PROTOCOL, type Frame, type Reason } from "./frames.ts";
import { ResumeError } from "./resumeError.ts";
import { SessionMachine, type SessionOptions } from "./sessionMachine.ts";

export interface HostLimits {
  readonly maxSessions: number;
  /** How much memory all sessions may take before those without a carrier are ended. */
  readonly maxHeldBytes: number;
}

export type Hello = Extract<Frame, { type: "hello" }>;

/** What becomes of a carrier that has named a session. */
export type Admission =
  | { readonly type: "created" | "found"; readonly session: SessionMachine }
  | { readonly type: "refused"; readonly reason: Reason }
  /** A newer carrier of the same session is in use. */
  | { readonly type: "stale" };

/** Reads the opening of one carrier. */
export class Opening {
  readonly reader: FrameReader = new FrameReader();
  #hasPreface = false;

  /** Returns the client's hello once it has arrived. Throws `ResumeError` for anything else. */
  push(chunk: Uint8Array): Hello | undefined {
    this.reader.push(chunk);
    for (let frame = this.reader.next(); frame !== undefined; frame = this.reader.next()) {
      if (!this.#hasPreface) {
        if (frame.type !== "preface" || Math.floor(frame.protocol / 256) !== Math.floor(PROTOCOL / 256)) {
          throw malformed("it does not begin with WSOR");
        }
        if (frame.protocol !== PROTOCOL) {
          throw new ResumeError("version", `the client speaks version ${frame.protocol % 256} of the protocol`);
        }
        this.#hasPreface = true;
      } else if (frame.type !== "hello" || frame.fresh > 1 || !this.reader.isBetweenFrames) {
        throw malformed("it does not name a session");
      } else return frame;
    }
    return undefined;
  }
}

export class HostMachine {
  readonly #limits: HostLimits;
  readonly #make: (id: Hello["id"], token: Hello["token"]) => SessionMachine;
  readonly #sessions = new Map<string, SessionMachine>();
  /** What each session was last known to hold, and the sum. */
  readonly #held = new Map<SessionMachine, number>();
  #heldBytes = 0;
  /** Sessions without a carrier, the longest first. */
  readonly #detached = new Set<SessionMachine>();

  constructor(limits: HostLimits, options: Omit<SessionOptions, "role" | "id" | "token">) {
    this.#limits = limits;
    this.#make = (id, token) => new SessionMachine({ ...options, role: "server", id, token });
  }

  get size(): number {
    return this.#sessions.size;
  }

  admit({ id, token, fresh, attachment }: Hello): Admission {
    const name = id.join();
    const known = this.#sessions.get(name);
    if (known !== undefined) {
      if (!known.admits(token)) return { type: "refused", reason: "unknownSession" };
      return known.isNewer(attachment) ? { type: "found", session: known } : { type: "stale" };
    }
    if (fresh === 0) return { type: "refused", reason: "unknownSession" };
    if (this.#sessions.size >= this.#limits.maxSessions) return { type: "refused", reason: "busy" };
    const session = this.#make(id, token);
    this.#sessions.set(name, session);
    return { type: "created", session };
  }

  /** Something has happened to a session. Returns the sessions that must be evicted. */
  follow(session: SessionMachine): SessionMachine[] {
    const held = session.isForgotten ? 0 : session.heldBytes;
    this.#heldBytes += held - (this.#held.get(session) ?? 0);
    if (session.isForgotten) {
      this.#held.delete(session);
      this.#detached.delete(session);
      this.#sessions.delete(session.id.join());
    } else {
      this.#held.set(session, held);
      if (session.isAttached) this.#detached.delete(session);
      else this.#detached.add(session);
    }
    const evicted: SessionMachine[] = [];
    let left = this.#heldBytes;
    for (const candidate of this.#detached) {
      if (left <= this.#limits.maxHeldBytes) break;
      const bytes = this.#held.get(candidate) ?? 0;
      left -= bytes;
      if (bytes > 0) evicted.push(candidate);
    }
    return evicted;
  }
}
