/** The laws that every run must keep, and the facts about each end of a connection that they are checked with. */
import { ProtocolError, type Limits } from "../../src/index.ts";
import { WebSocketError } from "../../src/stream/index.ts";
import { bytesOf, makeContent, headOf, isEqual, type Content, type Sent } from "./messages.ts";
import { plannedBehind, PlannedError } from "./misbehaviour.ts";
import { type Arrival, type Direction, type SimTransport, type Surroundings } from "./network.ts";

export type Law =
  | "ends in time"
  | "tells the truth"
  | "ends once"
  | "leaves nothing behind"
  | "contains"
  | "answers"
  | "bounded"
  | "never spins"
  | "closes promptly"
  | "stays open"
  | "deterministic";

/** A law that a run has broken. The text has no numbers and names that differ from run to run. */
export interface Finding {
  readonly law: Law;
  readonly what: string;
  readonly atMs: number;
}

/** Below half of the `closeTimeoutMs` of most worlds. */
export const PROMPT_MS = 120;

/** Timers ring within a millisecond. */
const SLACK_MS = 1;

const LIMIT_CODES: ReadonlySet<string> = new Set([
  "messageTooLarge",
  "frameTooLarge",
  "tooManyFragments",
  "tooManyQueuedReplies",
  "tooMuchEarlyData",
  "headTooLarge",
]);

/** Below this many unread bytes a dead peer has to be noticed, whether the application reads or not. */
const UNREAD_BYTES = 40_000;
const CHUNK_BYTES = 128;

/** What is not counted of what was sent, such as headers and control frames. */
export const UNCOUNTED_BYTES = 4096;

/** What a pong may take besides the way there and back. */
const PONG_SLACK_MS = 5;

const CLOSE_WRITTEN = "its Close was written";
const CLOSED_EARLY = "closed of the transport settled";
const WRITE_FAILED = "a write failed";

/** After at most this many chunks, timers get their turn, which takes a millisecond: perhaps before the next one. */
const CHUNKS_A_MS = 32;

/** How much may be read ahead, not counting the chunk that exceeds it, and in how many chunks. */
const MOST_AHEAD_BYTES = 64 * 1024;
const MOST_AHEAD_CHUNKS = MOST_AHEAD_BYTES / CHUNK_BYTES;

/** How much may wait in a session, not counting the message that exceeds it. Text counts two bytes a character. */
const MOST_QUEUED_BYTES = 2 * 64 * 1024;

export type LawWorld = Surroundings;

export type Face = "session" | "class" | "serve" | "accept" | "peer" | "crossws";

interface Pending {
  readonly what: string;
}

