/**
 * A simulated pair of byte transports whose bytes travel in virtual time, and a record of what really happened to them.
 */
import type { ByteTransport, TransportRequest } from "../../src/transports/byteTransport.ts";
import type { Draws } from "./choices.ts";
import type { Law } from "./laws.ts";
import type { Mark } from "./marks.ts";
import { brokenHead, drawViolation, type BrokenHead, type Violation } from "./violations.ts";
import { WireScanner } from "./wireScanner.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What both ends of a link have agreed on. */
export interface WireRules {
  readonly hasHandshake: boolean;
  readonly masking: boolean;
}

/** What the network needs of the world around it. */
export interface Surroundings {
  readonly nowMs: number;
  after(ms: number, run: () => void): void;
  log(text: string): void;
  mark(mark: Mark): void;
  fail(law: Law, what: string): void;
}

/** What a transport fails with. The library wraps it before it tells applications. */
export class NetworkError extends Error {}

/** How a call of the transport behaves: as it should, or not. */
export type CallMode = "works" | "hangs" | "rejects" | "throws";

interface DirectionPlan {
  readonly latencyMs: number;
  /** Bytes that may be on their way or unread before a write waits. */
  readonly windowBytes: number;
  readonly pieces: "whole" | "halves" | "tiny";
  /** The reader gets everything that has arrived in one chunk. */
  readonly joins: boolean;
  /** How long a write takes to be fulfilled, in milliseconds; at once if 0. */
  readonly settleMs: number;
  /** Empty chunks before each piece, for a plain stream. */
  readonly emptyBurst: number;
  /** From when on the reader gets one empty chunk after the other for a while, for a plain stream. */
  readonly emptyFromMs: number;
  /** After this many bytes the reader gets a chunk that is not a `Uint8Array`. */
  readonly strangeAt: number;
  readonly writesHangFrom: number;
  readonly writesFailFrom: number;
  /** The reader reads the end behind this many bytes; what is written after them is lost. */
  readonly endsAt: number;
  /** After this many frames bytes follow that break the protocol. */
  readonly breaksAfter: number;
  readonly head: "fine" | BrokenHead;
}

interface EndPlan {
  readonly byteStream: boolean;
  readonly copiesChunks: boolean | undefined;
  readonly close: CallMode | "missing";
  readonly closed: "fulfils" | "rejects" | "never" | "missing" | "early" | "earlyRejects";
  /** When an early `closed` is fulfilled. */
  readonly closedMs: number;
  readonly abort: CallMode;
  readonly cancel: CallMode;
  /** The sink's `close`, which ends the direction. */
  readonly finish: "works" | "hangs" | "rejects";
  /** The member whose getter throws. */
  readonly getter: Getter | undefined;
}

export type Getter = "readable" | "writable" | "closed" | "copiesChunks" | "request";

export type LinkFault = "corrupt" | "clog" | "clogBoth" | "reset" | "end" | "halfEnd" | "vanish" | "vanishOneWay";

/** How long empty chunks come one after the other, and how many of them may be read before time goes on. */
const EMPTY_MS = 25;
const MOST_EMPTIES = 200;

/** Returns a new promise each time: reactions to a shared one would stay in memory. */
function never(): Promise<never> {
  return new Promise(() => undefined);
}

/** Does what a mode says, in place of a call that would return nothing. */
function behave(mode: CallMode, what: string): undefined | Promise<void> {
  switch (mode) {
    case "works":
      return undefined;
    case "hangs":
      return never();
    case "rejects":
      return Promise.reject(new NetworkError(`${what} rejected`));
    case "throws":
      throw new NetworkError(`${what} threw`);
  }
}

/** What a reader may find behind the last message. A chunk of another type ends the input for it. */
export type Arrival = "Close" | "end" | "reset" | "violation" | "strange chunk";

