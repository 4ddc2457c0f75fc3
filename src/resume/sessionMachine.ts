/**
 * Decides what one end of a session does: what travels over which carrier, what is kept, and when to dial, probe or give
 * up. The shell reports what happens; the machine returns commands. It touches no stream, clock or promise.
 */
import { EMPTY, type Bytes } from "../core/bytes.ts";
import type { Transitions } from "../core/lifeCycle.ts";
import { TransportError } from "../transports/transportError.ts";
import { encode, FrameReader, malformed, PROTOCOL, REASONS, type Data, type Frame, type Reason } from "./frames.ts";
import { ReplayBuffer } from "./replayBuffer.ts";
import { ResumeError, type ResumeErrorCode } from "./resumeError.ts";

/**
 * The most bytes of data in one chunk, at first. A carrier of messages delivers a chunk as a whole, and a slow one may
 * be given up before that. So chunks become shorter with each carrier that is lost before it brings an acknowledgement,
 * and longer again with each one that arrives.
 */
const LONGEST_CHUNK_BYTES = 256 * 1024;
const SHORTEST_CHUNK_BYTES = 1024;

/** How long an acknowledgement may wait for more to acknowledge, in milliseconds. */
const ACKNOWLEDGE_MS = 25;

/** The wait before the second attempt to dial, and the longest one, in milliseconds. The first attempt is at once. */
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5000;

/** Carriers that have named the session but have not been chosen by the client. More are not needed for any race. */
const MOST_CANDIDATES = 8;

/**
 * The states of a {@link ResumableTransport}.
 *
 * @see {@link resumable}
 */
export type ResumeState = "connecting" | "connected" | "resuming" | "closed" | "failed";
type StateSignal = "attach" | "detach" | "finish" | "fail";

export const states: Transitions<ResumeState, StateSignal> = {
  connecting: { attach: "connected", finish: "closed", fail: "failed" },
  connected: { detach: "resuming", finish: "closed", fail: "failed" },
  resuming: { attach: "connected", finish: "closed", fail: "failed" },
  closed: {},
  failed: {},
};

/** The direction from here to the other end. */
export type Sending = "open" | "ending" | "resetting" | "over";
type SendingSignal = "end" | "reset" | "confirm" | "fail";

export const sendings: Transitions<Sending, SendingSignal> = {
  open: { end: "ending", reset: "resetting", fail: "over" },
  ending: { reset: "resetting", confirm: "over", fail: "over" },
  // The end mark is a reset instead of an end.
  resetting: { confirm: "over", fail: "over" },
  over: {},
};

/** The direction from the other end to here. */
export type Receiving = "open" | "ended" | "stopping" | "over";
type ReceivingSignal = "end" | "reset" | "take" | "stop" | "fail";

export const receivings: Transitions<Receiving, ReceivingSignal> = {
  open: { end: "ended", reset: "over", stop: "stopping", fail: "over" },
  // The end has arrived, but the reader has not taken everything before it.
  ended: { take: "over", reset: "over", stop: "over", fail: "over" },
  // The reader wants nothing more; the other end is asked to stop.
  stopping: { end: "over", reset: "over", fail: "over" },
  over: {},
};

/** The life of a carrier, and the frames that may arrive meanwhile. */
export type CarrierPhase = "dialing" | "greeting" | "welcomed" | "attached";

export const expected: Readonly<Record<CarrierPhase, readonly Frame["type"][]>> = {
  // Client: the carrier is not open yet.
  dialing: [],
  // Client: it has named its session.
  greeting: ["welcome", "gone"],
  // Server: it has answered.
  welcomed: ["confirm"],
  attached: ["data", "ack", "end", "reset", "stop", "ping", "pong", "bye", "gone"],
};

