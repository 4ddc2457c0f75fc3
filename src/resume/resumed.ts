/** The server's end: yields sessions, and assigns every carrier to its session. */
import type { OptionTable } from "../core/options.ts";
import { iteratorOf, stopTaking, type Source } from "../stream/incoming.ts";
import { discard } from "../stream/discard.ts";
import { report } from "../stream/report.ts";
import { withResolvers } from "../stream/withResolvers.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { ignore } from "../transports/ignore.ts";
import { onAbort } from "../transports/onAbort.ts";
import { requireTransport } from "../transports/requireTransport.ts";
import { startTimer } from "../transports/startTimer.ts";
import { Carrier } from "./carrier.ts";
import { encode, REASONS, type Reason } from "./frames.ts";
import { HostMachine, Opening, type Hello } from "./hostMachine.ts";
import { requireAtLeast, resolveOptions, resumeTable, type ResolvedOptions, type ResumeOptions } from "./options.ts";
import { ResumeError } from "./resumeError.ts";
import type { SessionMachine } from "./sessionMachine.ts";
import { SessionTransport, type ResumableTransport } from "./sessionTransport.ts";

/** The options of {@link resumed}. */
export interface ResumedOptions extends ResumeOptions {
  /** The most sessions at a time, and the most carriers that have not named theirs. 10,000 by default. */
  readonly maxSessions?: number | undefined;
  /**
   * The most memory for what is kept and what has not been read, of all sessions, in bytes. Beyond it, sessions without a
   * carrier are ended, those that have waited the longest first. 256 MiB by default.
   */
  readonly maxHeldBytes?: number | undefined;
}

const table: OptionTable<ResumedOptions> = { ...resumeTable, maxSessions: "a number", maxHeldBytes: "a number" };

/**
 * Yields a byte transport for each client that uses {@link resumable}. Each lives on when its carrier is lost, until
 * `keepMs` has passed without another one. Carriers are taken from `transports` as they come, whether or not the next
 * session is asked for, because they may belong to a session that exists.
 *
 * The iteration ends when `transports` has ended and every carrier's opening has been read. If you stop it, no more
 * carriers are taken, and sessions end when they lose the one that they have. Aborting the signal ends all sessions. A
 * carrier that brings anything but this protocol is ended, and nothing else happens. A transport that is already in use
 * is reported as a warning. Throws `TypeError` or `RangeError` if an argument is invalid.
 *
 * @example
 * ```ts
 * import { pipe } from "websocket-over/pipe";
 * import { resumable, resumed } from "websocket-over/resume";
 * import { connect, serve, type ByteTransport } from "websocket-over/stream";
 *
 * const carriers = new TransformStream<ByteTransport, ByteTransport>(); // stands for a server's connections
 * const arrivals = carriers.writable.getWriter();
 * let carrier: ByteTransport | undefined;
 * const client = resumable(() => {
 *   const [near, far] = pipe();
 *   void arrivals.write(far);
 *   return (carrier = near);
 * });
 * const served = serve(resumed(carriers.readable), async (request) => {
 *   const session = await request.accept();
 *   for await (const message of session) await session.send(`echo of ${message}`);
 * });
 * const session = await connect(client);
 * carrier?.close?.(); // the network is gone
 * await session.send("still here");
 * console.log(await session.receive()); // → echo of still here
 * await session.close();
 * await arrivals.close();
 * await served;
 * ```
 */
export function resumed(
  transports: AsyncIterable<ByteTransport> | Iterable<ByteTransport>,
  options: ResumedOptions = {},
): AsyncIterableIterator<ResumableTransport, undefined> {
  const resolved = resolveOptions("resumed()", options, table);
  const { maxSessions = 10_000, maxHeldBytes = 2 ** 28 } = options;
  requireAtLeast("maxSessions", maxSessions, 1);
  requireAtLeast("maxHeldBytes", maxHeldBytes, 0);
  const source = iteratorOf("resumed()", transports);
  return new Host(transports, source, resolved, { maxSessions, maxHeldBytes });
}

type Waiting = ReturnType<typeof withResolvers<IteratorResult<ResumableTransport, undefined>>>;

class Host implements AsyncIterableIterator<ResumableTransport, undefined> {
  readonly #transports: object;
  readonly #source: Source;
  readonly #options: ResolvedOptions;
  readonly #most: number;
  readonly #machine: HostMachine;
  readonly #sessions = new Map<SessionMachine, SessionTransport>();
  #carriers = 0;
  /** Carriers that have not named their session, and sessions whose client has not chosen a carrier yet. */
  readonly #openings = new Set<Carrier>();
  readonly #unborn = new Set<SessionMachine>();
  #vacated = ignore;

  readonly #ready: ResumableTransport[] = [];
  readonly #waiting: Waiting[] = [];
  #hasBegun = false;
  #isOver = false;
  #fault: { readonly error: unknown } | undefined;
  #stopped = ignore;

