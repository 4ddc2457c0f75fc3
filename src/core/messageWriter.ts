/** Messages and control frames → frames in the output queue (RFC 6455 §5.4, §5.5): in order, encoded and masked. */
import { textOrBytes, type Bytes } from "./bytes.ts";
import type { ContainedCodec, EncodedFrame } from "./containedCodec.ts";
import { LocalProtocolError, ProtocolError } from "./errors.ts";
import { firstByte, writeFrame, writeTextFrame } from "./frameWriter.ts";
import type { OptionTable } from "./options.ts";
import { FIN, Opcode, WHOLE_TEXT } from "./opcodes.ts";
import type { OutputQueue } from "./outputQueue.ts";
import type { FastPaths } from "./runs/fastPaths.ts";
import type { TextRuns } from "./runs/textRuns.ts";
import { encodeText } from "./utf8.ts";

/** The options of `sendData()` of a {@link WSConnection}. */
export interface SendOptions {
  /** Whether to compress this message. If absent, the compressing extension decides. */
  readonly compress?: boolean | undefined;
  /** Hands the bytes over to the connection, which may send them without a copy and mask them in place. */
  readonly handOver?: boolean | undefined;
}

export const sendTable: OptionTable<SendOptions> = { compress: "a boolean", handOver: "a boolean" };

export class MessageWriter {
  readonly #connection: { fail(error: ProtocolError): void };
  readonly #output: OutputQueue;
  readonly #masks: boolean;
  readonly #codecs: readonly ContainedCodec[];
  readonly #random: (bytes: Uint8Array<ArrayBuffer>) => void;
  /** Opcode of the unfinished fragmented message, otherwise `CONTINUATION`. */
  #sending: Opcode = Opcode.CONTINUATION;
  /** First half of a surrogate pair that is split between two fragments. */
  #halfPair = "";
  readonly #fastPaths: FastPaths | undefined;
  /** Created at the first whole text. */
  #texts: TextRuns | undefined;

  constructor(
    connection: { fail(error: ProtocolError): void },
    output: OutputQueue,
    masks: boolean,
    codecs: readonly ContainedCodec[],
    random: (bytes: Uint8Array<ArrayBuffer>) => void,
    fastPaths: FastPaths | undefined,
  ) {
    this.#connection = connection;
    this.#output = output;
    this.#masks = masks;
    this.#codecs = codecs;
    this.#random = random;
    this.#fastPaths = fastPaths;
  }

  /**
   * Queues a message, or a fragment of one if `final` is false. If it throws an error of `random`, or the
   * `LocalProtocolError` for a message that mixes text and binary, nothing has changed. If it throws an extension's
   * error, the connection has failed.
   */
  send(data: string | BufferSource, final: boolean, options: SendOptions | undefined): void {
    const opcode = typeof data === "string" ? Opcode.TEXT : Opcode.BINARY;
    const sending = this.#sending;
    if (sending !== Opcode.CONTINUATION && sending !== opcode) {
      throw new LocalProtocolError("the fragments of a message must be all text or all binary", {
        code: "messageTypeChanged",
        section: "RFC 6455 §5.4",
      });
    }
    const given = textOrBytes(data);
    const key = this.#drawKey();
    const payload =
      typeof given !== "string" || (final && this.#halfPair === "") ? given : this.#wholePairs(given, final);
    const first = firstByte(sending === Opcode.CONTINUATION ? opcode : Opcode.CONTINUATION, final, 0);
    if (this.#codecs.length > 0) this.#writeEncoded(first, payload, options, key);
    else if (typeof payload !== "string") writeFrame(this.#output, first, payload, key, options?.handOver === true);
    else if (first === WHOLE_TEXT && this.#fastPaths !== undefined) {
      (this.#texts ??= this.#fastPaths.write(this.#output, this.#masks)).write(payload, key);
    } else writeTextFrame(this.#output, first, payload, key);
    this.#sending = final ? Opcode.CONTINUATION : opcode;
  }

  /** Queues a control frame. Throws what `random` throws, and then changes nothing. */
  sendControl(opcode: Opcode, payload: Bytes): void {
    const key = this.#drawKey();
    writeFrame(this.#output, firstByte(opcode, true, 0), payload, key, false);
  }

  /** Length of a control frame with this payload, in bytes. */
  controlLength(payload: Uint8Array): number {
    return payload.length + (this.#masks ? 6 : 2);
  }

  /** Passes a frame through every extension, then writes it. */
  #writeEncoded(first: number, given: string | Bytes, options: SendOptions | undefined, key: Bytes | undefined): void {
    const payload = typeof given === "string" ? encodeText(given) : given;
    let frame: EncodedFrame = {
      opcode: first & 0x0f,
      fin: (first & FIN) !== 0,
      rsv: 0,
      payload,
      compress: options?.compress,
    };
    try {
      for (const codec of this.#codecs) frame = codec.encode(frame);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error; // a bug in this library
      // Some codecs may have encoded data that is never sent. The peer could not decode anything after it.
      this.#connection.fail(error);
      throw error instanceof LocalProtocolError ? error.cause : error;
    }
    const owned = frame.payload === payload && (typeof given === "string" || options?.handOver === true);
    writeFrame(this.#output, firstByte(frame.opcode, frame.fin, frame.rsv), frame.payload, key, owned);
  }

  /**
   * Returns text that ends at a character boundary; keeps a trailing half of a surrogate pair for the next fragment.
   */
  #wholePairs(text: string, final: boolean): string {
    const whole = this.#halfPair + text;
    const cut = !final && isHighSurrogate(whole.charCodeAt(whole.length - 1));
    this.#halfPair = cut ? whole.slice(-1) : "";
    return cut ? whole.slice(0, -1) : whole;
  }

  #drawKey(): Bytes | undefined {
    if (!this.#masks) return undefined;
    this.#random(KEY);
    return KEY;
  }
}

/** Holds each masking key while it is used. Shared by all connections. */
const KEY: Bytes = new Uint8Array(4);

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