/** One end of a connection, as its application sees it. */
export class End {
  readonly name: string;
  readonly face: Face;
  readonly transport: SimTransport;
  readonly closeTimeoutMs: number;
  readonly slackMs: number;
  readonly messageTimeoutMs: number | undefined;
  readonly maxMessageBytes: number;
  readonly maxFrameBytes: number;
  readonly keepalive: { readonly intervalMs: number; readonly timeoutMs: number } | undefined;
  peer: End | undefined;
  /** When the application got its session, socket or peer. */
  openedMs: number | undefined;
  over: { readonly clean: boolean; readonly code: number; readonly atMs: number } | undefined;
  readonly pending = new Set<Pending>();
  readonly #callbacks = new Set<Pending>();
  readonly sent = new Map<string, Sent[]>();
  readonly got = new Set<Sent>();
  /** How many messages of each channel had been sent when the network made this end break the protocol. */
  #sentBefore: ReadonlyMap<string, number> | undefined;
  sentBytes = 0;
  largestSent = 0;
  tookBytes = 0;
  /** The application takes every message until the end. */
  readsAll = false;
  /** It reads messages as streams: one waits in its hands, and one for it. */
  readsStreams = false;
  /** The application leaves out messages on purpose. */
  skips = false;
  /** It wants no more messages. */
  dropsByWish = false;
  /** When it asked to close once everything is sent. */
  closeWantedMs = Infinity;
  /** It received the error that messages were dropped. */
  heardOfDrops = false;
  /** It read to the end of a connection that closed cleanly. */
  sawEnd = false;
  /** Something may have made the library close it: a limit, user code that fails, a server that stops. */
  mayClose: () => boolean = () => false;
  /** The network may have. */
  isDisturbed: () => boolean = () => false;
  /** The library has a reason to close it that the application has given. */
  endsEarly = false;
  /** It began to close, rather than the library. */
  began = false;
  /** It takes nothing for now, though it reads all in the end. */
  paused = false;
  everPaused = false;
  /** It did so while it closed, so that what still came may have been dropped. */
  #pausedAtTheEnd = false;
  /** It has not begun to read: nothing is parsed behind the first piece of a message. */
  takesNothing = false;
  /** A message was waited for in vain. */
  timedOut = false;
  /** Pongs are the application's own business. */
  leavesPongs = false;
  compressed = false;
  /** It never answers its client. */
  exempt = false;
  closingSinceMs: number | undefined;
  /** How long `await using` may take to leave, in milliseconds, where nothing fails and the peer takes everything. */
  promptMs: () => number | undefined = () => undefined;
  #closingHow = "";
  #calling = "";
  #inputEndedMs = Infinity;
  #beganMs = Infinity;
  #lastTookMs = 0;
  #resumedMs = 0;
  /** When it began to read late, with more than the first piece there. */
  #readLateMs = -Infinity;
  /** How many chunks had been read when the first byte came that has to wait; absent if none has. */
  #chunksBefore: number | undefined;
  /** How many chunks had been read when the application took something last. */
  #chunksTook = 0;
  #failed = false;
  readonly #world: LawWorld;

  constructor(
    world: LawWorld,
    name: string,
    face: Face,
    transport: SimTransport,
    timing: {
      closeTimeoutMs: number;
      lateMs: number;
      messageTimeoutMs?: number | undefined;
      limits?: Partial<Limits> | undefined;
      keepalive?: { intervalMs: number; timeoutMs: number } | undefined;
    },
  ) {
    this.#world = world;
    this.name = name;
    this.face = face;
    this.transport = transport;
    this.closeTimeoutMs = timing.closeTimeoutMs;
    this.keepalive = timing.keepalive;
    this.messageTimeoutMs = timing.messageTimeoutMs;
    this.maxMessageBytes = timing.limits?.maxMessageBytes ?? Infinity;
    this.maxFrameBytes = timing.limits?.maxFrameBytes ?? Infinity;
    this.slackMs = SLACK_MS + timing.lateMs;
    transport.incoming.arrived = (what) => this.#peerEnded(what);
    transport.outgoing.broke = () => {
      this.#sentBefore = new Map(Array.from(this.sent, ([channel, list]) => [channel, list.length]));
    };
    transport.incoming.delivered = () => this.#checkBounds();
    transport.ended = () => this.#checkClosesSoon();
    transport.outgoing.lost = () => this.#begin(WRITE_FAILED);
    transport.closedEarly = () => this.#begin(CLOSED_EARLY);
    transport.outgoing.closeWritten = () => {
      this.#checkPatience();
      this.#begin(CLOSE_WRITTEN);
    };
  }

  get opened(): boolean {
    return this.openedMs !== undefined;
  }

  /** The application has a session, socket or peer. */
  open(): void {
    this.openedMs ??= this.#world.nowMs;
  }

  get side(): "client" | "server" {
    return this.name.startsWith("c") ? "client" : "server";
  }

  /** Awaits what the library promised, and tells when it has settled. Nothing has to be done about a rejection. */
  track<T>(what: string, promise: Promise<T>): Promise<T> {
    const pending = { what };
    this.pending.add(pending);
    promise.then(
      () => {
        this.pending.delete(pending);
        this.#world.log(`${this.name} ${what} ok`);
      },
      (error: unknown) => {
        this.pending.delete(pending);
        this.#world.log(`${this.name} ${what} failed ${describe(error)}`);
        if (error instanceof PlannedError) error.rejections++;
        this.heard(what, error);
      },
    );
    return promise;
  }

