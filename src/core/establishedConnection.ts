/** A connection once it is open: messages, pings and the closing handshake, both ways (RFC 6455 §5.4–§7). */
import type { ByteQueue } from "./byteQueue.ts";
import { EMPTY, viewOf, type Bytes } from "./bytes.ts";
import { CloseCode, isCloseCodeOnWire, MAX_CLOSE_REASON, shortenedReason } from "./closeCodes.ts";
import type { Deadlines } from "./deadlines.ts";
import type { ContainedCodec } from "./containedCodec.ts";
import { contain, LocalProtocolError, ProtocolError } from "./errors.ts";
import { connectionClosed, type CloseFrame, type ConnectionClosed, type PongReceived, type WSEvent } from "./events.ts";
import type { OutgoingFrame } from "./extension.ts";
import { firstByte, LOOPED_TEXT, writeFrame, writeTextFrame } from "./frameWriter.ts";
import type { LifeCycle, Signal } from "./lifeCycle.ts";
import type { Limits } from "./limits.ts";
import { MessageReader, type CloseReceived, type Received } from "./messageReader.ts";
import type { WholeMessages } from "./wholeMessages.ts";
import { LENGTH_16, MAX_CONTROL_PAYLOAD, Opcode, WHOLE_TEXT } from "./opcodes.ts";
import type { OutputQueue } from "./outputQueue.ts";
import { TextRun } from "./textRun.ts";
import { encodeText } from "./utf8.ts";

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
}

export interface SendOptions {
  /** What an extension that compresses should do with this message; left to the extension if absent. */
  readonly compress?: boolean;
  /** Gives the bytes away, so that they can be sent without a copy and masked in place. */
  readonly handOver?: boolean;
}

export class EstablishedConnection {
  readonly #life: LifeCycle;
  readonly #deadlines: Deadlines;
  readonly #input: ByteQueue;
  readonly #output: OutputQueue;
  readonly #limits: Limits;
  readonly #codecs: readonly ContainedCodec[];
  readonly #autoPong: boolean;
  readonly #random: (bytes: Uint8Array<ArrayBuffer>) => void;
  readonly #reader: MessageReader;
  readonly whole: WholeMessages;
  readonly #masks: boolean;
  /** Short texts that wait to be encoded together, and how many texts of ASCII were sent before them in a row. */
  #run: TextRun | undefined;
  #asciiInARow = 0;

  /** Opcode of the message that is being sent in fragments, else `CONTINUATION`. */
  #sending: Opcode = Opcode.CONTINUATION;
  /** First half of a surrogate pair that two fragments were cut between. */
  #halfPair = "";
  /** Automatic pongs that wait to be sent. */
  #queuedReplies = 0;
  /** The payload of the latest ping, if there is no room for its pong (§5.5.3: only the latest needs an answer). */
  #latestPing: Bytes | undefined;
  #sentClose: CloseFrame | undefined;
  #receivedClose: CloseFrame | undefined;
  /** Whose Close frame came first. */
  #initiator: "local" | "remote" | undefined;
  /** The end, until it is pulled, where a failure has brought it about. */
  #end: ConnectionClosed | undefined;

  constructor(options: EstablishedOptions) {
    const { role, masking } = options;
    this.#life = options.life;
    this.#deadlines = options.deadlines;
    this.#input = options.input;
    this.#output = options.output;
    this.#limits = options.limits;
    this.#codecs = options.codecs;
    this.#autoPong = options.autoPong;
    this.#random = options.random;
    this.#masks = role === "client" && masking;
    const expected = role === "client" ? "forbidden" : masking ? "required" : "either";
    this.#reader = new MessageReader(options.input, options.limits, expected, options.codecs);
    this.whole = this.#reader.whole;
  }

  /** How much payload of the frame that is being read is still to come, in bytes. */
  get frameRemaining(): number {
    return this.#reader.frameRemaining;
  }

  /** How far the message has come that is under way, as {@link MessageReader.progress} counts. */
  get progress(): number | undefined {
    return this.#life.state === "open" ? this.#reader.progress : undefined;
  }

  /** Reads on to the next event, or `undefined` until more bytes come. */
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

  /** Does by itself what the protocol asks for (§5.5.1, §5.5.2). */
  #answer(received: Received): WSEvent {
    if (received.type === "closeReceived") return this.#answerClose(received);
    if (received.type === "pingReceived" && this.#autoPong) this.#answerPing(received.payload);
    const roundTripMs = received.type === "pongReceived" ? this.#deadlines.receivePong(received.payload) : undefined;
    return roundTripMs === undefined ? received : { ...(received as PongReceived), roundTripMs };
  }

