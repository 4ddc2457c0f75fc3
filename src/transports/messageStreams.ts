/** Two streams of bytes over a carrier of messages: credits hold the sender, and each direction's end is told in-band. */
import { ignore } from "./ignore.ts";
import { TransportError } from "./transportError.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What the two ends tell each other beside the bytes. */
export type Control =
  /** So much more may be sent, in bytes of cost: a message costs its bytes and `MESSAGE_COST`. */
  | { readonly type: "grant"; readonly cost: number }
  /** All has been sent. */
  | { readonly type: "end" }
  /** What was being sent is given up: the reader fails. */
  | { readonly type: "reset"; readonly reason: string }
  /** Nothing more is read: the writer fails. */
  | { readonly type: "stop"; readonly reason: string };

/** What brings messages to the other end, whole and in order. */
export interface MessageCarrier {
  /** Whether bytes can be sent now. `MessageStreams.wake` is called when that may have changed. */
  readonly hasRoom: boolean;
  /** Whether all that was sent has arrived, as far as can be known here. `wake` is called when that may have changed. */
  readonly isDrained: boolean;
  /** Sends a first part of the bytes, which are no longer the caller's, as one message, and returns its length. */
  send(bytes: Bytes): number;
  /** Tells the other end. If it throws, the carrier counts as lost. */
  tell(control: Control): void;
  /** Both directions are over: closes the carrier soon, whatever the other end does. Does not throw. */
  shut(): void;
}

/** What may be sent before the first grant, so that nobody waits for one before the first words. In bytes of cost. */
export const INITIAL_CREDIT = 65_536;

/** The largest window, in bytes of cost (1 TiB). A grant of this size fits the 15 digits of the text form. */
const LARGEST_WINDOW = 2 ** 40;

/** What a message costs beside its bytes: about what it takes in memory until it is read. */
const MESSAGE_COST = 256;

/** What a message of so many bytes takes from the credit. A message may be sent as long as any credit is left. */
const costOf = (length: number): number => length + MESSAGE_COST;

/** How much of a reason the other end is told, in characters. */
const LONGEST_REASON = 256;

/** Rounds a window down to whole bytes, and caps it. Throws `RangeError` if it is too small or not a number. */
export function windowOf(bytes: number): number {
  if (bytes >= INITIAL_CREDIT) return Math.min(Math.floor(bytes), LARGEST_WINDOW);
  throw new RangeError(`what may wait unread is at least ${INITIAL_CREDIT} bytes, not ${String(bytes)}`);
}

export class MessageStreams {
  readonly readable: ReadableStream<Bytes>;
  readonly writable: WritableStream<Bytes>;
  /** Whether the other end understands controls. Known from `begin` on. */
  isOurs: boolean | undefined;
  readonly #carrier: MessageCarrier;
  /** The largest window that there may be, in bytes of cost. */
  readonly #most: number;
  /** How much may wait unread, in bytes of cost, and one message more. */
  #window = 0;
  /** Controls queued until `speak`; `undefined` afterwards. */
  #untold: Control[] | undefined = [];

  #reading!: ReadableStreamDefaultController<Bytes>;
  #receiving: "open" | "over" = "open";
  /** The other end has sent `end`. */
  #otherEnded = false;
  /** What the other end may still send. */
  #granted = 0;

  #writing!: WritableStreamDefaultController;
  #sending: "open" | "ending" | "over" = "open";
  /** What may still be sent. */
  #credit = 0;
  /** Our `end` needs no answer any more. */
  #confirmed = false;
  /** Why sending is over, unless it has ended well. */
  #fault: unknown;
  #wake = ignore;