/** The bytes from one end to the other. */
export class Direction {
  readonly name: string;
  readonly scanner: WireScanner;
  readonly writable: WritableStream<Bytes>;
  readonly readable: ReadableStream<Uint8Array>;
  /** Bytes that were given to the writable side; that it has taken, by fulfilling their writes; that arrived; that were read. */
  writtenBytes = 0;
  takenBytes = 0;
  arrivedBytes = 0;
  deliveredBytes = 0;
  lastArrivedMs = 0;
  largestRead = 0;
  /** Chunks that were read. */
  chunks = 0;
  /** How each side ended, as its user sees it. */
  writableEnded: string | undefined;
  readableEnded: string | undefined;
  /** The end or a reset can be read, even if nobody has. */
  endArrived = false;
  /** The whole Close frame can be read. */
  closeArrived = false;
  vanished = false;
  /** Called when a Close frame, the end or a reset can be read. */
  arrived: (what: Arrival) => void = ignore;
  /** Called when the writer is made to break the protocol. */
  broke: () => void = ignore;
  /** Called when a Close frame is written. */
  closeWritten: () => void = ignore;
  settled: () => void = ignore;
  /** Called when a write has failed, and when bytes were read. */
  lost: () => void = ignore;
  delivered: () => void = ignore;
  /** Called with the head in place of the reader. */
  takeHead: ((head: string) => void) | undefined;
  /** What the writer was made to break the protocol with. */
  violation: Violation | undefined;
  /** The head was broken. */
  brokenHead: BrokenHead | undefined;
  /** A write was never settled. */
  hung = false;
  /** A byte was changed on its way. */
  corrupted = false;
  /** The end was made to be read although more was written. */
  cut = false;

