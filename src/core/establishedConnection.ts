/** An open connection: messages, pings and the closing handshake in both directions (RFC 6455 §5.4–§7). */
import type { ByteQueue } from "./byteQueue.ts";
import { copyOf, type Bytes } from "./bytes.ts";
import { isCloseCodeOnWire } from "./closeCodes.ts";
import { shortenedReason, writeCloseBody } from "./closeFrame.ts";
import type { Deadlines } from "./deadlines.ts";
import type { ContainedCodec } from "./containedCodec.ts";
import { contain, LocalProtocolError, ProtocolError } from "./errors.ts";
import { connectionClosed, type CloseFrame, type ConnectionClosed, type PongReceived, type WSEvent } from "./events.ts";
import type { LifeCycle, Signal } from "./lifeCycle.ts";
import type { Limits } from "./limits.ts";
import { MessageReader, type CloseReceived, type Received } from "./messageReader.ts";
import { MessageWriter } from "./messageWriter.ts";
import { MAX_CONTROL_PAYLOAD, Opcode } from "./opcodes.ts";
import type { OutputQueue } from "./outputQueue.ts";
import type { FastPaths } from "./runs/fastPaths.ts";
import type { WholeMessages } from "./runs/wholeMessages.ts";

interface EstablishedOptions {
  readonly role: "client" | "server";
  readonly life: LifeCycle;
  readonly deadlines: Deadlines;
  readonly input: ByteQueue;
  readonly output: OutputQueue;
  readonly limits: Limits;
  readonly codecs: readonly ContainedCodec[];
  readonly masking: boolean;
  readonly autoPong: boolean;
  readonly random: (bytes: Uint8Array<ArrayBuffer>) => void;
  readonly fastPaths: FastPaths | undefined;
}

export class EstablishedConnection {
  readonly #life: LifeCycle;
  readonly #deadlines: Deadlines;
  readonly #input: ByteQueue;
  readonly #limits: Limits;
  readonly #codecs: readonly ContainedCodec[];
  readonly #autoPong: boolean;
  readonly #reader: MessageReader;
  readonly #writer: MessageWriter;
  readonly whole: WholeMessages | undefined;

  /** Number of automatic pongs in the output queue. */
  #queuedReplies = 0;
  /** The payload of the latest ping, if the queue of pongs is full (§5.5.3: only the latest ping needs an answer). */
  #latestPing: Bytes | undefined;
  #sentClose: CloseFrame | undefined;
  #receivedClose: CloseFrame | undefined;
  /** Which side's Close frame came first. */
  #initiator: "local" | "remote" | undefined;
  /** Called with the peer's Close if the application answers it. */
  #answerLater: ((close: CloseFrame) => void) | undefined;
  /** The last event after a failure or a late answer, until it is pulled. */
  #end: ConnectionClosed | undefined;