  constructor(
    transports: object,
    source: Source,
    options: ResolvedOptions,
    limits: { readonly maxSessions: number; readonly maxHeldBytes: number },
  ) {
    this.#transports = transports;
    this.#source = source;
    this.#options = options;
    this.#most = limits.maxSessions;
    this.#machine = new HostMachine(limits, options);
    this.#stopped = onAbort(options.signal, (error) => {
      this.#fault = { error };
      this.#stop(error);
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<ResumableTransport, undefined>> {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      void this.#take();
    }
    const waiting: Waiting = withResolvers();
    this.#waiting.push(waiting);
    this.#settle();
    return waiting.promise;
  }

  return(): Promise<IteratorResult<ResumableTransport, undefined>> {
    this.#stop(new Error("no more carriers are taken"));
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Answers those who wait for a session, as far as possible. */
  #settle(): void {
    while (this.#waiting.length > 0) {
      const transport = this.#ready.shift();
      if (transport !== undefined) this.#waiting.shift()!.resolve({ done: false, value: transport });
      else if (this.#fault !== undefined) this.#waiting.shift()!.reject(this.#fault.error);
      else if (this.#isOver && this.#openings.size + this.#unborn.size === 0) {
        this.#waiting.shift()!.resolve({ done: true, value: undefined });
      } else return;
    }
  }

  #stop(reason: unknown): void {
    this.#stopped();
    if (!this.#isOver) stopTaking(this.#transports, this.#source, reason);
    this.#isOver = true;
    for (const carrier of this.#openings) carrier.drop();
    this.#openings.clear();
    for (const machine of this.#unborn) this.#sessions.get(machine)?.handle({ type: "aborted", reason });
    for (const transport of this.#ready.splice(0)) transport.close();
    this.#vacated();
    this.#settle();
  }

  async #take(): Promise<void> {
    try {
      while (!this.#isOver) {
        if (this.#openings.size >= this.#most) await new Promise<void>((resolve) => (this.#vacated = resolve));
        const next = await this.#source.next();
        if (next.done === true) break;
        if (this.#isOver) discard(next.value, new Error("no more carriers are taken"));
        else this.#open(next.value);
      }
    } catch (error) {
      this.#fault ??= { error };
    }
    this.#isOver = true;
    this.#settle();
  }

  /** Reads a carrier's opening. */
  #open(transport: ByteTransport): void {
    let carrier: Carrier;
    try {
      requireTransport("resumed()", transport);
      carrier = new Carrier(transport);
    } catch (error) {
      report(error); // it is none, or in use
      return;
    }
    const opening = new Opening();
    const { clock, probeMs } = this.#options;
    this.#openings.add(carrier);
    const leave = (): void => {
      stopTimer();
      this.#openings.delete(carrier);
      this.#vacated();
    };
    const lost = (): void => {
      leave();
      carrier.drop();
      this.#settle();
    };
    const stopTimer = startTimer(2 * probeMs, lost, clock);
    carrier.report({
      chunk: (chunk) => {
        try {
          const hello = opening.push(chunk);
          if (hello === undefined) return;
          leave();
          this.#admit(transport, carrier, opening, hello);
          this.#settle();
        } catch (error) {
          if (!(error instanceof ResumeError)) {
            report(error); // the source of random bytes has thrown
            lost();
            return;
          }
          leave();
          this.#refuse(carrier, error.code === "version" ? "version" : "protocol");
          this.#settle();
        }
      },
      written: ignore,
      lost,
    });
  }

  #admit(transport: ByteTransport, carrier: Carrier, { reader }: Opening, hello: Hello): void {
    const admission = this.#machine.admit(hello);
    switch (admission.type) {
      case "refused":
        this.#refuse(carrier, admission.reason);
        return;
      case "stale":
        carrier.drop();
        return;
      case "created":
        this.#begin(admission.session, transport);
        break;
      case "found":
        break;
      default:
        admission satisfies never;
    }
    const session = this.#sessions.get(admission.session)!;
    session.adopt(carrier, ++this.#carriers, hello.attachment, hello.windowBytes, reader);
  }

  #begin(machine: SessionMachine, { remoteAddress, encrypted }: ByteTransport): void {
    const origin = {
      ...(remoteAddress !== undefined && { remoteAddress }),
      ...(encrypted !== undefined && { encrypted }),
    };
    const session = new SessionTransport(
      machine,
      this.#options,
      {
        followed: () => {
          if (machine.isForgotten) this.#sessions.delete(machine);
          for (const evicted of this.#machine.follow(machine)) this.#sessions.get(evicted)?.handle({ type: "evicted" });
          // Not before the client has chosen a carrier: a hello alone is not a client.
          if (!machine.isAttached && !machine.isForgotten) return;
          if (!this.#unborn.delete(machine)) return;
          if (machine.isAttached) this.#ready.push(session.transport);
          this.#settle();
        },
      },
      origin,
    );
    this.#sessions.set(machine, session);
    this.#unborn.add(machine);
  }

  #refuse(carrier: Carrier, reason: Reason): void {
    const { clock, probeMs } = this.#options;
    const stopTimer = startTimer(probeMs, () => carrier.drop(), clock);
    carrier.write(encode({ type: "gone", reason: REASONS.indexOf(reason) }));
    void carrier.hangUp().then(() => {
      stopTimer();
      carrier.drop();
    });
  }
}