/** A happening on a carrier names it by a number of the shell; on the client, that is the number of the attachment. */
export type Happening =
  /** Client: the session begins. */
  | { readonly type: "begin" }
  /** Client: a dial has succeeded. */
  | { readonly type: "opened"; readonly carrier: number }
  /** Server: a carrier has named this session and shown a token that it `admits`. `reader` has read its opening. */
  | {
      readonly type: "greeted";
      readonly carrier: number;
      readonly attachment: number;
      readonly windowBytes: number;
      readonly reader: FrameReader;
    }
  | { readonly type: "chunk"; readonly carrier: number; readonly chunk: Uint8Array }
  /** The carrier has taken the last write. */
  | { readonly type: "written"; readonly carrier: number }
  /** A dial has failed, or the carrier has ended or failed, which it may do at any time. */
  | { readonly type: "lost"; readonly carrier: number; readonly error: unknown }
  /** The application has written: `offer` was called. */
  | { readonly type: "offered" }
  /** The application has ended or aborted its writer. */
  | { readonly type: "ended" }
  | { readonly type: "reset" }
  /** The application has read this many bytes. */
  | { readonly type: "taken"; readonly bytes: number }
  /** The application has read everything, and the end. */
  | { readonly type: "endTaken" }
  /** The application has cancelled its reader. */
  | { readonly type: "stopped" }
  /** The application has closed both directions. */
  | { readonly type: "closed" }
  /** The application wants an end at once. */
  | { readonly type: "aborted"; readonly reason: unknown }
  /** Server: the session is ended, because others need its memory. */
  | { readonly type: "evicted" }
  /** Client: the network may have changed. */
  | { readonly type: "online" }
  /** Client: another carrier may be better than the current one. */
  | { readonly type: "redial" }
  | { readonly type: "time" };

export type Command =
  | { readonly type: "dial"; readonly carrier: number }
  /** Write the chunk, which now belongs to the carrier. */
  | { readonly type: "write"; readonly carrier: number; readonly chunk: Bytes }
  /** End the carrier once its last write has been taken. */
  | { readonly type: "hangUp"; readonly carrier: number }
  /** End the carrier at once. */
  | { readonly type: "drop"; readonly carrier: number }
  | { readonly type: "deliver"; readonly bytes: Uint8Array }
  | { readonly type: "endInput" }
  | { readonly type: "failInput"; readonly error: unknown }
  /** The other end has taken the end. */
  | { readonly type: "outputEnded" }
  | { readonly type: "failOutput"; readonly error: unknown }
  /** `offer` takes more. */
  | { readonly type: "room" }
  /** `state` has changed. */
  | { readonly type: "state" }
  /** Nothing will happen any more. */
  | { readonly type: "forget" };

export interface SessionOptions {
  readonly role: "client" | "server";
  readonly bufferBytes: number;
  readonly keepMs: number;
  readonly probeMs: number;
  readonly random: (bytes: Bytes) => void;
  /** Server: as the client has made them. */
  readonly id?: Bytes;
  readonly token?: Bytes;
}

interface Carrier {
  readonly number: number;
  readonly attachment: number;
  readonly reader: FrameReader;
  phase: CarrierPhase;
  /** When it is given up, unless it is attached by then. */
  readonly dueMs: number;
  /** When it named its session: for the round trip. */
  askedMs: number;
  isWriting: boolean;
  /** Frames to write before any data, and the number of a ping to answer. */
  controls: Bytes[];
  pong: number | undefined;
  /** Positions: the data, and the acknowledgement, that went over this carrier last. */
  sentTo: number;
  acknowledgedTo: number;
  heardMs: number;
  /** When the last ping was sent; `undefined` once anything was heard since. */
  probedMs: number | undefined;
  /** The last ping: its number, and when it was sent. */
  pings: number;
  pingedMs: number;
  /** Server: the token that it was welcomed with, and the client's window. */
  offered: Bytes;
  windowBytes: number;
  saidBye: boolean;
  /** It has brought an acknowledgement. */
  isProven: boolean;
}

export class SessionMachine {
  state: ResumeState = "connecting";
  sending: Sending = "open";
  receiving: Receiving = "open";
  /** Why the session failed. */
  fault: unknown;
  /** Bytes of this end that the reader at the other end has taken for certain. */
  confirmedBytes = 0;
  /** The last round trip, in milliseconds. */
  roundTripMs: number | undefined;
  readonly id: Bytes;
  readonly #options: SessionOptions;
  readonly #isClient: boolean;
  #commands: Command[] = [];
  #nowMs = 0;
  #isForgotten = false;

  /** The token for the next attachment; on the server also the one after it. */
  #token: Bytes;
  #next: Bytes = EMPTY;
  #attachments = 0;
  /** Client: the server has answered, so that it knows the session. */
  #isKnown = false;