  constructor(options: EstablishedOptions) {
    const { role, masking } = options;
    this.#life = options.life;
    this.#deadlines = options.deadlines;
    this.#input = options.input;
    this.#limits = options.limits;
    this.#codecs = options.codecs;
    this.#autoPong = options.autoPong;
    this.#writer = new MessageWriter(
      this,
      options.output,
      role === "client" && masking,
      options.codecs,
      options.random,
      options.fastPaths,
    );
    const expected = role === "client" ? "forbidden" : masking ? "required" : "either";
    this.#reader = new MessageReader(options.input, options.limits, expected, options.codecs, options.fastPaths);
    this.whole = this.#reader.whole;
  }

  /** Payload of the current frame that is still to come, in bytes. */
  get frameRemaining(): number {
    return this.#reader.frameRemaining;
  }

  /** Progress of the current message; see {@link MessageReader.progress}. */
  get progress(): number | undefined {
    return this.#life.state === "open" ? this.#reader.progress : undefined;
  }

  /** Reads the next event. Returns `undefined` until more bytes arrive. */
  next(): WSEvent | undefined {
    if (this.#life.state !== "closed") {
      try {
        const received = this.#reader.read();
        if (received === undefined) {
          this.#input.release();
          if (this.#deadlines.nowMs !== undefined) this.#deadlines.drain(this.progress);
          return undefined;
        }
        if (this.#deadlines.nowMs !== undefined && this.#input.size === 0) this.#deadlines.follow(this.progress);
        return received.type === "bytesReceived" ? received : this.#answer(received);
      } catch (error) {
        this.#failBy(error);
      }
    }
    const end = this.#end;
    this.#end = undefined;
    return end;
  }

  /** Answers automatically where the protocol requires it (§5.5.1, §5.5.2). */
  #answer(received: Received): WSEvent | undefined {
    if (received.type === "closeReceived") return this.#answerClose(received);
    if (received.type === "pingReceived" && this.#autoPong) this.#answerPing(received.payload);
    const roundTripMs = received.type === "pongReceived" ? this.#deadlines.receivePong(received.payload) : undefined;
    return roundTripMs === undefined ? received : { ...(received as PongReceived), roundTripMs };
  }

  /** The writer for messages. Throws `LocalProtocolError` unless the connection is open. */
  get messages(): MessageWriter {
    this.#require("sendMessage");
    return this.#writer;
  }

  ping(payload: Bytes): void {
    this.#sendControl("sendPing", Opcode.PING, payload);
  }

  pong(payload: Bytes): void {
    this.#sendControl("sendPong", Opcode.PONG, payload);
  }

  keepAlive(): void {
    this.#sendAutomatic(Opcode.PING, this.#deadlines.sendPing());
  }

  /** Sends a keepalive ping, or repeats the current one, unless one has just been sent. */
  keepAliveAgain(): void {
    const payload = this.#deadlines.repeatPing();
    if (payload !== undefined) this.#sendAutomatic(Opcode.PING, payload);
  }

  /** Answers the latest ping if its pong did not fit in the queue. Call it before you take output. */
  answerLatest(): void {
    const payload = this.#latestPing;
    if (payload === undefined) return;
    this.#latestPing = undefined;
    this.#sendAutomatic(Opcode.PONG, payload);
  }

  #sendAutomatic(opcode: Opcode, payload: Bytes): void {
    try {
      this.#writeAutomatic(opcode, payload);
    } catch (error) {
      this.#failBy(error);
    }
  }

  /** Sends a Close frame. Without a code the frame is empty, unless there is a reason (§5.5.1). */
  close(code: number | undefined, reason: string): void {
    // Nothing may follow a Close, so the pong goes first.
    this.answerLatest();
    this.#require("sendClose");
    const { close, body } = writeCloseBody(code, reason);
    this.#writer.sendControl(Opcode.CLOSE, body);
    this.#closeSent(close);
    if (this.#life.state === "closed") this.#end = this.#closed();
  }

  /** From now on the peer's Close is not echoed: `received` gets it, and {@link close} answers it. */
  answerLater(received: (close: CloseFrame) => void): void {
    this.#answerLater = received;
  }

  /** The stream has ended before the closing handshake was complete. */
  end(): ConnectionClosed {
    return this.#finish("end");
  }

  /** Fails the connection (§7.1.7): sends a Close with the reason if still allowed. The end is the next event. */
  fail(error: ProtocolError): void {
    const { closeCode } = error;
    if (this.#life.allows("sendClose") && closeCode !== undefined && isCloseCodeOnWire(closeCode)) {
      const { close, body } = writeCloseBody(closeCode, shortenedReason(error.message));
      try {
        this.#writeAutomatic(Opcode.CLOSE, body);
        this.#closeSent(close);
      } catch (failure) {
        if (!(failure instanceof ProtocolError)) throw failure;
        // Without a masking key no Close can be sent.
      }
    }
    this.#end = this.#finish("fail", error);
  }

  #failBy(error: unknown): void {
    if (!(error instanceof ProtocolError)) throw error; // a bug in this library
    this.fail(error);
  }

  /** Length of the pong that did not fit in the queue, in bytes. */
  get owedLength(): number {
    return this.#latestPing === undefined ? 0 : this.#writer.controlLength(this.#latestPing);
  }

  /** The output queue has been emptied. */
  drained(): void {
    this.#queuedReplies = 0;
  }

  #answerPing(payload: Bytes): void {
    if (!this.#life.allows("sendPong")) return;
    if (this.#queuedReplies < this.#limits.maxQueuedReplies) {
      this.#queuedReplies++;
      this.#writeAutomatic(Opcode.PONG, payload);
    } else {
      this.#latestPing = copyOf(payload);
    }
  }

  /** Echoes the Close frame if it is the first (§5.5.1), and ends the connection; or leaves that to the application. */
  #answerClose({ code, reason, body }: CloseReceived): ConnectionClosed | undefined {
    this.#receivedClose = { code, reason };
    this.#initiator ??= "remote";
    if (this.#answerLater !== undefined && this.#life.allows("sendClose")) {
      this.#life.follow("receiveClose");
      this.#input.clear();
      this.#answerLater(this.#receivedClose);
      return undefined;
    }
    // Write before the state changes: without a masking key the connection fails.
    if (this.#life.allows("sendClose")) this.#writeAutomatic(Opcode.CLOSE, body);
    this.#life.follow("receiveClose");
    if (this.#life.state === "remoteClosing") this.#closeSent({ code, reason });
    return this.#closed();
  }

  #finish(signal: "end" | "fail", error?: ProtocolError): ConnectionClosed {
    // A Close that answers the peer's has ended it already.
    if (this.#life.state !== "closed") this.#life.follow(signal);
    return this.#closed(error);
  }

  #closed(error?: ProtocolError): ConnectionClosed {
    this.#input.clear();
    this.#latestPing = undefined;
    for (const codec of this.#codecs) codec.release();
    return connectionClosed(error, this.#initiator, this.#sentClose, this.#receivedClose);
  }

  #closeSent(close: CloseFrame): void {
    this.#initiator ??= "local";
    this.#sentClose = close;
    this.#life.follow("sendClose");
  }

  #sendControl(signal: Signal, opcode: Opcode, payload: Bytes): void {
    this.#require(signal);
    if (payload.length > MAX_CONTROL_PAYLOAD) {
      throw new RangeError(`a control frame carries at most 125 bytes, not ${payload.length} (RFC 6455 §5.5)`);
    }
    this.#writer.sendControl(opcode, payload);
  }

  /** Writes a frame that no call of the application caused. An error of `random` fails the connection. */
  #writeAutomatic(opcode: Opcode, payload: Bytes): void {
    contain("randomFailed", "random", () => this.#writer.sendControl(opcode, payload));
  }

  #require(signal: Signal): void {
    // Equal to the table for all signals checked here. A table lookup takes an eighth of the time of sending 16 bytes.
    const { state } = this.#life;
    if (state === "open" || state === "remoteClosing") return;
    throw new LocalProtocolError(`can't ${signal} while ${this.#life.state}`, {
      code: "wrongState",
      section: "RFC 6455 §5.5.1",
    });
  }
}