  readonly #world: Surroundings;
  readonly #plan: DirectionPlan;
  readonly #writerPlan: EndPlan;
  readonly #readerPlan: EndPlan;
  #writing!: WritableStreamDefaultController;
  #reading!: ReadableStreamDefaultController<Uint8Array> | ReadableByteStreamController;
  #wanted = false;
  readonly #queue: Uint8Array[] = [];
  /** Bytes that were taken, and neither delivered nor lost. */
  #pendingBytes = 0;
  #waiting:
    { readonly chunk: Bytes; readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined;
  #clogged = 0;
  #inWire = 0;
  readonly #held: (() => void)[] = [];
  #lastDueMs = 0;
  #corrupts = false;
  #strange = false;
  #empties = 0;
  #emptyMs = -1;
  /** By how much the reader's count of bytes is ahead of the writer's, from the Close frame on. */
  #closeShift = 0;
  #head = "";
  readonly #draws: Draws;
  readonly #wireRules: WireRules & { readonly toServer: boolean };

  constructor(
    world: Surroundings,
    name: string,
    plan: DirectionPlan,
    writer: EndPlan,
    reader: EndPlan,
    rules: WireRules & { readonly toServer: boolean },
    draws: Draws,
  ) {
    this.#draws = draws;
    this.#wireRules = rules;
    this.name = name;
    this.#world = world;
    this.#plan = plan;
    this.#writerPlan = writer;
    this.#readerPlan = reader;
    this.scanner = new WireScanner(rules.hasHandshake);
    this.writable = new WritableStream<Bytes>({
      start: (controller) => {
        this.#writing = controller;
        controller.signal.addEventListener("abort", () => this.#aborted());
      },
      write: (chunk) => this.#write(chunk),
      close: () => this.#finished(),
      abort: () => {
        if (writer.abort !== "works") world.mark(`abort of the transport ${past(writer.abort)}`);
        return behave(writer.abort, "abort");
      },
    });
    const source = {
      start: (controller: ReadableStreamDefaultController<Uint8Array> | ReadableByteStreamController) => {
        this.#reading = controller;
      },
      pull: () => {
        this.#wanted = true;
        this.#feed();
      },
      cancel: () => {
        this.#cancelled();
        if (reader.cancel !== "works") world.mark(`cancel of the transport ${past(reader.cancel)}`);
        return behave(reader.cancel, "cancel");
      },
    };
    if (reader.byteStream) {
      world.mark("byte stream read");
      this.readable = new ReadableStream({ ...source, type: "bytes" });
    } else {
      this.readable = new ReadableStream<Uint8Array>(source, { highWaterMark: 0 });
    }
  }

  /** Whether our Close frame, and every byte before it, has been taken. */
  get closeTaken(): boolean {
    const { closeEnd } = this.scanner;
    return closeEnd !== undefined && this.takenBytes >= closeEnd;
  }

  /** Whether the reader has got the peer's Close frame. */
  get closeDelivered(): boolean {
    const { closeEnd } = this.scanner;
    return closeEnd !== undefined && this.deliveredBytes >= closeEnd + this.#closeShift;
  }

  get latencyMs(): number {
    return this.#plan.latencyMs;
  }

  /** Whether a write of any size is taken at once, if no more than this is on its way. */
  takesAtOnce(bytes: number): boolean {
    return this.#plan.windowBytes > bytes && this.#plan.settleMs === 0;
  }

  get writePending(): boolean {
    return this.writableEnded === undefined && this.writtenBytes > this.takenBytes;
  }

  /** Whether the network leaves the head as it is. */
  get isWhole(): boolean {
    return this.#plan.head === "fine" && this.#plan.endsAt === Infinity;
  }

  clog(): void {
    this.#clogged++;
  }

  get #holds(): boolean {
    return this.#clogged > 0 || this.#held.length > 0;
  }

  unclog(): void {
    if (--this.#clogged > 0) return;
    // What arrives may let more on its way, which comes behind all that was held.
    while (this.#held.length > 0) this.#held.shift()!();
  }

  /** From now on nothing arrives, and neither end notices. */
  vanish(): void {
    this.vanished = true;
    this.#held.length = 0;
  }

  /** A byte of what arrives next is changed. */
  corrupt(): void {
    this.#corrupts = true;
  }

  /** Fails the reader at once. */
  failReader(why: string): void {
    if (this.readableEnded !== undefined || this.vanished) return;
    this.readableEnded = "errored";
    this.endArrived = true;
    this.#queue.length = 0;
    this.#reading.error(new NetworkError(why));
    this.#world.log(`${this.name} reset`);
    this.arrived("reset");
    this.settled();
  }

  /** Fails the writer at once. */
  failWriter(why: string): void {
    if (this.writableEnded !== undefined || this.vanished) return;
    this.writableEnded = "errored";
    const error = new NetworkError(why);
    this.#writing.error(error);
    if (this.#waiting !== undefined) this.lost();
    this.#waiting?.reject(error);
    this.#waiting = undefined;
    this.settled();
  }

  /** The reader reads the queued bytes, and then the end. */
  endReader(): void {
    if (this.endArrived || this.vanished) return;
    this.endArrived = true;
    this.#world.log(`${this.name} end`);
    this.arrived("end");
    this.#feed();
  }

  /** The transport of the writer was closed. */
  closeWriter(): void {
    if (this.writableEnded !== undefined) return;
    this.#wire(() => this.endReader());
    this.writableEnded = "closed";
    const error = new NetworkError("the transport is closed");
    this.#writing.error(error);
    this.#waiting?.reject(error);
    this.#waiting = undefined;
    this.settled();
  }

  /** The transport of the reader was closed. */
  closeReader(): void {
    if (this.readableEnded !== undefined) return;
    this.readableEnded = "closed";
    this.#queue.length = 0;
    this.#endStream();
    this.#tellWriter();
    this.settled();
  }

  #write(chunk: Bytes): Promise<void> | undefined {
    const from = this.writtenBytes;
    this.writtenBytes += chunk.length;
    const { scanner } = this;
    const { closeEnd } = scanner;
    scanner.push(chunk);
    this.#world.log(`${this.name} write ${chunk.length}`);
    if (closeEnd === undefined && scanner.closeEnd !== undefined) {
      this.#closeShift = this.violation?.bytes.length ?? 0;
      this.closeWritten();
    } else if (closeEnd !== undefined && chunk.length > 0 && scanner.position > closeEnd) {
      this.#world.fail("tells the truth", "bytes were written behind a Close frame");
    }
    if (from >= this.#plan.writesFailFrom) {
      this.#world.mark("write failed");
      this.writableEnded ??= "errored";
      this.lost();
      this.settled();
      throw new NetworkError("the write failed");
    }
    if (from >= this.#plan.writesHangFrom) {
      this.#world.mark("write hung");
      this.hung = true;
      return never();
    }
    if (this.#pendingBytes >= this.#plan.windowBytes) {
      this.#world.mark("write waited for the window");
      return new Promise((resolve, reject) => (this.#waiting = { chunk, resolve, reject }));
    }
    this.#send(chunk);
    const { settleMs } = this.#plan;
    if (settleMs === 0) {
      this.takenBytes += chunk.length;
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const waiting = { chunk: EMPTY, resolve: () => this.#take(chunk.length, resolve), reject };
      this.#waiting = waiting;
      this.#world.after(settleMs, () => {
        if (this.#waiting !== waiting) return;
        this.#waiting = undefined;
        waiting.resolve();
      });
    });
  }

  #take(bytes: number, resolve: () => void): void {
    this.takenBytes += bytes;
    resolve();
  }

  /** Puts a chunk on its way, unless the network does something else with it. */
  #send(chunk: Bytes): void {
    const { endsAt, breaksAfter, head } = this.#plan;
    if (this.cut) return;
    const rest = this.takeHead === undefined ? chunk : this.#withoutHead(chunk);
    if (
      head !== "fine" &&
      this.brokenHead === undefined &&
      this.scanner.headEnd !== undefined &&
      this.#wireRules.hasHandshake
    ) {
      this.#world.mark("head broken");
      this.#world.log(`${this.name} head broken: ${head}`);
      this.brokenHead = head;
      this.#sendPieces(brokenHead(head, chunk));
      return;
    }
    if (this.writtenBytes > endsAt) {
      this.cut = true;
      this.#world.mark("half-closed behind a byte");
      this.#sendPieces(rest.slice(0, Math.max(0, endsAt - (this.writtenBytes - rest.length))));
      this.#wire(() => this.endReader());
      return;
    }
    this.#sendPieces(rest);
    const { scanner } = this;
    if (scanner.frames < breaksAfter || this.violation !== undefined || scanner.closeEnd !== undefined) return;
    if (!scanner.isOpen || !scanner.betweenFrames || this.brokenHead !== undefined) return;
    this.violation = drawViolation(this.#draws, { ...this.#wireRules, inMessage: scanner.inMessage });
    this.#world.mark("protocol broken");
    this.#world.log(`${this.name} breaks the protocol: ${this.violation.what}`);
    this.broke();
    this.#sendPieces(this.violation.bytes);
    this.#wire(() => {
      if (this.readableEnded === undefined && !this.endArrived) this.arrived("violation");
    });
  }

  /** The head is read by somebody else, and what is behind it by the reader. */
  #withoutHead(chunk: Bytes): Bytes {
    const before = this.writtenBytes - chunk.length;
    const { headEnd = Infinity } = this.scanner;
    const length = Math.min(chunk.length, headEnd - before);
    this.#head += String.fromCharCode(...chunk.subarray(0, length));
    this.arrivedBytes += length;
    this.deliveredBytes += length;
    if (headEnd === Infinity) return EMPTY;
    const { takeHead } = this;
    this.takeHead = undefined;
    this.#wire(() => takeHead?.(this.#head));
    return chunk.slice(length);
  }