  readonly #carriers = new Map<number, Carrier>();
  #current: Carrier | undefined;
  /** The highest attachment that ever was current. */
  #attached = 0;

  readonly #replay: ReplayBuffer;
  /** Positions: what was ever sent, and what the other end has taken. The end mark counts one. */
  #sent = 0;
  #acknowledged = 0;
  #chunkBytes = LONGEST_CHUNK_BYTES;
  /** How much may be sent beyond what was acknowledged, and received beyond what was taken. */
  #windowBytes: number;

  /** Positions: what has arrived, and what the reader has taken. */
  #received = 0;
  #taken = 0;
  /** The position of the other end's end mark. */
  #endAt = Infinity;

  #failures = 0;
  #lastError: unknown;
  #redialMs = Infinity;
  #expireMs = Infinity;
  #closeByMs = Infinity;
  #acknowledgeMs = Infinity;
  /** Since when the other end has had something to say; `undefined` while it has not. */
  #owedMs: number | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#isClient = options.role === "client";
    this.#replay = new ReplayBuffer(options.bufferBytes);
    this.#windowBytes = options.bufferBytes;
    this.id = options.id ?? this.#draw(16);
    this.#token = options.token ?? this.#draw(16);
    if (!this.#isClient) this.#next = this.#draw(16);
  }

  /** Bytes of the application that the other end has not taken. */
  get waitingBytes(): number {
    return this.#replay.end - this.#replay.start;
  }

  /** The memory that the session takes, in bytes: what is kept, and what has not been read. */
  get heldBytes(): number {
    return this.#replay.size + Math.min(this.#received, this.#endAt) - Math.min(this.#taken, this.#endAt);
  }

  get isClient(): boolean {
    return this.#isClient;
  }

  get isAttached(): boolean {
    return this.#current !== undefined;
  }

  get isForgotten(): boolean {
    return this.#isForgotten;
  }