  /** Calls the library, which may throw at once. */
  call<T>(what: string, step: () => T): T | undefined {
    this.#world.log(`${this.name} ${what}`);
    this.#calling = what;
    try {
      return step();
    } catch (error) {
      this.#world.log(`${this.name} ${what} threw ${describe(error)}`);
      this.heard(what, error);
      return undefined;
    } finally {
      this.#calling = "";
    }
  }

  /** `random` or an extension is about to throw. */
  threw(error: PlannedError): void {
    if (this.face === "class" && /^(send|close)$/.test(this.#calling))
      this.begin(`${error.where} threw in ${this.#calling}()`);
  }

  /** The application received an error, which must be of a known type. */
  heard(what: string, error: unknown): void {
    const { code } = ((error as { cause?: unknown } | undefined)?.cause ?? error ?? {}) as { code?: unknown };
    if (typeof code === "string" && LIMIT_CODES.has(code)) this.#world.mark("limit exceeded");
    if (code === "messageTimeout") {
      this.timedOut = true;
      this.#world.mark("message timed out");
    }
    if (error instanceof WebSocketError && error.message.includes("not read in time")) this.#hearOfDrops();
    if (what === "closed" || what === "error event") {
      if (!(error instanceof WebSocketError)) this.#fail("contains", `${what} gave ${describe(error)}`);
      return;
    }
    if (plannedBehind(error) !== undefined) return;
    // A stream that was aborted without a reason passes that on to its writers.
    if (error === undefined && /^(write|close)/.test(what)) return;
    const known =
      error instanceof WebSocketError ||
      error instanceof ProtocolError ||
      error instanceof RangeError ||
      error instanceof DOMException ||
      (error instanceof TypeError && !/Cannot read|is not a function|not iterable|detached/.test(error.message)) ||
      // The ws-style server passes plain errors to callbacks.
      what === "callback";
    if (!known) this.#world.fail("contains", `${this.face}: ${what.replace(/\d+/g, "")} gave ${describe(error)}`);
  }

  #hearOfDrops(): void {
    this.heardOfDrops = true;
    this.#world.mark("messages dropped that nobody took");
    // While the input has ended, one who goes on taking has time again, unless it closes, too.
    const isClosing = this.closingSinceMs !== undefined && this.#closingHow !== CLOSE_WRITTEN;
    const endedMs = isClosing ? this.#inputEndedMs : Math.max(this.#inputEndedMs, this.#lastTookMs);
    const sinceMs = Math.min(this.closingSinceMs ?? Infinity, endedMs, this.closeWantedMs);
    if (this.dropsByWish || this.#world.nowMs - sinceMs >= this.closeTimeoutMs / 2 - this.slackMs) return;
    this.#fail("tells the truth", "messages were dropped too early");
  }

  /** Writes down a message that the application is about to send. */
  send(channel: string, size: number, kind: number): Sent {
    let list = this.sent.get(channel);
    if (list === undefined) this.sent.set(channel, (list = []));
    const content = makeContent(this.name, channel, list.length, size, kind);
    const sent: Sent = { channel, index: list.length, content, bytes: bytesOf(content, kind), state: "pending" };
    this.sentBytes += sent.bytes;
    this.largestSent = Math.max(this.largestSent, sent.bytes);
    list.push(sent);
    return sent;
  }

  /** What the application gives to be called back: that has to come once. Not in time, for it may wait for a Blob. */
  callback(what: string, called: (error: unknown) => void): (error?: unknown) => void {
    const waiting = { what };
    this.#callbacks.add(waiting);
    return (error) => {
      this.#world.log(`${this.name} ${what} ${error === undefined ? "ok" : "failed"}`);
      if (!this.#callbacks.delete(waiting)) this.#fail("ends once", `${what} comes twice`);
      if (error !== undefined) this.heard("callback", error);
      called(error);
    };
  }

  /** The application takes a message. */
  take(content: Content): void {
    this.takesNothing = false;
    // Once its Close was written, what it takes was there before.
    if (this.over === undefined && this.#closingHow !== CLOSE_WRITTEN) this.#lastTookMs = this.#world.nowMs;
    this.#chunksTook = this.transport.incoming.chunks;
    this.#world.mark("message received");
    if (content.length > 60_000) this.#world.mark("large message received");
    if (content.length > 130_000) this.#world.mark("very large message");
    if (this.over !== undefined && this.face !== "session" && this.face !== "serve" && this.face !== "accept") {
      this.#world.fail("ends once", `${this.face}: a message came after the end`);
    }
    if (content.length * 3 > this.maxMessageBytes && sizeOf(content) > this.maxMessageBytes) {
      this.#world.fail("bounded", `${this.face}: a message over the limit came`);
    }
    const head = headOf(content);
    const sent = head === undefined ? undefined : this.peer?.sent.get(head.channel)?.[head.index];
    this.tookBytes += sent?.bytes ?? content.length;
    if (this.transport.incoming.corrupted) return;
    if (sent === undefined || head?.from !== this.peer?.name || !isEqual(content, sent.content)) {
      this.#world.fail("tells the truth", `${this.face}: a message came that was not sent so`);
      return;
    }
    this.#world.log(`${this.name} got ${sent.channel}/${sent.index}`);
    const before = this.peer!.#sentBefore;
    if (before !== undefined && sent.index >= (before.get(sent.channel) ?? 0)) {
      this.#world.fail("tells the truth", `${this.face}: a message came from behind what broke the protocol`);
    }
    for (const other of this.peer!.sent.get(sent.channel)!.slice(sent.index)) {
      if (this.got.has(other)) {
        this.#world.fail("tells the truth", `${this.face}: messages came twice or out of order`);
        break;
      }
    }
    this.got.add(sent);
  }

  /** It takes nothing for now. */
  pause(): void {
    this.paused = true;
    this.everPaused = true;
    this.#pausedAtTheEnd ||= this.closingSinceMs !== undefined;
  }

  resume(): void {
    this.paused = false;
    this.#resumedMs = this.#world.nowMs;
  }

  /** It begins to read, later than it could. */
  readLate(): void {
    this.takesNothing = false;
    this.touch(0);
    if (!this.#hasUnread) return;
    this.#readLateMs = this.#world.nowMs;
    if (this.transport.incoming.scanner.inMessage) this.#world.mark("read late behind half a message");
  }

  /** The application takes something of a message, such as a piece of it. */
  touch(bytes: number): void {
    // Once its Close was written, what it takes was there before.
    if (this.over === undefined && this.#closingHow !== CLOSE_WRITTEN) this.#lastTookMs = this.#world.nowMs;
    this.tookBytes += bytes;
  }

  /** The application begins to close this end. */
  begin(how: string): void {
    this.began = true;
    this.#beganMs = Math.min(this.#beganMs, this.#world.nowMs);
    this.#begin(how);
  }

  /** The library begins to close this end, as it has to. */
  beginByLibrary(how: string): void {
    this.endsEarly = true;
    this.#begin(how);
  }

  #begin(how: string): void {
    if (this.closingSinceMs !== undefined || this.over !== undefined) return;
    this.closingSinceMs = this.#world.nowMs;
    this.#pausedAtTheEnd ||= this.paused;
    this.#closingHow = how;
    this.#world.log(`${this.name} closing: ${how}`);
    if (this.transport.outgoing.writePending) this.#world.mark("closed while a write was pending");
    this.#world.after(this.closeTimeoutMs + this.slackMs, () => this.#checkEnded(how));
  }

  /** The application received the end. */
  end(clean: boolean, code: number): void {
    this.#world.log(`${this.name} over ${clean ? "clean" : "failed"} ${code}`);
    if (this.over !== undefined) {
      this.#world.fail("ends once", `${this.face}: the end was reported twice`);
      return;
    }
    this.over = { clean, code, atMs: this.#world.nowMs };
    const promptMs = this.#closingHow === "dispose" ? this.promptMs() : undefined;
    // A peer that has not answered the request yet answers nothing else.
    const sinceMs = Math.max(this.closingSinceMs ?? 0, this.peer?.openedMs ?? 0);
    if (this.#world.nowMs - sinceMs > (promptMs ?? Infinity)) {
      this.#fail("closes promptly", "dispose waits for a timeout although the peer answers");
    }
    this.#checkReason(clean);
    if (clean) this.#checkTransportSoon();
    this.#world.mark(clean ? "clean close" : "connection failed");
    const { incoming, outgoing } = this.transport;
    if (!clean || incoming.corrupted) return;
    if (incoming.violation !== undefined) {
      this.#world.fail("tells the truth", `${this.face}: clean although the peer broke the protocol`);
    }
    if (!incoming.closeDelivered) this.#world.fail("tells the truth", `${this.face}: clean without the peer's Close`);
    else if (!outgoing.closeTaken) {
      this.#world.fail("tells the truth", `${this.face}: clean although our Close was not taken`);
    }
  }

  /** It was the application that was late, and not the peer with the rest of a message. */
  #checkPatience(): void {
    const { messageTimeoutMs = 0 } = this;
    if (this.transport.outgoing.scanner.closeCode !== 1008 || this.began) return;
    if (this.transport.incoming.scanner.closeCode === 1008) return; // an echo
    if (this.#world.nowMs < this.#readLateMs + messageTimeoutMs - this.slackMs) {
      this.#fail("stays open", "the peer's message timed out because the application was late");
    }
  }

  /** Both directions have ended, and the library knows: it closes the transport. */
  #checkClosesSoon(): void {
    const { transport } = this;
    const { incoming, outgoing } = transport;
    if (!transport.isOver || !transport.hasClose || transport.closeCalled || transport.finishHangs) return;
    this.#world.after(PROMPT_MS, () => {
      if (!this.opened || !this.readsAll || this.everPaused || transport.closeCalled || outgoing.hung) return;
      if (incoming.vanished || outgoing.vanished) return;
      this.#fail("closes promptly", "close() of the transport is not called although both directions have ended");
    });
  }

  /** Called right after what gives the transport up. */
  gaveUp(how: string): void {
    this.#world.after(0, () => {
      const { transport } = this;
      if (transport.given && !transport.hasEnded) this.#fail("ends in time", `the transport is kept after ${how}`);
    });
  }