  /** In pieces. */
  #sendPieces(chunk: Bytes): void {
    this.#pendingBytes += chunk.length;
    const { pieces, emptyBurst } = this.#plan;
    const size =
      pieces === "tiny" ? Math.max(1, chunk.length >> 3) : pieces === "halves" ? Math.max(1, chunk.length >> 1) : 0;
    const mayReuse = this.#writerPlan.copiesChunks === true;
    const sent = mayReuse ? chunk.slice() : chunk;
    for (let at = 0; at < sent.length;) {
      const piece = sent.subarray(at, size === 0 ? sent.length : at + size);
      at += piece.length;
      for (let i = 0; i < emptyBurst && !this.#readerPlan.byteStream; i++) {
        this.#world.mark("empty chunks");
        this.#wire(() => this.#arrive(EMPTY));
      }
      this.#wire(() => this.#arrive(piece));
    }
  }

  #wire(action: () => void): void {
    if (this.vanished) return;
    const { latencyMs } = this.#plan;
    if (latencyMs === 0 && !this.#holds && this.#inWire === 0) {
      action();
      return;
    }
    const { nowMs } = this.#world;
    this.#lastDueMs = Math.max(this.#lastDueMs, nowMs + latencyMs);
    this.#inWire++;
    this.#world.after(this.#lastDueMs - nowMs, () => {
      this.#inWire--;
      if (this.vanished) return;
      if (this.#holds) this.#held.push(action);
      else action();
    });
  }

  #arrive(piece: Uint8Array): void {
    if (this.readableEnded !== undefined || this.endArrived) return;
    this.arrivedBytes += piece.length;
    this.lastArrivedMs = this.#world.nowMs;
    const { closeEnd, headEnd = Infinity } = this.scanner;
    if (this.#corrupts && piece.length > 0 && this.arrivedBytes - piece.length >= headEnd) {
      this.#corrupts = false;
      this.corrupted = true;
      this.#world.mark("corrupted");
      const at = this.#draws.below(piece.length);
      const changed = piece.slice();
      changed[at]! ^= 1 << this.#draws.below(8);
      this.#world.log(`${this.name} corrupted`);
      this.#queue.push(changed);
    } else {
      this.#queue.push(piece);
    }
    if (!this.closeArrived && closeEnd !== undefined && this.arrivedBytes >= closeEnd + this.#closeShift) {
      this.closeArrived = true;
      this.arrived("Close");
    }
    this.#feed();
  }

  #feed(): void {
    if (this.readableEnded !== undefined) return;
    if (this.#wanted && this.#queue.length === 0 && this.#feedOddly()) return;
    if (this.#wanted && this.#queue.length > 0) this.#deliver();
    if (this.#queue.length > 0 || !this.endArrived) return;
    this.readableEnded = "done";
    this.#endStream();
    this.settled();
  }

  /** Gives the reader what no sound transport would. */
  #feedOddly(): boolean {
    const { emptyFromMs, strangeAt } = this.#plan;
    if (this.#readerPlan.byteStream) return false;
    const controller = this.#reading as ReadableStreamDefaultController<unknown>;
    if (this.deliveredBytes >= strangeAt && !this.#strange) {
      this.#strange = true;
      this.#wanted = false;
      this.#world.mark("chunk of another type");
      this.#world.log(`${this.name} strange chunk`);
      controller.enqueue("strange");
      this.arrived("strange chunk");
      return true;
    }
    const { nowMs } = this.#world;
    if (nowMs < emptyFromMs || nowMs >= emptyFromMs + EMPTY_MS) return false;
    this.#wanted = false;
    this.#world.mark("empty chunks without end");
    if (nowMs !== this.#emptyMs) this.#empties = 0;
    this.#emptyMs = nowMs;
    // Nothing else would run again.
    if (++this.#empties > MOST_EMPTIES) {
      if (this.#empties === MOST_EMPTIES + 1)
        this.#world.fail("never spins", "empty chunks keep timers from their turn");
      return true;
    }
    this.chunks++;
    this.delivered();
    controller.enqueue(EMPTY);
    return true;
  }

  #deliver(): void {
    this.#wanted = false;
    const queue = this.#queue;
    let delivered: number;
    const request = (this.#reading as ReadableByteStreamController).byobRequest;
    if (request !== undefined && request !== null) {
      const view = request.view as Uint8Array;
      const piece = queue[0]!;
      delivered = Math.min(piece.length, view.byteLength);
      new Uint8Array(view.buffer, view.byteOffset, delivered).set(piece.subarray(0, delivered));
      if (delivered === piece.length) queue.shift();
      else queue[0] = piece.subarray(delivered);
      this.#count(delivered);
      request.respond(delivered);
    } else {
      const chunk = this.#plan.joins && queue.length > 1 ? joined(queue.splice(0)) : queue.shift()!.slice();
      delivered = chunk.length;
      this.#count(delivered);
      (this.#reading as ReadableStreamDefaultController<Uint8Array>).enqueue(chunk);
    }
    this.#admit();
  }

  #count(delivered: number): void {
    this.deliveredBytes += delivered;
    this.#pendingBytes -= delivered;
    this.chunks++;
    this.largestRead = Math.max(this.largestRead, delivered);
    this.delivered();
    this.#world.log(`${this.name} read ${delivered}`);
  }

  /** A write that waited for the window goes on its way. */
  #admit(): void {
    const waiting = this.#waiting;
    if (waiting === undefined || waiting.chunk.length === 0 || this.#pendingBytes >= this.#plan.windowBytes) return;
    this.#waiting = undefined;
    this.#send(waiting.chunk);
    this.takenBytes += waiting.chunk.length;
    waiting.resolve();
  }

  #endStream(): void {
    const controller = this.#reading;
    controller.close();
    (controller as ReadableByteStreamController).byobRequest?.respond(0);
  }

  #finished(): Promise<void> | undefined {
    this.writableEnded = "closed";
    this.#world.log(`${this.name} close`);
    this.#wire(() => this.endReader());
    this.settled();
    const { finish } = this.#writerPlan;
    if (finish === "rejects") this.#world.mark("end of the output rejected");
    return behave(finish, "the end of the output");
  }

  #aborted(): void {
    if (this.writableEnded !== undefined) return;
    this.writableEnded = "aborted";
    this.#world.log(`${this.name} abort`);
    if (this.#writerPlan.abort === "works") this.#waiting?.reject(new NetworkError("the write was aborted"));
    this.#waiting = undefined;
    this.#wire(() => this.failReader("the peer reset the connection"));
    this.settled();
  }

  #cancelled(): void {
    if (this.readableEnded !== undefined) return;
    this.readableEnded = "cancelled";
    this.#queue.length = 0;
    this.#world.log(`${this.name} cancel`);
    this.#tellWriter();
    this.settled();
  }

  #tellWriter(): void {
    this.#world.after(this.#plan.latencyMs, () => this.failWriter("the peer reads no more"));
  }
}