  sendData(data: string | ArrayBuffer | ArrayBufferView, final: boolean, options: SendOptions | undefined): void {
    this.#require("sendMessage");
    const isText = typeof data === "string";
    const opcode = isText ? Opcode.TEXT : Opcode.BINARY;
    const sending = this.#sending;
    if (sending !== Opcode.CONTINUATION && sending !== opcode) {
      throw new LocalProtocolError("a message in fragments is either text or binary throughout", {
        code: "messageTypeChanged",
        section: "RFC 6455 §5.4",
      });
    }
    const payload = isText ? data : viewOf(data);
    const first = sending === Opcode.CONTINUATION ? opcode : Opcode.CONTINUATION;
    const key = this.#drawKey();
    if (this.#codecs.length > 0) {
      this.#sendEncoded(first, final, payload, options, key);
    } else if (final && first === Opcode.TEXT) {
      this.#sendText(payload as string, key);
    } else {
      this.flush();
      const byte = firstByte(first, final, 0);
      if (typeof payload === "string") writeTextFrame(this.#output, byte, this.#wholePairs(payload, final), key);
      else writeFrame(this.#output, byte, payload, key, options?.handOver === true);
    }
    this.#sending = final ? Opcode.CONTINUATION : opcode;
  }

  #sendText(text: string, key: Bytes | undefined): void {
    const { length } = text;
    // One that is sent by itself is encoded by itself.
    const mayBegin = length > LOOPED_TEXT && this.#asciiInARow >= ASCII_EXPECTED_AFTER && this.#output.size > 0;
    if (length < LENGTH_16 && (this.#run !== undefined || mayBegin)) {
      this.#run ??= new TextRun(this.#masks);
      if (!this.#run.add(text, key)) this.flush();
      return;
    }
    this.flush();
    const isAscii = writeTextFrame(this.#output, WHOLE_TEXT, text, key);
    this.#asciiInARow = isAscii ? this.#asciiInARow + 1 : 0;
  }

  /** Leads a frame through every extension before it is written. */
  #sendEncoded(
    opcode: Opcode,
    fin: boolean,
    given: string | Uint8Array,
    options: SendOptions | undefined,
    key: Bytes | undefined,
  ): void {
    const payload = typeof given === "string" ? encodeText(this.#wholePairs(given, fin)) : given;
    let frame: OutgoingFrame = { opcode, fin, rsv: 0, payload, compress: options?.compress };
    try {
      for (const codec of this.#codecs) frame = codec.encode(frame);
    } catch (error) {
      // Some codecs may have encoded what is never sent: the peer could not decode anything behind it.
      this.#failBy(error);
      throw error instanceof LocalProtocolError ? error.cause : error;
    }
    const owned = frame.payload === payload && (typeof given === "string" || options?.handOver === true);
    writeFrame(this.#output, firstByte(frame.opcode, frame.fin, frame.rsv), frame.payload, key, owned);
  }

  /** Text that ends where a character does: half of a surrogate pair waits for the next fragment. */
  #wholePairs(text: string, final: boolean): string {
    if (final && this.#halfPair === "") return text;
    const whole = this.#halfPair + text;
    const cut = !final && isHighSurrogate(whole.charCodeAt(whole.length - 1));
    this.#halfPair = cut ? whole.slice(-1) : "";
    return cut ? whole.slice(0, -1) : whole;
  }

  ping(payload: Uint8Array): void {
    this.#sendControl("sendPing", Opcode.PING, payload);
  }

  pong(payload: Uint8Array): void {
    this.#sendControl("sendPong", Opcode.PONG, payload);
  }

  /** Sends a keepalive ping. */
  keepAlive(): void {
    this.#sendAutomatic(Opcode.PING, this.#deadlines.sendPing());
  }

  /** Sends a keepalive ping again, or a first one, unless one has just been sent. */
  keepAliveAgain(): void {
    const payload = this.#deadlines.repeatPing();
    if (payload !== undefined) this.#sendAutomatic(Opcode.PING, payload);
  }

  /** Answers the latest ping, if there was no room for its pong. Call it before output is taken. */
  answerLatest(): void {
    const payload = this.#latestPing;
    if (payload === undefined) return;
    this.#latestPing = undefined;
    this.#sendAutomatic(Opcode.PONG, payload);
  }

  #sendAutomatic(opcode: Opcode, payload: Bytes): void {
    try {
      this.#writeControl(opcode, payload, this.#ownKey());
    } catch (error) {
      this.#failBy(error);
    }
  }

  /** Sends a Close frame; with no code an empty one, unless there is a reason to carry (§5.5.1). */
  close(code: number | undefined, reason: string): void {
    // Nothing may follow a Close.
    this.answerLatest();
    this.#require("sendClose");
    const frame = closeFrame(code, reason);
    this.#sendClose(frame.close, frame.body, this.#drawKey());
  }

  /** The stream ended without a closing handshake, or in the middle of it. */
  end(): ConnectionClosed {
    return this.#finish("end");
  }

  /** Fails the connection (§7.1.7): says why to a peer that can still hear it, and ends. The end is the next event. */
  fail(error: ProtocolError): void {
    const { closeCode } = error;
    if (this.#life.allows("sendClose") && closeCode !== undefined && isCloseCodeOnWire(closeCode)) {
      const { close, body } = closeFrame(closeCode, shortenedReason(error.message));
      try {
        this.#sendClose(close, body, this.#ownKey());
      } catch (failure) {
        if (!(failure instanceof ProtocolError)) throw failure;
        // Without a key there is no Close.
      }
    }
    this.#end = this.#finish("fail", error);
  }

  #failBy(error: unknown): void {
    if (!(error instanceof ProtocolError)) throw error; // a defect of ours
    this.fail(error);
  }

  /** Output that is not in the queue yet: texts in characters, with their headers' bytes, and the pong that has no room. */
  get pendingLength(): number {
    const pong = this.#latestPing === undefined ? 0 : this.#latestPing.length + (this.#masks ? 6 : 2);
    return (this.#run?.length ?? 0) + pong;
  }

  /** Writes what waits to be sent into the queue: to be called before that is looked at. */
  flush(): void {
    const run = this.#run;
    if (run === undefined) return;
    this.#run = undefined;
    if (!run.write(this.#output)) this.#asciiInARow = 0;
  }

  /** The queue has been emptied. */
  drained(): void {
    this.#queuedReplies = 0;
  }

  #answerPing(payload: Bytes): void {
    if (!this.#life.allows("sendPong")) return;
    if (this.#queuedReplies < this.#limits.maxQueuedReplies) {
      this.#queuedReplies++;
      this.#writeControl(Opcode.PONG, payload, this.#ownKey());
    } else {
      this.#latestPing = payload.slice();
    }
  }

  /** Echoes the Close frame if it is the first (§5.5.1), and ends. */
  #answerClose({ code, reason, body }: CloseReceived): ConnectionClosed {
    this.#receivedClose = { code, reason };
    this.#initiator ??= "remote";
    // Before anything changes: without a key the connection fails.
    const key = this.#life.allows("sendClose") ? this.#ownKey() : undefined;
    this.#life.follow("receiveClose");
    if (this.#life.state === "remoteClosing") this.#sendClose({ code, reason }, body, key);
    return this.#closed();
  }

  #finish(signal: "end" | "fail", error?: ProtocolError): ConnectionClosed {
    this.#life.follow(signal);
    return this.#closed(error);
  }

  #closed(error?: ProtocolError): ConnectionClosed {
    this.#input.clear();
    this.#latestPing = undefined;
    for (const codec of this.#codecs) codec.release();
    return connectionClosed(error, this.#initiator, this.#sentClose, this.#receivedClose);
  }

  #sendClose(close: CloseFrame, body: Uint8Array, key: Bytes | undefined): void {
    this.#writeControl(Opcode.CLOSE, body, key);
    this.#initiator ??= "local";
    this.#sentClose = close;
    this.#life.follow("sendClose");
  }

  #sendControl(signal: Signal, opcode: Opcode, payload: Uint8Array): void {
    this.#require(signal);
    if (payload.length > MAX_CONTROL_PAYLOAD) {
      throw new RangeError(`a control frame carries at most 125 bytes, not ${payload.length} (RFC 6455 §5.5)`);
    }
    this.#writeControl(opcode, payload, this.#drawKey());
  }

  #writeControl(opcode: Opcode, payload: Uint8Array, key: Bytes | undefined): void {
    this.flush();
    writeFrame(this.#output, firstByte(opcode, true, 0), payload, key, false);
  }

  /** For automatic frames: what `random` throws fails the connection. */
  #ownKey(): Bytes | undefined {
    return contain("randomFailed", "random", () => this.#drawKey());
  }

  /** For frames of a call, which throws what `random` throws. */
  #drawKey(): Bytes | undefined {
    if (!this.#masks) return undefined;
    this.#random(KEY);
    return KEY;
  }

  #require(signal: Signal): void {
    // As the table has it of whatever is asked for here; looking it up takes an eighth of what sending 16 bytes does.
    if (this.#life.state === "open") return;
    throw new LocalProtocolError(`may not ${signal} while ${this.#life.state}`, {
      code: "wrongState",
      section: "RFC 6455 §5.5.1",
    });
  }
}

/** After how many texts of ASCII in a row another one is expected to be ASCII, too. */
const ASCII_EXPECTED_AFTER = 8;

/** Where each masking key is drawn into, to be read at once: one for all connections. */
const KEY: Bytes = new Uint8Array(4);

/** The body of a Close frame (§5.5.1). `RangeError` for a code or a reason that may not be sent. */
export function closeFrame(code: number | undefined, reason: string): { close: CloseFrame; body: Bytes } {
  if (code === undefined && reason === "") {
    return { close: { code: CloseCode.NO_STATUS_RECEIVED, reason: "" }, body: EMPTY };
  }
  const sent = code ?? CloseCode.NORMAL_CLOSURE;
  if (!isCloseCodeOnWire(sent)) {
    throw new RangeError(`close code ${String(sent)} may not be sent (RFC 6455 §7.4)`);
  }
  const text = encodeText(reason);
  if (text.length > MAX_CLOSE_REASON) {
    throw new RangeError(`a close reason has at most 123 bytes of UTF-8, not ${text.length} (RFC 6455 §5.5)`);
  }
  const body = new Uint8Array(2 + text.length);
  body[0] = sent >> 8;
  body[1] = sent;
  body.set(text, 2);
  return { close: { code: sent, reason }, body };
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