  /** Takes nothing before {@link begin}, and sends nothing before {@link speak}. `most`: the largest window. */
  constructor(carrier: MessageCarrier, most: number) {
    this.#carrier = carrier;
    this.#most = most;
    this.readable = new ReadableStream<Bytes>(
      {
        start: (controller) => void (this.#reading = controller),
        pull: () => this.#grant(),
        cancel: (reason: unknown) => this.#stop(reason),
      },
      { highWaterMark: most, size: ({ length }) => costOf(length) },
    );
    this.writable = new WritableStream<Bytes>({
      start: (controller) => {
        this.#writing = controller;
        // At once, where the sink's own `abort` would wait for a write that waits.
        controller.signal.addEventListener("abort", () => this.#reset(controller.signal.reason));
      },
      write: (chunk) => this.#write(chunk),
      close: () => this.#end(),
    });
  }

  /**
   * How much may wait unread, in bytes of cost. A peer of ours is held at that. Nothing holds a plain one, nor this end:
   * what comes beyond fails both directions.
   */
  begin(window: number, isOurs: boolean): void {
    this.#window = window;
    this.isOurs = isOurs;
    this.#credit = this.#granted = isOurs ? INITIAL_CREDIT : Infinity;
  }

  /** The carrier is open: sends what had to wait for that. */
  speak(): void {
    const untold = this.#untold ?? [];
    this.#untold = undefined;
    if (this.#receiving === "open") this.#grant();
    for (const control of untold) this.#tell(control);
    this.#wake();
  }

  /** Bytes have come. They belong to the reader from now on. */
  receive(bytes: Bytes): void {
    if (this.#receiving === "over") return;
    // A peer that takes no grants has no credit, even if its bytes were read. Otherwise queued grants could pile up.
    if (this.#room <= 0 || this.#granted <= 0) {
      this.refuse(new TransportError("overflow", `the other end sent more than ${this.#window} bytes`));
      return;
    }
    this.#granted -= costOf(bytes.length);
    this.#reading.enqueue(bytes);
  }

  /** The other end has told something. */
  obey(control: Control): void {
    switch (control.type) {
      case "grant":
        this.#credit += control.cost;
        if (this.#credit > Number.MAX_SAFE_INTEGER) {
          this.refuse(new TransportError("badMessage", "the other end granted too much"));
        }
        this.#wake();
        return;
      case "end":
        this.#otherEnded = true;
        this.#endReceiving(() => this.#reading.close());
        return;
      case "reset":
        this.#failReceiving(new TransportError("reset", `the other end was aborted${because(control.reason)}`));
        return;
      case "stop":
        this.#failSending(new TransportError("stopped", `the other end reads no more${because(control.reason)}`));
        return;
      default:
        control satisfies never;
    }
  }

  /** Call when there may be room to send, or everything may have been sent. */
  wake(): void {
    if (this.#receiving === "open") this.#grant();
    this.#wake();
  }

  /** Ends both directions at once and tells the other end. Received bytes can still be read. */
  close(): void {
    if (this.#sending === "open") this.#tell({ type: "end" });
    if (this.#receiving === "open") this.#tell({ type: "stop", reason: "" });
    this.#failSending(new TransportError("closed", "the transport was closed"));
    this.#endReceiving(() => this.#reading.close());
  }

  /** The carrier has ended, which is all that a carrier without controls can tell: the end of both directions. */
  end(error: TransportError): void {
    this.#endReceiving(() => this.#reading.close());
    this.#failSending(error);
  }

  /**
   * The other end closed the carrier. If it had sent its own `end`, it closes only after it has received ours, so a
   * missing answer does not matter. Otherwise both directions fail.
   */
  lose(error: TransportError): void {
    if (this.#sending === "ending" && this.#otherEnded) {
      this.#confirmed = true;
      this.#wake();
    } else this.fail(error);
  }

  /** The other end did what it may not: both directions fail, here and there. */
  refuse(error: TransportError): void {
    if (this.#sending !== "over") this.#tell({ type: "reset", reason: error.message });
    if (this.#receiving !== "over") this.#tell({ type: "stop", reason: error.message });
    this.fail(error);
  }

  /** Fails whatever is not over, without a word to the other end. */
  fail(error: unknown): void {
    this.#failReceiving(error);
    this.#failSending(error);
  }

  /** How much more may wait unread. */
  get #room(): number {
    return this.#window - (this.#most - this.#reading.desiredSize!);
  }

  /** Sends a control. If the carrier throws, both directions fail. */
  #tell(control: Control): void {
    try {
      if (this.#untold === undefined) this.#carrier.tell(control);
      else this.#untold.push(control);
    } catch (error) {
      this.fail(new TransportError("lost", "the carrier takes no more", { cause: error }));
    }
  }

  /**
   * Lets the other end send as much as there is room for, once it is worth a message. While the carrier has no room the
   * grant waits for `wake`, so that a peer that reads nothing gets no credit.
   */
  #grant(): void {
    const cost = this.#room - this.#granted;
    if (cost <= this.#window / 4 || !this.#carrier.hasRoom) return;
    this.#granted += cost;
    this.#tell({ type: "grant", cost });
  }

  #stop(reason: unknown): void {
    if (this.#receiving === "over") return;
    this.#tell({ type: "stop", reason: textOf(reason) });
    this.#endReceiving(ignore);
  }

  #write(chunk: unknown): Promise<void> | undefined {
    if (!isBytes(chunk)) {
      const error = new TypeError("a transport carries Uint8Array chunks");
      this.#reset(error.message);
      throw error;
    }
    const { length } = chunk; // which is 0 once the buffer has been transferred
    const sent = this.#send(chunk, 0, length);
    return sent < length ? this.#sendRest(chunk, sent, length) : undefined;
  }

  /** Sends as much as can be sent now, from `start` on, and returns where it has come to. */
  #send(chunk: Bytes, start: number, end: number): number {
    let at = start;
    try {
      while (at < end && this.#credit > 0 && this.#carrier.hasRoom) {
        if (chunk.length < end) throw new TypeError("the chunk was detached while it waited");
        const sent = this.#carrier.send(at === 0 ? chunk : chunk.subarray(at));
        this.#credit -= costOf(sent);
        at += sent;
      }
    } catch (error) {
      this.#tell({ type: "reset", reason: "" });
      this.#failSending(error);
      throw error;
    }
    return at;
  }

  async #sendRest(chunk: Bytes, start: number, end: number): Promise<void> {
    for (let at = start; at < end; at = this.#send(chunk, at, end)) {
      await this.#until(() => this.#credit > 0 && this.#carrier.hasRoom);
    }
  }

  async #end(): Promise<void> {
    if (this.#sending !== "open") return;
    this.#sending = "ending";
    this.#tell({ type: "end" });
    await this.#until(() => this.#confirmed || this.#carrier.isDrained);
    this.#endSending(ignore);
  }

  #reset(reason: unknown): void {
    if (this.#sending !== "over") this.#tell({ type: "reset", reason: textOf(reason) });
    this.#endSending(ignore);
  }

  /** Waits, unless it is so already; rejected if sending is over before. */
  async #until(isSo: () => boolean): Promise<void> {
    for (;;) {
      if (this.#writing.signal.aborted) throw this.#writing.signal.reason;
      if (this.#sending === "over") throw this.#fault;
      if (isSo()) return;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #failReceiving(error: unknown): void {
    this.#endReceiving(() => this.#reading.error(error));
  }

  #failSending(error: unknown): void {
    this.#endSending(() => {
      this.#fault = error;
      this.#writing.error(error);
    });
  }

  #endReceiving(how: () => void): void {
    if (this.#receiving === "over") return;
    this.#receiving = "over";
    how();
    if (this.#sending === "over") this.#carrier.shut();
  }

  #endSending(how: () => void): void {
    if (this.#sending === "over") return;
    this.#sending = "over";
    how();
    this.#wake();
    if (this.#receiving === "over") this.#carrier.shut();
  }
}

/** By brand rather than `instanceof`, since what comes may be of another realm. */
const isA = (value: unknown, brand: string): boolean => Object.prototype.toString.call(value) === `[object ${brand}]`;

export const isBuffer = (data: unknown): data is ArrayBuffer => isA(data, "ArrayBuffer");

const isBytes = (chunk: unknown): chunk is Bytes => isA(chunk, "Uint8Array");

/** An error's message may say more than the other end should know: only a text is told. */
function textOf(reason: unknown): string {
  return typeof reason === "string" ? reason.slice(0, LONGEST_REASON) : "";
}

function because(reason: string): string {
  return reason === "" ? "" : `: ${reason.slice(0, LONGEST_REASON)}`;
}