const EMPTY: Bytes = new Uint8Array(0);

export function joined(pieces: readonly Uint8Array[]): Bytes {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** One end: the transport that the library is given, and its truth. */
export class SimTransport implements ByteTransport {
  declare readonly readable: ReadableStream<Uint8Array>;
  declare readonly writable: WritableStream<Bytes>;
  declare readonly copiesChunks?: boolean | undefined;
  declare readonly closed?: Promise<unknown>;
  /** May return a promise, as platforms' objects do. */
  declare readonly close?: () => unknown;
  readonly incoming: Direction;
  readonly outgoing: Direction;
  closeCalled = false;
  readonly hasClose: boolean;
  /** The end of the output is never taken. */
  readonly finishHangs: boolean;
  /** What a getter throws. */
  getterError: () => Error = () => new NetworkError("a getter threw");
  readonly badGetter: Getter | undefined;
  /** When the library had done with it. */
  endedMs: number | undefined;
  /** Whether the library has it. */
  given = false;
  /** Called when it has ended, perhaps more than once. */
  ended: () => void = ignore;
  #saidClosed = false;
  /** `closed` was fulfilled although nothing has ended. */
  closedEarly: () => void = ignore;
  /** The request, where somebody else has read it. */
  declare request?: TransportRequest;

  constructor(world: Surroundings, incoming: Direction, outgoing: Direction, plan: EndPlan) {
    this.incoming = incoming;
    this.outgoing = outgoing;
    this.readable = incoming.readable;
    this.writable = outgoing.writable;
    this.hasClose = plan.close !== "missing";
    this.finishHangs = plan.finish === "hangs";
    if (plan.copiesChunks !== undefined) this.copiesChunks = plan.copiesChunks;
    let settle: (() => void) | undefined;
    if (plan.closed !== "missing") {
      this.closed = new Promise((resolve, reject) => {
        settle = () => {
          if (plan.closed === "fulfils" || plan.closed === "early") resolve(undefined);
          if ((plan.closed !== "rejects" && plan.closed !== "earlyRejects") || !this.given) return;
          world.mark("closed of the transport rejected");
          reject(new NetworkError("closed rejected"));
        };
      });
    }
    const check = (): void => {
      if (!this.hasEnded) return;
      this.endedMs ??= world.nowMs;
      settle?.();
      settle = undefined;
      this.ended();
    };
    if (plan.closed === "early" || plan.closed === "earlyRejects") {
      world.after(plan.closedMs, () => {
        if (!this.given || this.hasEnded) return;
        world.mark("closed of the transport settled early");
        world.log(`${outgoing.name} closed early`);
        settle?.();
        settle = undefined;
        this.#saidClosed = true;
        this.endedMs ??= world.nowMs;
        this.closedEarly();
      });
    }
    incoming.settled = joinCalls(incoming.settled, check);
    outgoing.settled = joinCalls(outgoing.settled, check);
    this.badGetter = plan.getter;
    if (plan.getter === "closed") this.closed?.catch(ignore); // nobody sees it
    if (plan.getter !== undefined) this.#breakGetter(world, plan.getter);
    if (plan.close === "missing") return;
    const mode = plan.close;
    this.close = () => {
      this.closeCalled = true;
      world.log(`${outgoing.name} transport.close()`);
      if (mode !== "works") world.mark(`close() of the transport ${past(mode)}`);
      if (mode !== "hangs") {
        outgoing.closeWriter();
        incoming.closeReader();
      }
      check();
      return behave(mode, "close()");
    };
  }

  #breakGetter(world: Surroundings, name: Getter): void {
    let error: Error | undefined;
    Object.defineProperty(this, name, {
      get: () => {
        world.mark("getter of the transport threw");
        throw (error ??= this.getterError());
      },
    });
  }

  /** Whether both directions have ended, whoever ended them. */
  get isOver(): boolean {
    return this.incoming.readableEnded !== undefined && this.outgoing.writableEnded !== undefined;
  }

  /** Whether the library has done with it: both directions have ended, it has been closed, or said so itself. */
  get hasEnded(): boolean {
    return this.closeCalled || this.#saidClosed || this.isOver;
  }
}

