/** Carriers in virtual time: with latency and a rate, and with everything that can befall one. */
import type { ByteTransport } from "../../src/transports/byteTransport.ts";
import type { VirtualClock } from "../simulation/virtualClock.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** This many bytes may wait in a lane before a write waits. */
const LANE_BYTES = 64 * 1024;

/** The pieces in which chunks arrive: at least this long, in bytes and in milliseconds. */
const PIECE_BYTES = 512;
const PIECE_MS = 100;

export class CarrierFault extends Error {}

/** One direction. It takes chunks over, as message ports do, and may cut them anywhere. */
class Lane {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Bytes>;
  /** Whether its bytes vanish without a trace. */
  swallows = false;
  readerIsOver = false;
  writerIsOver = false;
  readonly #clock: VirtualClock;
  readonly #latencyMs: number;
  readonly #bytesPerMs: number;
  readonly #cut: (length: number) => number;
  readonly #keepsMessages: boolean;
  #reading!: ReadableStreamDefaultController<Uint8Array>;
  #writing!: WritableStreamDefaultController;
  #waiting = 0;
  #clearMs = 0;
  #goOn = (): void => undefined;

  constructor(
    clock: VirtualClock,
    latencyMs: number,
    bytesPerMs: number,
    cut: (length: number) => number,
    keepsMessages: boolean,
  ) {
    this.#clock = clock;
    this.#keepsMessages = keepsMessages;
    this.#latencyMs = latencyMs;
    this.#bytesPerMs = bytesPerMs;
    this.#cut = cut;
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#reading = controller),
        cancel: () => {
          this.readerIsOver = true;
          this.#later(() => this.failWriter());
        },
      },
      { highWaterMark: Infinity },
    );
    this.writable = new WritableStream<Bytes>({
      start: (controller) => {
        this.#writing = controller;
        controller.signal.addEventListener("abort", () => {
          this.writerIsOver = true;
          this.#goOn();
          this.#later(() => this.failReader());
        });
      },
      write: (chunk) => this.#write(chunk),
      close: () => {
        this.writerIsOver = true;
        this.#later(() => this.endReader());
      },
    });
  }

  failReader(): void {
    if (this.readerIsOver) return;
    this.readerIsOver = true;
    this.#reading.error(new CarrierFault("cut"));
  }

  endReader(): void {
    if (this.readerIsOver) return;
    this.readerIsOver = true;
    this.#reading.close();
  }

  failWriter(): void {
    if (this.writerIsOver) return;
    this.writerIsOver = true;
    this.#writing.error(new CarrierFault("cut"));
    this.#goOn();
  }

  /** Nothing arrives for a while. */
  clog(ms: number): void {
    this.#clearMs = Math.max(this.#clearMs, this.#clock.now() + ms);
  }

  #later(run: () => void): void {
    if (this.swallows) return;
    this.#clearMs = Math.max(this.#clearMs, this.#clock.now());
    this.#clock.after(this.#clearMs - this.#clock.now(), () => void this.#clock.after(this.#latencyMs, run));
  }

  #write(chunk: Bytes): Promise<void> | undefined {
    // What it was given is gone for the writer.
    const isWhole = chunk.buffer.byteLength === chunk.byteLength;
    const taken = isWhole ? structuredClone(chunk, { transfer: [chunk.buffer] }) : chunk.slice();
    this.#waiting += taken.length;
    const { swallows } = this;
    // A slow lane brings a long chunk piece by piece, but for one of messages.
    const pieceBytes = this.#keepsMessages ? taken.length : Math.max(PIECE_BYTES, this.#bytesPerMs * PIECE_MS);
    for (let at = 0; at < taken.length; at += pieceBytes) {
      const piece = taken.subarray(at, at + pieceBytes);
      this.#clearMs = Math.max(this.#clearMs, this.#clock.now()) + piece.length / this.#bytesPerMs;
      this.#clock.after(this.#clearMs - this.#clock.now(), () => {
        this.#waiting -= piece.length;
        if (!swallows) this.#clock.after(this.#latencyMs, () => this.#deliver(piece));
        if (this.#waiting < LANE_BYTES) this.#goOn();
      });
    }
    if (this.#waiting < LANE_BYTES) return undefined;
    return new Promise((resolve) => (this.#goOn = resolve));
  }

  #deliver(chunk: Bytes): void {
    for (let at = 0; at < chunk.length && !this.readerIsOver;) {
      const length = Math.max(1, this.#cut(chunk.length - at));
      this.#reading.enqueue(chunk.subarray(at, at + length));
      at += length;
    }
  }
}

export class SimulatedCarrier {
  readonly client: ByteTransport;
  readonly server: ByteTransport;
  readonly #there: Lane;
  readonly #back: Lane;

  /** With `keepsMessages` a chunk arrives when all of it has. */
  constructor(
    clock: VirtualClock,
    latencyMs: number,
    bytesPerMs: number,
    cut: (length: number) => number,
    keepsMessages = false,
  ) {
    this.#there = new Lane(clock, latencyMs, bytesPerMs, cut, keepsMessages);
    this.#back = new Lane(clock, latencyMs, bytesPerMs, cut, keepsMessages);
    this.client = { readable: this.#back.readable, writable: this.#there.writable };
    this.server = { readable: this.#there.readable, writable: this.#back.writable };
  }

  get clientIsOver(): boolean {
    return this.#there.writerIsOver && this.#back.readerIsOver;
  }

  get serverIsOver(): boolean {
    return this.#back.writerIsOver && this.#there.readerIsOver;
  }

  /** Both directions fail, at one end. */
  cutClient(): void {
    this.#there.failWriter();
    this.#back.failReader();
  }

  cutServer(): void {
    this.#back.failWriter();
    this.#there.failReader();
  }

  /** The other end has ended in an orderly way, without a word of the session. */
  endClient(): void {
    this.#back.endReader();
  }

  endServer(): void {
    this.#there.endReader();
  }

  swallow(there: boolean, back: boolean): void {
    this.#there.swallows ||= there;
    this.#back.swallows ||= back;
  }

  clog(ms: number, there: boolean, back: boolean): void {
    if (there) this.#there.clog(ms);
    if (back) this.#back.clog(ms);
  }
}