  /** Once both ends are over, nothing keeps their transports. */
  #checkTransportSoon(): void {
    this.#world.after(PROMPT_MS, () => {
      const { transport, peer } = this;
      if (this.promptMs() === undefined || transport.hasEnded || peer?.over === undefined) return;
      if (peer.transport.given) this.#fail("closes promptly", "the transport is kept although both ends are over");
    });
  }

  /** What nobody has closed, and nothing has disturbed, stays open. */
  #checkReason(clean: boolean): void {
    const { peer } = this;
    if (!this.opened || peer?.opened !== true || this.endsEarly || peer.endsEarly) return;
    if (this.isDisturbed() || this.mayClose()) return;
    if (this.began || peer.began || this.#mayMissPongs(peer) || peer.#mayMissPongs(this)) return;
    // A side that waits in vain for a message says so in its Close, if there is room.
    const times = this.messageTimeoutMs !== undefined || peer.messageTimeoutMs !== undefined;
    if (times && (!clean || this.over?.code === 1008 || this.timedOut || peer.timedOut)) return;
    this.#fail("stays open", `it was ${clean ? "closed" : "cut off"} although nobody closed it`);
  }

  /** A peer that is there may be too slow with its pongs: they wait behind what it sends, and until it reads. */
  #mayMissPongs(peer: End): boolean {
    if (this.keepalive === undefined) return false;
    const { incoming, outgoing } = this.transport;
    const sentBytes = this.sentBytes + peer.sentBytes;
    const isQuick = incoming.takesAtOnce(sentBytes + UNREAD_BYTES) && outgoing.takesAtOnce(sentBytes + UNREAD_BYTES);
    if (!isQuick || !peer.readsAll || peer.everPaused || peer.leavesPongs) return true;
    return incoming.latencyMs + outgoing.latencyMs + PONG_SLACK_MS >= this.keepalive.timeoutMs;
  }

  /** Nothing arrives any more, and no side got an error. A side that reads late sees the peer's last signs late. */
  vanished(): void {
    const { keepalive } = this;
    if (keepalive === undefined || !this.opened || this.over !== undefined) return;
    const sinceMs = this.#world.nowMs;
    const check = (): void => {
      const lastMs = Math.max(sinceMs, this.#lastTookMs);
      const dueMs = lastMs + keepalive.intervalMs + keepalive.timeoutMs + this.closeTimeoutMs + this.slackMs;
      if (this.over !== undefined) this.#world.mark("keepalive found a dead peer");
      else if (this.#world.nowMs < dueMs) this.#world.after(dueMs - this.#world.nowMs, check);
      else if (this.closingSinceMs === undefined && (this.readsAll || this.#fewUnread)) {
        this.#fail("ends in time", "keepalive does not find a peer that has vanished");
      }
    };
    check();
  }

  /** The peer leaves a message half way: that may not last. */
  leftHalfWay(): void {
    const {
      messageTimeoutMs,
      transport: { incoming },
    } = this;
    if (messageTimeoutMs === undefined) return;
    const check = (): void => {
      if (this.over !== undefined || this.closingSinceMs !== undefined || !this.readsAll || this.paused) return;
      const dueMs =
        Math.max(incoming.lastArrivedMs, this.#resumedMs) + messageTimeoutMs + this.closeTimeoutMs + this.slackMs;
      if (this.#world.nowMs < dueMs) this.#world.after(dueMs - this.#world.nowMs, check);
      else if (this.opened && incoming.scanner.inMessage && incoming.arrivedBytes === incoming.writtenBytes) {
        this.#fail("ends in time", "a message that was left half way is waited for too long");
      }
    };
    this.#world.after(messageTimeoutMs + this.closeTimeoutMs + this.slackMs, check);
  }

  /** The opening has to be over in time. */
  opening(handshakeTimeoutMs: number): void {
    this.#world.after(handshakeTimeoutMs + this.closeTimeoutMs + this.slackMs, () => {
      if (!this.opened && this.over === undefined && this.pending.size > 0) {
        this.#fail("ends in time", "the opening takes longer than its timeout and closeTimeoutMs");
      }
    });
  }

  /** Whether a Close frame of this end may have other causes than the peer's. */
  get #excuse(): boolean {
    return (
      this.began ||
      this.timedOut ||
      this.#closingHow !== CLOSE_WRITTEN ||
      this.keepalive !== undefined ||
      this.mayClose()
    );
  }

  /** A class's object tells its end even if it never opened. */
  get #mustEnd(): boolean {
    return this.opened || this.face === "class";
  }

  /** Nothing lies unread: what is expected of the peer can't be among it. */
  get #tookAll(): boolean {
    return this.tookBytes >= (this.peer?.sentBytes ?? 0);
  }

  /** Chunks cost something beside their bytes. */
  get #fewUnread(): boolean {
    const chunks = this.transport.incoming.chunks - this.#chunksTook;
    return (this.peer?.sentBytes ?? 0) - this.tookBytes + chunks * CHUNK_BYTES <= UNREAD_BYTES;
  }

  /** One finding for each end: the others follow from it. */
  #fail(law: Law, what: string): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#world.fail(law, `${this.face} ${this.side}: ${what}`);
  }

  #checkEnded(how: string): void {
    const { transport } = this;
    const after = `one closeTimeoutMs after ${how}`;
    // What still comes, or has arrived by then, may be taken, and time starts again with each message, until the
    // application closes it.
    const lastMs = Math.min(Math.max(this.#lastTookMs, this.transport.incoming.lastArrivedMs), this.#beganMs);
    const leftMs = lastMs + this.closeTimeoutMs + this.slackMs - this.#world.nowMs;
    const isGone = how === CLOSED_EARLY || (how === WRITE_FAILED && this.#inputEndedMs < Infinity);
    if (isGone && leftMs > 0) {
      this.#world.after(leftMs, () => this.#checkEnded(how));
      return;
    }
    if (this.#mustEnd && this.over === undefined) this.#fail("ends in time", `not over ${after}`);
    for (const { what } of this.pending) this.#fail("ends in time", `${what.replace(/\d+/g, "")} is pending ${after}`);
    if (transport.given && !transport.hasEnded) this.#fail("ends in time", `the transport is kept ${after}`);
  }

  /**
   * A Close frame that lies behind messages is not known until they have been taken. The end of the input is, unless too
   * much lies before it.
   */
  #peerEnded(what: Arrival): void {
    const sinceMs = this.#world.nowMs;
    const {
      peer,
      transport: { incoming },
    } = this;
    const chunksBefore = incoming.chunks;
    if (what === "Close" && this.transport.outgoing.writePending) {
      this.#world.mark("peer's Close arrived while ours was not taken");
    }
    const isFound = what !== "Close" && what !== "violation";
    if (isFound) this.#inputEndedMs = Math.min(this.#inputEndedMs, sinceMs);
    if (!this.opened || this.over !== undefined || this.closingSinceMs !== undefined) return;
    if (!isFound && incoming.corrupted) return;
    if (isFound && this.tookBytes < (peer?.sentBytes ?? 0)) this.#world.mark("held reader and dead peer");
    const check = (): void => {
      if (this.over !== undefined || this.closingSinceMs !== undefined) return;
      if (!isFound && this.paused) {
        this.#world.after(this.closeTimeoutMs, check);
        return;
      }
      if (!isFound && ((!this.readsAll && !this.#tookAll) || incoming.corrupted)) return;
      const turnsMs = Math.ceil((incoming.chunks - chunksBefore) / CHUNKS_A_MS);
      const dueMs = Math.max(sinceMs, this.#lastTookMs) + this.closeTimeoutMs + this.slackMs + turnsMs;
      if (this.#world.nowMs < dueMs) this.#world.after(dueMs - this.#world.nowMs, check);
      else if (this.#fewUnread) this.#fail("ends in time", `not over one closeTimeoutMs after the peer's ${what} came`);
    };
    this.#world.after(this.closeTimeoutMs + this.slackMs, check);
  }

  /** Whether more lies with the library than the first piece of a message that nobody takes, for certain. */
  get #hasUnread(): boolean {
    const { deliveredBytes, scanner } = this.transport.incoming;
    return deliveredBytes > (scanner.firstPieceEnd ?? Infinity);
  }

  /** Checks how many bytes the library has read that the application has not taken: first at once, then at rest. */
  #checkBounds(atRest = false): void {
    if (this.compressed || this.skips || this.dropsByWish) return;
    if (this.closingSinceMs !== undefined || this.closeWantedMs < Infinity) return;
    // A message over a limit ends the connection, which then drops what still arrives.
    if ((this.peer?.largestSent ?? 0) > Math.min(this.maxMessageBytes, this.maxFrameBytes)) return;
    // Everything after a violation is dropped.
    if (this.transport.incoming.violation !== undefined) return;
    // So does one of too many fragments, a hook, or a pong that is missing. That can't be seen while its Close waits
    // behind a write.
    if ((this.mayClose() || this.keepalive !== undefined) && this.transport.outgoing.writePending) return;
    if (this.over !== undefined || !this.opened || (this.readsAll && !this.paused)) return;
    const { deliveredBytes, largestRead, chunks } = this.transport.incoming;
    if (this.takesNothing && this.#hasUnread) this.#chunksBefore ??= chunks;
    const chunksAhead = this.takesNothing ? chunks - (this.#chunksBefore ?? chunks) : 0;
    const queued = this.takesNothing || this.readsAll ? 0 : MOST_QUEUED_BYTES;
    const queues = this.readsStreams ? 2 : 1;
    const mostQueued = queues * (queued + (this.peer?.largestSent ?? 0));
    const most = mostQueued + MOST_AHEAD_BYTES + largestRead + UNCOUNTED_BYTES;
    if (deliveredBytes - this.tookBytes <= most && chunksAhead <= MOST_AHEAD_CHUNKS) return;
    // What was given to the application in this turn, it has not taken yet.
    if (!atRest) this.#world.after(0, () => this.#checkBounds(true));
    else this.#fail("bounded", "too much is read that the application does not take");
  }

  /** The world is over: nothing may be left. */
  checkLeft(): void {
    const { outgoing } = this.transport;
    if (outgoing.scanner.closeEnd !== undefined && !outgoing.closeTaken) this.#world.mark("Close echo never taken");
    if (this.#failed) return;
    for (const { what } of this.pending)
      this.#fail("leaves nothing behind", `${what.replace(/\d+/g, "")} never settles`);
    for (const { what } of this.#callbacks) this.#fail("leaves nothing behind", `${what} never comes`);
    if (this.transport.given && this.transport.hasClose && !this.transport.closeCalled && !this.exempt) {
      this.#fail("leaves nothing behind", "the transport's close() was not called");
    }
    if (this.#mustEnd && this.over === undefined) this.#fail("leaves nothing behind", `is never over`);
    if (this.transport.given && !this.transport.hasEnded && !this.exempt) {
      this.#fail(
        "leaves nothing behind",
        `the transport is kept${this.opened ? "" : " of a connection that never opened"}`,
      );
    }
    if (this.peer === undefined || this.transport.incoming.corrupted) return;
    this.#checkViolation(this.peer);
    this.#checkAllArrived(this.peer);
  }

  /** A side that receives a protocol violation fails, and gives the reason. */
  #checkViolation({ transport: { outgoing } }: End): void {
    if (this.opened && outgoing.brokenHead !== undefined) {
      this.#fail("tells the truth", `opened although the head was broken: ${outgoing.brokenHead}`);
    }
    const { violation } = outgoing;
    const closeCode = this.transport.outgoing.scanner.closeCode;
    if (violation === undefined || this.#excuse) return;
    if (closeCode !== undefined && closeCode !== violation.closeCode) {
      this.#fail("answers", `Close ${closeCode} and not ${violation.closeCode} for: ${violation.what}`);
    }
  }

  /** If both ends are clean, whoever read everything got everything that was sent before the peer's Close. */
  #checkAllArrived(peer: End): void {
    if (this.skips) return;
    for (const list of peer.sent.values()) {
      let last = -1;
      for (const sent of list) if (this.got.has(sent)) last = sent.index;
      for (const sent of list) {
        if (sent.index < last && !this.got.has(sent) && sent.state === "fulfilled") {
          this.#fail("tells the truth", "a message was left out");
          return;
        }
      }
    }
    if (this.over?.clean !== true || peer.over?.clean !== true) return;
    if (!(this.readsAll || this.sawEnd) || this.dropsByWish || this.heardOfDrops || this.#pausedAtTheEnd) return;
    if (this.face === "class" && this.closingSinceMs !== undefined) return;
    // After the end of the transport, messages wait for half of the time-out. This transport had not ended.
    if (this.#closingHow === CLOSED_EARLY) return;
    for (const list of peer.sent.values()) {
      for (const sent of list) {
        if (sent.state === "fulfilled" && !this.got.has(sent)) {
          this.#fail(
            "tells the truth",
            `clean, but a message is missing${this.#closingHow === "" ? "" : " at the closer"}`,
          );
          return;
        }
      }
    }
  }
}

function sizeOf(content: Content): number {
  return typeof content === "string" ? encoder.encode(content).length : content.length;
}

const encoder = new TextEncoder();

export function describe(error: unknown): string {
  if (error instanceof PlannedError) return error.message;
  if (error instanceof Error || error instanceof DOMException) {
    return `${error.name}: ${error.message.replace(/\d+/g, "N").slice(0, 70)}`;
  }
  return String(error).slice(0, 40);
}

export type { Direction };