function joinCalls(first: () => void, second: () => void): () => void {
  return () => {
    first();
    second();
  };
}

function past(mode: Exclude<CallMode, "works">): "hung" | "rejected" | "threw" {
  return mode === "hangs" ? "hung" : mode === "rejects" ? "rejected" : "threw";
}

export class Link {
  readonly client: SimTransport;
  readonly server: SimTransport;
  /** Client to server, and back. */
  readonly there: Direction;
  readonly back: Direction;
  readonly latencyMs: number;
  /** Whether anything else than delay, cutting and backpressure happens to the bytes, or is planned. */
  disturbed: boolean;
  readonly #misbehaves: boolean;
  readonly #world: Surroundings;
  #healed = false;

  constructor(world: Surroundings, name: string, draws: Draws, calm: boolean, rules: WireRules) {
    this.#world = world;
    const there = drawDirection(draws, calm);
    const back = drawDirection(draws, calm);
    const client = drawEnd(draws, calm);
    const server = drawEnd(draws, calm);
    this.latencyMs = there.latencyMs + back.latencyMs;
    this.disturbed = isFaulty(there) || isFaulty(back) || [client, server].some(endsBadly);
    this.#misbehaves = misbehaves(client) || misbehaves(server);
    this.there = new Direction(world, `${name}>`, there, client, server, { ...rules, toServer: true }, draws);
    this.back = new Direction(world, `${name}<`, back, server, client, { ...rules, toServer: false }, draws);
    this.client = new SimTransport(world, this.back, this.there, client);
    this.server = new SimTransport(world, this.there, this.back, server);
  }