  /** The time for the next `time`; `Infinity` if nothing is pending. Changes nothing. */
  get nextDeadlineMs(): number {
    if (this.#isForgotten) return Infinity;
    let ms = Math.min(this.#expireMs, this.#closeByMs, this.#redialMs, this.#silentMs);
    // It goes with the next write, if one is under way.
    if (this.#current?.isWriting === false) ms = Math.min(ms, this.#acknowledgeMs);
    for (const { phase, dueMs } of this.#carriers.values()) if (phase !== "attached") ms = Math.min(ms, dueMs);
    return ms;
  }

  /** When the silence of the current carrier is long enough for a probe, or to replace it. */
  get #silentMs(): number {
    if (this.#current === undefined || this.#owedMs === undefined) return Infinity;
    const { heardMs, probedMs } = this.#current;
    return (probedMs ?? Math.max(heardMs, this.#owedMs)) + this.#options.probeMs;
  }

  /** Whether both directions are over, for this end. */
  get #isDone(): boolean {
    return this.sending === "over" && this.receiving === "over";
  }

  /** Server: whether a token belongs to the session. Takes the same time for every token. */
  admits(token: Bytes): boolean {
    const isNext = isSame(token, this.#next);
    const isCurrent = isSame(token, this.#token);
    // The client can only have the next one if it got the last answer.
    if (isNext) this.#renew();
    return isNext || isCurrent;
  }

  /** Server: whether a carrier with this number is newer than the current one. */
  isNewer(attachment: number): boolean {
    return attachment > this.#attached;
  }

  /** Copies as many bytes of the chunk as there is room for, from `from` on. Returns how many. Report `offered` then. */
  offer(chunk: Uint8Array, from: number): number {
    return this.sending === "open" ? this.#replay.append(chunk, from) : chunk.length - from;
  }

  handle(happening: Happening, nowMs: number): readonly Command[] {
    this.#commands = [];
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    if (this.#isForgotten) {
      if (happening.type === "opened" || happening.type === "greeted") this.#command("drop", happening.carrier);
      return this.#commands;
    }
    switch (happening.type) {
      case "begin":
        this.#expireMs = this.#nowMs + this.#options.keepMs;
        this.#dial();
        break;
      case "opened":
        this.#greet(happening.carrier);
        break;
      case "greeted":
        this.#welcome(happening);
        break;
      case "chunk":
        this.#receive(happening.carrier, happening.chunk);
        break;
      case "written": {
        const carrier = this.#carriers.get(happening.carrier);
        if (carrier !== undefined) carrier.isWriting = false;
        break;
      }
      case "lost": {
        const carrier = this.#carriers.get(happening.carrier);
        if (carrier !== undefined) this.#lose(carrier, happening.error);
        break;
      }
      case "offered":
      case "time":
        break;
      case "ended":
        this.#signalSending("end");
        break;
      case "reset":
        this.#reset();
        break;
      case "taken":
        if (this.receiving === "open" || this.receiving === "ended") this.#taken += happening.bytes;
        break;
      case "endTaken":
        if (this.#signalReceiving("take")) this.#taken = this.#received;
        break;
      case "stopped":
        this.#stop();
        break;
      case "closed":
        this.#closeByMs = this.#nowMs + this.#options.keepMs;
        this.#signalSending("end");
        this.#stop();
        break;
      case "aborted":
        this.#fail(happening.reason, "abandoned");
        break;
      case "evicted":
        this.#failAs("evicted", "the server needed the memory of this session, which had no carrier");
        break;
      case "online":
        for (const carrier of [...this.#carriers.values()]) if (carrier !== this.#current) this.#drop(carrier);
        this.#dial();
        break;
      case "redial":
        this.#dial();
        break;
      default:
        happening satisfies never;
    }
    this.#followTime();
    this.#followEnds();
    for (const carrier of this.#carriers.values()) this.#flush(carrier);
    this.#owedMs = this.#isOwed ? (this.#owedMs ?? this.#nowMs) : undefined;
    return this.#commands;
  }

  // Carriers

  /** Client: dials, unless a dial is under way. */
  #dial(): void {
    this.#redialMs = Infinity;
    const isDialing = [...this.#carriers.values()].some((carrier) => carrier !== this.#current);
    if (!this.#isClient || isDialing) return;
    const { number } = this.#add(++this.#attachments, this.#attachments, "dialing", new FrameReader());
    this.#command("dial", number);
  }

  #add(number: number, attachment: number, phase: CarrierPhase, reader: FrameReader): Carrier {
    const carrier: Carrier = {
      number,
      attachment,
      reader,
      phase,
      dueMs: this.#nowMs + 2 * this.#options.probeMs,
      askedMs: this.#nowMs,
      isWriting: false,
      controls: [],
      pong: undefined,
      sentTo: 0,
      acknowledgedTo: 0,
      heardMs: this.#nowMs,
      probedMs: undefined,
      pings: 0,
      pingedMs: 0,
      offered: EMPTY,
      windowBytes: 0,
      saidBye: false,
      isProven: false,
    };
    this.#carriers.set(number, carrier);
    return carrier;
  }

  /** Client: names the session on a carrier that has opened. */
  #greet(number: number): void {
    const carrier = this.#carriers.get(number);
    if (carrier?.phase !== "dialing") {
      this.#command("drop", number);
      return;
    }
    carrier.phase = "greeting";
    carrier.askedMs = this.#nowMs;
    carrier.controls.push(
      encode({ type: "preface", protocol: PROTOCOL }),
      encode({
        type: "hello",
        fresh: this.#isKnown ? 0 : 1,
        id: this.id,
        attachment: carrier.attachment,
        token: this.#token,
        windowBytes: this.#options.bufferBytes,
      }),
    );
  }

  /** Server: answers a carrier that has named the session. */
  #welcome({ carrier: number, attachment, windowBytes, reader }: Extract<Happening, { type: "greeted" }>): void {
    const waiting = [...this.#carriers.values()].filter(({ phase }) => phase === "welcomed");
    if (waiting.length >= MOST_CANDIDATES) this.#drop(waiting[0]!);
    if (this.state === "connecting" && this.#expireMs === Infinity) {
      this.#expireMs = this.#nowMs + this.#options.keepMs;
    }
    const carrier = this.#add(number, attachment, "welcomed", reader);
    carrier.offered = this.#next;
    carrier.windowBytes = windowBytes;
    carrier.acknowledgedTo = this.#taken;
    carrier.controls.push(
      encode({
        type: "welcome",
        token: this.#next,
        received: this.#received,
        taken: this.#taken,
        windowBytes: this.#options.bufferBytes,
      }),
    );
  }

  /** From here on everything travels over this carrier, and nothing over earlier ones. */
  #attach(carrier: Carrier, { received, taken }: { received: number; taken: number }, windowBytes: number): void {
    carrier.phase = "attached";
    this.#windowBytes = Math.min(this.#options.bufferBytes, windowBytes);
    if (received > this.#sent) throw malformed("it has received more than was sent");
    if (taken > received) throw malformed("it has taken more than it has received");
    // Acknowledgements over the last carrier may have overtaken a server's answer.
    this.#acknowledge(this.#isClient ? Math.max(taken, this.#acknowledged) : taken);
    for (const other of this.#carriers.values()) {
      if (other !== carrier && other.attachment <= carrier.attachment) this.#drop(other);
    }
    carrier.sentTo = Math.max(received, this.#acknowledged);
    this.#current = carrier;
    this.#attached = carrier.attachment;
    this.#expireMs = Infinity;
    this.#redialMs = Infinity;
    this.#acknowledgeMs = Infinity;
    this.roundTripMs = this.#nowMs - carrier.askedMs;
    if (this.receiving === "stopping") carrier.controls.push(encode({ type: "stop" }));
    this.#signalState("attach");
  }

  #lose(carrier: Carrier, error: unknown): void {
    this.#drop(carrier);
    this.#lastError = error;
    if (this.#current === carrier) {
      this.#current = undefined;
      if (this.#acknowledged < this.#sent && !carrier.isProven) {
        this.#chunkBytes = Math.max(SHORTEST_CHUNK_BYTES, this.#chunkBytes >> 1);
      }
      this.#expireMs = this.#nowMs + this.#options.keepMs;
      if (this.#nowMs - carrier.askedMs > LONGEST_WAIT_MS) this.#failures = 0;
      this.#signalState("detach");
    }
    if (this.#current === undefined && this.#isClient) {
      const waitMs = this.#failures === 0 ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (this.#failures - 1));
      this.#failures++;
      const [jitter] = this.#draw(1);
      this.#redialMs = Math.min(this.#redialMs, this.#nowMs + waitMs * (0.5 + jitter! / 512));
    }
  }

  #drop({ number }: Carrier): void {
    if (this.#carriers.delete(number)) this.#command("drop", number);
  }

  // What arrives

  #receive(number: number, chunk: Uint8Array): void {
    const carrier = this.#carriers.get(number);
    if (carrier === undefined) return;
    carrier.heardMs = this.#nowMs;
    carrier.probedMs = undefined;
    try {
      carrier.reader.push(chunk);
      for (;;) {
        const frame = carrier.reader.next();
        if (frame === undefined || this.#isForgotten || !this.#carriers.has(number)) return;
        if (!expected[carrier.phase].includes(frame.type)) throw malformed(`${frame.type} is not expected here`);
        this.#obey(carrier, frame);
        this.#followEnds();
      }
    } catch (error) {
      if (!(error instanceof ResumeError)) throw error;
      // What answers a later dial may be something else, such as a captive portal.
      if (carrier.phase === "greeting" && this.#isKnown) this.#lose(carrier, error);
      else {
        const { code, message } = error;
        this.#fail(new ResumeError(code, message, { confirmedBytes: this.confirmedBytes }), "protocol");
      }
    }
  }

  #obey(carrier: Carrier, frame: Frame): void {
    if (carrier.phase === "attached") this.#failures = 0;
    switch (frame.type) {
      case "welcome":
        this.#token = frame.token;
        this.#isKnown = true;
        // Not in one chunk with data, which may take long: the server waits for this frame.
        this.#write(carrier, [encode({ type: "confirm", received: this.#received, taken: this.#taken })], 0, []);
        carrier.acknowledgedTo = this.#taken;
        this.#attach(carrier, frame, frame.windowBytes);
        return;
      case "confirm":
        if (!this.isNewer(carrier.attachment)) {
          this.#drop(carrier);
          return;
        }
        if (frame.received < this.#acknowledged) throw malformed("it has received less than it has acknowledged");
        if (carrier.offered === this.#next) this.#renew();
        this.#attach(carrier, frame, carrier.windowBytes);
        return;
      case "data":
        this.#receiveData(frame);
        return;
      case "ack":
        this.#acknowledge(frame.taken);
        carrier.isProven = true;
        this.#chunkBytes = Math.min(LONGEST_CHUNK_BYTES, this.#chunkBytes + (this.#chunkBytes >> 3));
        return;
      case "end":
        this.#receiveEnd(frame.offset);
        return;
      case "reset":
        this.#receiveReset(frame.offset);
        return;
      case "stop":
        if (this.sending === "open" || this.sending === "ending") {
          this.#reset();
          const error = new TransportError("stopped", "the other end reads no more");
          this.#commands.push({ type: "failOutput", error });
        }
        return;
      case "ping":
        carrier.pong = frame.number;
        return;
      case "pong":
        if (frame.number === 0 || frame.number > carrier.pings) throw malformed("a pong answers no ping");
        if (frame.number === carrier.pings) this.roundTripMs = this.#nowMs - carrier.pingedMs;
        return;
      case "bye":
        if (!this.#isDone) throw malformed("bye before both directions are over");
        if (this.#isClient) this.#hangUp(carrier, encode({ type: "bye" }));
        this.#forget();
        return;
      case "gone":
        this.#obeyGone(carrier, frame.reason);
        return;
      default:
        throw malformed(`${frame.type} is not expected here`);
    }
  }

  #obeyGone(carrier: Carrier, code: number): void {
    const reason = REASONS[code];
    if (!reason) throw malformed(`there is no reason ${code}`);
    const error = new ResumeError(reason, goneMessages[reason], { confirmedBytes: this.confirmedBytes });
    const isCandidate = carrier !== this.#current;
    // Another server may have answered while the current one is still there.
    if (isCandidate && (reason === "busy" || this.#current !== undefined)) this.#lose(carrier, error);
    else this.#fail(error, undefined);
  }

  #receiveData({ offset, bytes }: Data): void {
    const end = offset + bytes.length;
    if (offset > this.#received) throw malformed("data is missing");
    if (end > this.#endAt) throw malformed("data follows the end");
    if (end <= this.#received) return;
    if (end > this.#taken + this.#options.bufferBytes) throw malformed("data exceeds what may be unread");
    const fresh = bytes.subarray(this.#received - offset);
    this.#received = end;
    if (this.receiving === "open") this.#commands.push({ type: "deliver", bytes: fresh });
    else this.#taken = end;
  }

  #receiveEnd(offset: number): void {
    if (offset !== Math.min(this.#received, this.#endAt)) throw malformed("the end is in the wrong place");
    if (this.#endAt !== Infinity) return;
    this.#endAt = offset;
    this.#received = offset + 1;
    this.#signalReceiving("end");
    if (this.receiving === "ended") this.#commands.push({ type: "endInput" });
    else this.#taken = this.#received;
  }

  #receiveReset(offset: number): void {
    const least = Math.min(this.#received, this.#endAt);
    const most = Math.min(this.#taken + this.#options.bufferBytes, this.#endAt);
    if (offset < least || offset > most) throw malformed("the reset is in the wrong place");
    const wasHeard = this.receiving === "open" || this.receiving === "ended";
    if (!this.#signalReceiving("reset")) return;
    this.#endAt = offset;
    this.#taken = this.#received = offset + 1;
    if (wasHeard)
      this.#commands.push({ type: "failInput", error: new TransportError("reset", "the other end was aborted") });
  }

  #acknowledge(taken: number): void {
    if (taken > this.#sent) throw malformed("it acknowledges more than was sent");
    if (taken < this.#acknowledged) throw malformed("it takes an acknowledgement back");
    const { hasRoom } = this.#replay;
    // A closed transport may take any time, as long as it makes progress.
    if (taken > this.#acknowledged && this.#closeByMs < Infinity) {
      this.#closeByMs = this.#nowMs + this.#options.keepMs;
    }
    this.#acknowledged = taken;
    // A direction that was reset is acknowledged without being read.
    if (this.sending === "open" || this.sending === "ending") this.confirmedBytes = Math.min(taken, this.#replay.end);
    this.#replay.release(Math.max(this.#replay.start, Math.min(taken, this.#replay.end)));
    if (!hasRoom && this.#replay.hasRoom) this.#commands.push({ type: "room" });
  }

  // What the application does

  #reset(): void {
    if (!this.#signalSending("reset")) return;
    // What was never sent never will be.
    this.#replay.cut(this.#sent);
    this.#commands.push({ type: "room" });
  }

  #stop(): void {
    if (!this.#signalReceiving("stop")) return;
    this.#taken = this.#received;
    if (this.receiving === "stopping") this.#current?.controls.push(encode({ type: "stop" }));
  }

  // Time

  #followTime(): void {
    const nowMs = this.#nowMs;
    for (const carrier of [...this.#carriers.values()]) {
      if (carrier.phase !== "attached" && nowMs >= carrier.dueMs) {
        this.#lose(carrier, new TransportError("lost", "the carrier was not ready in time"));
      }
    }
    const silentMs = this.#silentMs;
    const current = this.#current;
    if (current !== undefined && nowMs >= silentMs) {
      // A timer that is this late means that the program slept. It says nothing about the other end.
      const hasSlept = nowMs >= silentMs + this.#options.probeMs;
      if (current.probedMs === undefined || hasSlept) this.#probe(current);
      else this.#lose(current, new TransportError("lost", "the carrier has been silent for too long"));
    }
    if (nowMs >= this.#expireMs || nowMs >= this.#closeByMs) this.#expire();
    else if (nowMs >= this.#redialMs) this.#dial();
  }

  #probe(carrier: Carrier): void {
    carrier.probedMs = carrier.pingedMs = this.#nowMs;
    carrier.controls.push(encode({ type: "ping", number: ++carrier.pings }));
  }

  #expire(): void {
    if (this.#isDone) this.#forget();
    else this.#failAs("expired", `no carrier was found within ${this.#options.keepMs} ms`);
  }

  // What is sent

  /** Whether the other end has something to say, sooner or later. */
  get #isOwed(): boolean {
    return this.#acknowledged < this.#sent || this.receiving === "stopping" || this.#isDone;
  }

  /** Writes what can be written to a carrier that takes a write. */
  #flush(carrier: Carrier): void {
    if (carrier.isWriting || carrier.phase === "dialing") return;
    const { controls, pong } = carrier;
    carrier.controls = [];
    carrier.pong = undefined;
    if (pong !== undefined) controls.push(encode({ type: "pong", number: pong }));
    if (carrier === this.#current) this.#flushCurrent(carrier, controls);
    else this.#write(carrier, controls, 0, []);
  }

  #flushCurrent(carrier: Carrier, before: Bytes[]): void {
    const after: Bytes[] = [];
    const { end } = this.#replay;
    const count = this.#sendableBytes(carrier);
    if (this.#acknowledgesNow(carrier, before.length + count > 0)) {
      before.push(encode({ type: "ack", taken: this.#taken }));
      carrier.acknowledgedTo = this.#taken;
      this.#acknowledgeMs = Infinity;
    }
    if (count > 0) before.push(encode({ type: "data", offset: carrier.sentTo, length: count }));
    let sentTo = carrier.sentTo + count;
    if (this.sending === "ending" && sentTo === end) after.push(encode({ type: "end", offset: end }));
    if (this.sending === "resetting" && sentTo <= end) after.push(encode({ type: "reset", offset: end }));
    if (after.length > 0) sentTo = end + 1;
    if (this.#isDone && !this.#isClient && !carrier.saidBye) {
      after.push(encode({ type: "bye" }));
      carrier.saidBye = true;
    }
    this.#write(carrier, before, count, after);
    carrier.sentTo = sentTo;
    this.#sent = Math.max(this.#sent, sentTo);
  }

  #sendableBytes({ sentTo }: Carrier): number {
    if (this.sending === "resetting" || this.sending === "over") return 0;
    const most = Math.min(this.#replay.end, this.#acknowledged + this.#windowBytes);
    return Math.max(0, Math.min(most - sentTo, this.#chunkBytes));
  }

  /** Whether to acknowledge what the reader has taken. If not, sees to it that it will be. */
  #acknowledgesNow({ acknowledgedTo }: Carrier, goesAnyway: boolean): boolean {
    const taken = this.#taken - acknowledgedTo;
    if (taken === 0) return false;
    const isDue = this.#nowMs >= this.#acknowledgeMs || this.receiving === "over";
    if (goesAnyway || isDue || taken >= this.#windowBytes / 4) return true;
    this.#acknowledgeMs = Math.min(this.#acknowledgeMs, this.#nowMs + ACKNOWLEDGE_MS);
    return false;
  }

  /** Writes frames as one chunk: those before the data at `sentTo`, `count` bytes of it, and those after it. */
  #write(carrier: Carrier, before: readonly Bytes[], count: number, after: readonly Bytes[]): void {
    let length = count;
    for (const frame of before) length += frame.length;
    for (const frame of after) length += frame.length;
    if (length === 0) return;
    const chunk = new Uint8Array(length);
    let at = 0;
    const put = (frame: Bytes): void => {
      chunk.set(frame, at);
      at += frame.length;
    };
    before.forEach(put);
    if (count > 0) this.#replay.copy(carrier.sentTo, count, chunk, at);
    at += count;
    after.forEach(put);
    carrier.isWriting = true;
    this.#commands.push({ type: "write", carrier: carrier.number, chunk });
  }

  // The end

  #followEnds(): void {
    const wasEnding = this.sending === "ending";
    if (this.#acknowledged > this.#replay.end && this.#signalSending("confirm") && wasEnding) {
      this.#commands.push({ type: "outputEnded" });
    }
    if (this.#isDone && this.#signalState("finish")) {
      this.#closeByMs = Math.min(this.#closeByMs, this.#nowMs + this.#options.keepMs);
    }
  }

  /** Says a last word, and ends the carrier. */
  #hangUp(carrier: Carrier, word: Bytes): void {
    this.#write(carrier, [word], 0, []);
    this.#carriers.delete(carrier.number);
    this.#command("hangUp", carrier.number);
  }

  #failAs(code: ResumeErrorCode, message: string): void {
    const { confirmedBytes } = this;
    this.#fail(new ResumeError(code, message, { cause: this.#lastError, confirmedBytes }), "abandoned");
  }

  /** Both directions fail. `reason` is what the other end hears. */
  #fail(error: unknown, reason: Reason | undefined): void {
    const wasHeard = this.receiving !== "stopping";
    if (this.#signalSending("fail")) this.#commands.push({ type: "failOutput", error });
    if (this.#signalReceiving("fail") && wasHeard) this.#commands.push({ type: "failInput", error });
    if (reason !== undefined) {
      const word = encode({ type: "gone", reason: REASONS.indexOf(reason) });
      for (const carrier of [...this.#carriers.values()]) if (carrier.phase !== "dialing") this.#hangUp(carrier, word);
    }
    this.fault = error;
    this.#signalState("fail");
    this.#forget();
  }

  #forget(): void {
    for (const carrier of [...this.#carriers.values()]) this.#drop(carrier);
    this.#current = undefined;
    this.#isForgotten = true;
    this.#replay.release(this.#replay.end);
    this.#commands.push({ type: "forget" });
  }

  // The tables

  #signalState(signal: StateSignal): boolean {
    const next = states[this.state][signal];
    if (next === undefined) return false;
    this.state = next;
    this.#commands.push({ type: "state" });
    return true;
  }

  #signalSending(signal: SendingSignal): boolean {
    const next = sendings[this.sending][signal];
    if (next === undefined) return false;
    this.sending = next;
    return true;
  }

  #signalReceiving(signal: ReceivingSignal): boolean {
    const next = receivings[this.receiving][signal];
    if (next === undefined) return false;
    this.receiving = next;
    return true;
  }

  #command(type: "dial" | "hangUp" | "drop", carrier: number): void {
    this.#commands.push({ type, carrier });
  }

  #draw(length: number): Bytes {
    const bytes = new Uint8Array(length);
    this.#options.random(bytes);
    return bytes;
  }

  #renew(): void {
    this.#token = this.#next;
    this.#next = this.#draw(16);
  }
}

/** Compares in the same time wherever the bytes differ. */
function isSame(one: Bytes, other: Bytes): boolean {
  return one.reduce((sum, byte, i) => sum | (byte ^ other[i]!), one.length ^ other.length) === 0;
}

const goneMessages: Readonly<Record<Reason, string>> = {
  unknownSession:
    "the server does not know the session: it has restarted, the session has expired there, or the token is wrong",
  version: "the server speaks another version of the protocol",
  protocol: "the other end says that this end broke the protocol",
  busy: "the server has as many sessions as it may have",
  abandoned: "the application at the other end aborted the session",
};
