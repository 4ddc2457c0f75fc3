/** Runs the server's end of one connection over a wire with faults, by a clock that a test can control. */
import type { ServerOptions } from "../connection/options.ts";
import { ServerConnection } from "../connection/serverConnection.ts";
import type { ConnectionClosed } from "../core/events.ts";
import type { Extension } from "../core/extension.ts";
import { passOn } from "../core/options.ts";
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
  /** The URL that the client requested, once it has. */
  url: string | undefined;
  /** Resolves with the last event, when the wire has ended too. */
  readonly ended: Promise<ConnectionClosed>;
  /** The transport's error, if it failed. */
  fault: unknown;
  /** With `false`, the client's Close is not answered, and the wire stays as it is. */
  answerClose = true;
  readonly #clock: Clock;
  readonly #recorder: Recorder;
  readonly #vector: VectorRecording;
  readonly #opening: Opening;
  #closed: ConnectionClosed | undefined;
  #pulling = false;
  #timer: unknown;

  constructor(transport: ByteTransport, options: ServerOptions, clock: Clock, opener: Opener) {
    // Pongs and Closes are answered here, so that a test can leave them unanswered.
    const connectionOptions = passOn({ ...options, autoPong: false });
    this.connection = new ServerConnection(connectionOptions);
    this.#vector = recordVector(this.connection, connectionOptions);
    // Records what passes on the wire, not what the connection intends to send, so that faults and raw frames show up.
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

  /** Returns the connection's inputs and outputs so far, for a replay. */
  vector(): Vector {
    return this.#vector.vector();
  }

  /**
   * Writes what the connection has to send, and handles its events. Call it after any method call on the connection.
   * Resolves when the transport has accepted the bytes, or never will.
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
    // An unanswered Close leaves the stream open until one side ends it.
    while (!this.answerClose && (await this.wire.read()).bytes !== null);
    this.#clock.clearTimeout(this.#timer);
    await this.wire.close();
    return this.#closed!;
  }

  #receive(bytes: Uint8Array | null): void {
    try {
      this.connection.receiveBytes(bytes);
    } catch (error) {
      this.fault ??= error; // the transport yielded something that is not bytes
      this.connection.receiveBytes(null);
    }
    this.#pull();
  }

  /** Answers each event before pulling the next, so that the last bytes sent are the answer to the Close. */
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