  /** The same, or a transport does not end as it should. */
  get faulty(): boolean {
    return this.disturbed || this.#misbehaves;
  }

  /** Whether what arrives need not be what was sent. */
  get corrupted(): boolean {
    return this.there.corrupted || this.back.corrupted;
  }

  /** Applies a fault to the link. A clog ends after some time, or when the network is healed. */
  befall(fault: LinkFault, draws: Draws): void {
    if (this.#healed) return;
    this.disturbed = true;
    const { there, back } = this;
    const one = draws.oneIn(2) ? back : there;
    this.#world.log(`${one.name} fault ${fault}`);
    switch (fault) {
      case "corrupt":
        one.corrupt();
        break;
      case "clog":
        this.clog(one, 10 + draws.below(400));
        break;
      case "clogBoth": {
        const ms = 10 + draws.below(400);
        this.clog(there, ms);
        this.clog(back, ms);
        break;
      }
      case "reset":
        this.#world.mark(there.endArrived !== back.endArrived ? "reset while half-closed" : "reset");
        for (const direction of [there, back]) {
          direction.failReader("reset by the network");
          direction.failWriter("reset by the network");
        }
        break;
      case "end":
        this.#world.mark("end in the middle");
        for (const direction of [there, back]) {
          direction.endReader();
          direction.failWriter("the peer has gone");
        }
        break;
      case "halfEnd":
        this.#world.mark("half-closed by the network");
        one.endReader();
        break;
      case "vanish":
        this.#world.mark("vanished");
        there.vanish();
        back.vanish();
        break;
      case "vanishOneWay":
        this.#world.mark("vanished");
        one.vanish();
        break;
    }
  }

  clog(direction: Direction, ms: number): void {
    this.#world.mark("clogged");
    direction.clog();
    let clogged = true;
    const restore = (): void => {
      if (clogged) direction.unclog();
      clogged = false;
    };
    this.#restore.push(restore);
    this.#world.after(ms, restore);
  }

  readonly #restore: (() => void)[] = [];

  /** Ends all clogs, and lets nothing more happen. What has vanished or hung stays so. */
  heal(): void {
    this.#healed = true;
    for (const restore of this.#restore) restore();
  }
}

function drawDirection(draws: Draws, calm: boolean): DirectionPlan {
  const latencyMs = draws.pick([0, 0, 1, 5, 20, 60]);
  const windowBytes = draws.pick([65_536, 65_536, 4096, 1]);
  const pieces = draws.pick(["whole", "whole", "halves", "tiny"] as const);
  const joins = draws.oneIn(2);
  const settleMs = draws.pick([0, 0, 0, 3]);
  const emptyBurst = draws.pick([0, 0, 0, 0, 0, 0, 1, 5]);
  const writes = calm ? 0 : draws.below(24);
  const at = writes >= 22 ? draws.pick([0, 1, 100, 200, 400, 3000]) : Infinity;
  const odd = calm ? 0 : draws.below(44);
  const count = odd >= 36 && odd <= 38 ? draws.below(5) : Infinity;
  return {
    latencyMs,
    windowBytes,
    pieces,
    joins,
    settleMs,
    emptyBurst,
    writesHangFrom: writes === 22 ? at : Infinity,
    writesFailFrom: writes === 23 ? at : Infinity,
    breaksAfter: odd === 36 || odd === 37 ? count : Infinity,
    endsAt: odd === 38 ? draws.pick([0, 30, 140, 200, 400, 2000]) + count : Infinity,
    emptyFromMs: odd === 40 || odd === 41 ? draws.pick([0, 5, 60, 200]) : Infinity,
    strangeAt: odd === 42 ? draws.pick([0, 1, 140, 200, 1000]) : Infinity,
    head: odd === 39 ? draws.pick(["noise", "endless", "wrongAccept", "noUpgrade"] as const) : "fine",
  };
}

const CALLS: readonly CallMode[] = ["works", "works", "works", "works", "works", "hangs", "rejects", "throws"];

const CLOSED = ["fulfils", "fulfils", "rejects", "never", "missing"] as const;

function drawEnd(draws: Draws, calm: boolean): EndPlan {
  const byteStream = draws.oneIn(4);
  const copiesChunks = draws.pick([undefined, true, false]);
  const missing = draws.oneIn(8);
  if (calm) {
    const works = { abort: "works", cancel: "works", finish: "works", closed: "fulfils", closedMs: 0 } as const;
    return { byteStream, copiesChunks, close: missing ? "missing" : "works", ...works, getter: undefined };
  }
  const close = draws.pick(CALLS);
  const closed = draws.pick([...CLOSED, ...CLOSED, "early", "earlyRejects"] as const);
  return {
    byteStream,
    copiesChunks,
    close: missing ? "missing" : close,
    closed,
    closedMs: closed === "early" || closed === "earlyRejects" ? draws.pick([0, 5, 40, 150, 400]) : 0,
    abort: draws.pick(CALLS),
    cancel: draws.pick(CALLS),
    finish: draws.pick(["works", "works", "works", "works", "hangs", "rejects"]),
    getter: draws.oneIn(40) ? drawGetter(draws, missing) : undefined,
  };
}

function isFaulty(plan: DirectionPlan): boolean {
  const { writesHangFrom, writesFailFrom, breaksAfter, endsAt, strangeAt, emptyFromMs, head } = plan;
  const faults = Math.min(writesHangFrom, writesFailFrom, breaksAfter, endsAt, strangeAt, emptyFromMs);
  return faults !== Infinity || head !== "fine";
}

/** A stream that can't be reached can only be ended by `close`. */
function drawGetter(draws: Draws, closeIsMissing: boolean): Getter {
  const reachable = ["closed", "copiesChunks", "request"] as const;
  return closeIsMissing ? draws.pick(reachable) : draws.pick([...reachable, "readable", "writable"] as const);
}

function endsBadly({ closed, getter }: EndPlan): boolean {
  return closed === "early" || closed === "earlyRejects" || getter !== undefined;
}

function misbehaves({ close, abort, cancel, finish }: EndPlan): boolean {
  return [close, abort, cancel, finish].some((mode) => mode !== "works" && mode !== "missing");
}

function ignore(): void {}
