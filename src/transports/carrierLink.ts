/** The base of transports over carriers of messages. A new kind of carrier is an `EndingCarrier` that reports to its link. */
import type { ByteTransport } from "./byteTransport.ts";
import { MessageStreams, type Control, type MessageCarrier } from "./messageStreams.ts";
import { TransportError } from "./transportError.ts";

/** A carrier that ends by itself, so that a peer that knows no controls can tell the end. */
export interface EndingCarrier extends MessageCarrier {
  /** What it is called in errors. */
  readonly name: string;
  /** Begins to close the carrier. Called once. `reason`: why the writer was aborted, where no control told that. */
  hangUp(reason?: string): void;
  /** The carrier has closed: removes listeners and stops timers. */
  release(): void;
}

/** The streams of a carrier, and how it opens and closes. */
export class CarrierLink extends MessageStreams {
  /** What went wrong with the carrier: the cause of the errors that follow. */
  fault: ErrorOptions | undefined;
  readonly #carrier: EndingCarrier;
  #isFinishing = false;
  #isClosing = false;
  #settle!: () => void;
  readonly #closed = new Promise<void>((resolve) => (this.#settle = resolve));

  /** `most`: the largest window, in bytes. */
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

  /** Tells a plain peer what it can be told: the end, once everything has been sent, and that the writer gave up. */
  tellPlainly(control: Control): void {
    if (control.type === "end") this.finish();
    else if (control.type === "reset") this.hangUp(control.reason);
  }

  /** Closes the carrier once everything that was sent has arrived. */
  finish(): void {
    this.#isFinishing = true;
    this.wake();
  }

  /** Closes the carrier. Call `over` when that is done. */
  hangUp(reason?: string): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    try {
      this.#carrier.hangUp(reason);
    } catch (error) {
      this.fault = { cause: error };
      // Not at once: whoever closes it because of a failure has yet to say so.
      queueMicrotask(() => this.over("lost"));
    }
  }

  /**
   * The carrier has closed, `how` in words. `why` is what that means with a plain peer: it has ended (`stopped`), gave up
   * (`reset`), or the carrier broke off (`lost`). A peer of ours would have told.
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
