/**
 * The base of transports over message carriers. For a new kind of carrier, write an `EndingCarrier` that reports to its
 * link.
 */
import type { ByteTransport } from "./byteTransport.ts";
import { MessageStreams, type Control, type MessageCarrier } from "./messageStreams.ts";
import { TransportError } from "./transportError.ts";

/** A carrier that can be closed, so that a peer that knows no controls sees the end. */
export interface EndingCarrier extends MessageCarrier {
  /** The carrier's name in errors. */
  readonly name: string;
  /**
   * Starts closing the carrier. Called once. `reason` is why the writer was aborted, if no control has carried that.
   */
  hangUp(reason?: string): void;
  /** The carrier has closed: removes listeners and stops timers. */
  release(): void;
}

/** The streams of a carrier, and how it opens and closes. */
export class CarrierLink extends MessageStreams {
  /** The carrier's own failure: the cause of later errors. */
  fault: ErrorOptions | undefined;
  readonly #carrier: EndingCarrier;
  #isFinishing = false;
  #isClosing = false;
  #settle!: () => void;
  readonly #closed = new Promise<void>((resolve) => (this.#settle = resolve));

  /** `most` is the largest window, in bytes. */
  constructor(carrier: EndingCarrier, most: number) {
    super(carrier, most);
    this.#carrier = carrier;
  }

  get transport(): ByteTransport {
    const { readable, writable } = this;
    return { readable, writable, closed: this.#closed, close: () => this.close() };
  }

  /** There may be room, or everything may have arrived. */
  override wake(): void {
    if (this.#isFinishing && this.#carrier.isDrained) this.hangUp();
    super.wake();
  }

  /**
   * Passes on what a plain peer can notice: the end, once everything has been sent, and that the writer was aborted.
   */
  tellPlainly(control: Control): void {
    if (control.type === "end") this.finish();
    else if (control.type === "reset") this.hangUp(control.reason);
  }

  /** Closes the carrier once everything sent has arrived. */
  finish(): void {
    this.#isFinishing = true;
    this.wake();
  }

  /** Closes the carrier. Call `over` when it has closed. */
  hangUp(reason?: string): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    try {
      this.#carrier.hangUp(reason);
    } catch (error) {
      this.fault = { cause: error };
      // Deferred: if the carrier is closed because of a failure, the caller has yet to report that.
      queueMicrotask(() => this.over("lost"));
    }
  }

  /**
   * The carrier has closed, as `how` describes. `why` is the meaning with a plain peer: it ended the stream
   * (`stopped`), aborted it (`reset`), or the carrier broke off (`lost`). A peer of this library would have sent a
   * control.
   */
  over(why: "neverOpened" | "stopped" | "reset" | "lost", how = ""): void {
    const code = why !== "neverOpened" && this.isOurs ? "lost" : why;
    const error = new TransportError(code, `the ${this.#carrier.name} closed${how}`, this.fault);
    this.#isClosing = true;
    if (code === "stopped") this.end(error);
    else if (why === "lost") this.fail(error);
    else this.lose(error);
    this.#carrier.release();
    this.#settle();
  }
}
