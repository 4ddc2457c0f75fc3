/** Runs the server's end of one connection over a wire on which faults can be made, by a clock that a test can hold. */
import type { ServerOptions } from "../connection/options.ts";
import { ServerConnection } from "../connection/serverConnection.ts";
import type { ConnectionClosed } from "../core/events.ts";
import type { Extension } from "../core/extension.ts";
import { Recorder, type Trace } from "../inspect/trace.ts";
import type { Vector } from "../inspect/vector/vector.ts";
import { recordVector, type VectorRecording } from "../inspect/vector/vectorRecorder.ts";
import { LONGEST_TIMER_MS, type Clock } from "../stream/clock.ts";
import { Opening, type Opener } from "../stream/opening.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { Wire } from "./wire.ts";

export class WiredConnection {
  readonly connection: ServerConnection;
  readonly wire: Wire;
  /** What passes on the wire. */
  readonly trace: Trace;
  /** What the client asked for, once it has. */
  url: string | undefined;
  /** Fulfilled with the last event, when the wire has ended, too. */
  readonly ended: Promise<ConnectionClosed>;
  /** What the transport failed with, if it did. */
  fault: unknown;
  /** `false`: a Close that comes is not answered, and the wire stays as it is. */
  answerClose = true;
  readonly #clock: Clock;
  readonly #recorder: Recorder;
  readonly #vector: VectorRecording;
  readonly #opening: Opening;
  #closed: ConnectionClosed | undefined;
  #pulling = false;
  #timer: unknown;

  constructor(transport: ByteTransport, options: ServerOptions, clock: Clock, opener: Opener) {
    // Pongs and Closes are answered here, so that a test can have them left unanswered.
    const connectionOptions = { ...options, autoPong: false };
    this.connection = new ServerConnection(connectionOptions);
    this.#vector = recordVector(this.connection, connectionOptions);
    // What passes on the wire, not what the connection means to send: faults and raw frames are seen, too.
    const recorder = new Recorder(
      "server",
      {
        extensions: options.extensions?.filter((extension): extension is Extension => "offer" in extension),
        masking: options.masking,
        now: () => clock.now(),
      },
      { sent: "head", received: "head" },
    );
    this.trace = recorder;
    this.#recorder = recorder;
    this.wire = new Wire(transport, clock, (direction, bytes) =>
      recorder.pass(direction === "incoming" ? "received" : "sent", bytes),
    );
    this.#clock = clock;
    this.#opening = new Opening(opener, this);
    this.ended = this.#run();
  }

  /** What the connection was told and has told so far, so that it can be replayed. */
  vector(): Vector {
    return this.#vector.vector();
  }

  /**
   * Call it after anything that was done with the connection: writes what it has to send, and tells what it has brought
   * about. Fulfilled when the transport has taken the bytes, or never will.
   */
  flush(): Promise<void> {
    const written = this.wire.write(this.connection.bytesToSend());
    this.#pull();
    return written;
  }

  async #run(): Promise<ConnectionClosed> {
    this.#tellTime();
    this.#pull();
    for (let open = true; open && this.#closed === undefined;) {
      const { bytes, fault } = await this.wire.read();
      open = bytes !== null;
      this.fault ??= fault;
      this.#tellTime();
      this.#receive(bytes);
    }
    // A Close that is not to be answered leaves the stream open until somebody ends it.
    while (!this.answerClose && (await this.wire.read()).bytes !== null);
    this.#clock.clearTimeout(this.#timer);
    await this.wire.close();
    return this.#closed!;
  }

  #receive(bytes: Uint8Array | null): void {
    try {
      this.connection.receiveBytes(bytes);
    } catch (error) {
      this.fault ??= error; // the transport brought something that is not bytes
      this.connection.receiveBytes(null);
    }
    this.#pull();
  }

  /** Each event is answered before the next one is pulled, so that what is sent at the end is the answer to the Close. */
  #pull(): void {
    if (this.#pulling) return;
    this.#pulling = true;
    for (const event of this.connection.events()) {
      if (event.type === "connectionClosed") {
        this.#closed = event;
        if (!this.answerClose && event.initiator === "remote") this.connection.bytesToSend();
      }
      this.#recorder.passEvent(event);
      void this.#opening.handle(event);
      void this.wire.write(this.connection.bytesToSend());
      if (this.#closed !== undefined && this.answerClose) void this.wire.close();
    }
    this.#pulling = false;
    this.#setTimer();
  }

  #tellTime(): void {
    this.connection.advanceTime(this.#clock.now());
  }

  #setTimer(): void {
    this.#clock.clearTimeout(this.#timer);
    const dueMs = this.connection.nextDeadlineMs;
    if (dueMs === undefined || this.#closed !== undefined) return;
    const waitMs = Math.min(Math.max(dueMs - this.#clock.now(), 0), LONGEST_TIMER_MS);
    this.#timer = this.#clock.setTimeout(() => {
      this.#tellTime();
      this.#pull();
    }, waitMs);
  }
}
