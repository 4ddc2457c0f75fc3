/** Two byte streams over a message carrier. Credits pause the sender, and each direction's end is sent in-band. */
import { ignore } from "./ignore.ts";
import { TransportError } from "./transportError.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What the two ends tell each other besides the bytes. */
export type Control =
  /** Additional credit, in bytes of cost. A message costs its bytes and `MESSAGE_COST`. */
  | { readonly type: "grant"; readonly cost: number }
  /** All bytes have been sent. */
  | { readonly type: "end" }
  /** The sender gave up: the reader fails. */
  | { readonly type: "reset"; readonly reason: string }
  /** The reader gave up: the writer fails. */
  | { readonly type: "stop"; readonly reason: string };

/** Delivers messages to the other end, whole and in order. */
export interface MessageCarrier {
  /** Whether bytes can be sent now. When that may have changed, `MessageStreams.wake` must be called. */
  readonly hasRoom: boolean;
  /**
   * Whether everything sent has arrived, as far as this end can know. When that may have changed, `wake` must be
   * called.
   */
  readonly isDrained: boolean;
  /** Sends a prefix of the bytes as one message and returns its length. The carrier owns the bytes. */
  send(bytes: Bytes): number;
  /** Sends a control to the other end. If it throws, the carrier counts as lost. */
  tell(control: Control): void;
  /** Both directions are over: closes the carrier soon, whatever the other end does. Does not throw. */
  shut(): void;
}

/** How much may be sent before the first grant, in bytes of cost, so that nobody has to wait for one at the start. */
export const INITIAL_CREDIT = 65_536;

/** The largest window, in bytes of cost (1 TiB). A grant of this size fits the 15 digits of the text form. */
const LARGEST_WINDOW = 2 ** 40;

/** What a message costs besides its bytes: roughly its memory until it is read. */
const MESSAGE_COST = 256;

/** The credit that a message of `length` bytes uses. A message may be sent while any credit is left. */
const costOf = (length: number): number => length + MESSAGE_COST;

/** Reasons sent to the other end are cut to this length, in characters. */
const LONGEST_REASON = 256;

/** Rounds a window down to whole bytes, and caps it. Throws `RangeError` if it is too small or not a number. */
export function windowOf(bytes: number): number {
  if (bytes >= INITIAL_CREDIT) return Math.min(Math.floor(bytes), LARGEST_WINDOW);
  throw new RangeError(`windowBytes must be at least ${INITIAL_CREDIT}, not ${String(bytes)}`);
}

export class MessageStreams {
  readonly readable: ReadableStream<Bytes>;
  readonly writable: WritableStream<Bytes>;
  /** Whether the other end understands controls. Known from `begin` on. */
  isOurs: boolean | undefined;
  readonly #carrier: MessageCarrier;
  /** The upper bound of the window, in bytes of cost. */
  readonly #most: number;
  /** How much may wait unread, in bytes of cost. One message may exceed it. */
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
  /** What this end may still send. */
  #credit = 0;
  /** Our `end` no longer needs an answer. */
  #confirmed = false;
  /** Why sending is over, unless it ended well. */
  #fault: unknown;
  #wake = ignore;

  /** Receives nothing before {@link begin} and sends nothing before {@link speak}. `most` is the largest window. */
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
        // Aborts at once. The sink's own `abort` would wait for a write that waits.
        controller.signal.addEventListener("abort", () => this.#reset(controller.signal.reason));
      },
      write: (chunk) => this.#write(chunk),
      close: () => this.#end(),
    });
  }

  /**
   * Sets how much may wait unread, in bytes of cost. A peer of this library pauses there. Nothing pauses a plain peer,
   * or writing to it: if it sends more, both directions fail.
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

  /** Bytes have arrived. The reader owns them. */
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

  /** Handles a control from the other end. */
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
        this.#failSending(new TransportError("stopped", `the other end stopped reading${because(control.reason)}`));
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

  /** The carrier has ended. For a carrier without controls this is the end of both directions. */
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

  /** The other end broke the rules: both directions fail, at both ends. */
  refuse(error: TransportError): void {
    if (this.#sending !== "over") this.#tell({ type: "reset", reason: error.message });
    if (this.#receiving !== "over") this.#tell({ type: "stop", reason: error.message });
    this.fail(error);
  }

  /** Fails what is not over yet, without telling the other end. */
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
      this.fail(new TransportError("lost", "the carrier accepts no more data", { cause: error }));
    }
  }

  /**
   * Grants the other end all free room, once it is worth a message. While the carrier has no room, the grant waits for
   * `wake`, so that a peer that reads nothing gets no credit.
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
      const error = new TypeError("a transport takes Uint8Arrays");
      this.#reset(error.message);
      throw error;
    }
    const { length } = chunk; // 0 if the buffer has been transferred
    const sent = this.#send(chunk, 0, length);
    return sent < length ? this.#sendRest(chunk, sent, length) : undefined;
  }

  /** Sends as much as possible now, from `start` on. Returns the position reached. */
  #send(chunk: Bytes, start: number, end: number): number {
    let at = start;
    try {
      while (at < end && this.#credit > 0 && this.#carrier.hasRoom) {
        if (chunk.length < end) throw new TypeError("the chunk was detached while it was queued");
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

  /** Waits until the condition holds. Rejects if sending is over before that. */
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

/** Checks the brand instead of `instanceof`, because values may come from another realm. */
const isA = (value: unknown, brand: string): boolean => Object.prototype.toString.call(value) === `[object ${brand}]`;

export const isBuffer = (data: unknown): data is ArrayBuffer => isA(data, "ArrayBuffer");

const isBytes = (chunk: unknown): chunk is Bytes => isA(chunk, "Uint8Array");

/** An error's message may contain more than the other end should know, so only strings are passed on. */
function textOf(reason: unknown): string {
  return typeof reason === "string" ? reason.slice(0, LONGEST_REASON) : "";
}

function because(reason: string): string {
  return reason === "" ? "" : `: ${reason.slice(0, LONGEST_REASON)}`;
}
