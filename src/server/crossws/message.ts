/** A message as crossws hooks receive it. */
import { decodeText, messageBytes } from "../messageBytes.ts";
import { encodeText } from "../../core/utf8.ts";
import { copyOf, type Bytes } from "../../core/bytes.ts";
import type { CrosswsPeer } from "./peer.ts";
import { randomId } from "./randomId.ts";

/** A message, as the `message` hook of {@link crosswsAdapter} gets it. */
export class CrosswsMessage {
  /** Text as a string; bytes in the form of the peer's `websocket.binaryType`. */
  readonly rawData: unknown;
  readonly peer: CrosswsPeer;
  readonly event = undefined;
  #id: string | undefined;

  constructor(rawData: unknown, peer: CrosswsPeer) {
    this.rawData = rawData;
    this.peer = peer;
  }

  get id(): string {
    return (this.#id ??= randomId());
  }

  uint8Array(): Bytes {
    const { rawData } = this;
    if (typeof rawData === "string") return encodeText(rawData);
    if (rawData instanceof ArrayBuffer) return new Uint8Array(rawData);
    if (rawData instanceof Uint8Array) return rawData as Bytes;
    throw new TypeError(`a message of ${Object.prototype.toString.call(rawData)} can't be read synchronously`);
  }

  arrayBuffer(): ArrayBuffer {
    const bytes = this.uint8Array();
    return bytes.length === bytes.buffer.byteLength ? bytes.buffer : copyOf(bytes).buffer;
  }

  blob(): Blob {
    return this.rawData instanceof Blob ? this.rawData : new Blob([this.uint8Array()]);
  }

  text(): string {
    return typeof this.rawData === "string" ? this.rawData : decodeText(this.uint8Array());
  }

  /** Throws `SyntaxError` if the text is not JSON. */
  json(): unknown {
    return JSON.parse(this.text());
  }

  /** The message, text or bytes, in the form of the peer's `websocket.binaryType`. */
  get data(): unknown {
    switch (this.peer.websocket.binaryType) {
      case "nodebuffer":
        return messageBytes(this.uint8Array());
      case "arraybuffer":
        return this.arrayBuffer();
      case "blob":
        return this.blob();
      case "fragments":
        return [messageBytes(this.uint8Array())];
    }
  }

  toString(): string {
    return this.text();
  }

  [Symbol.toPrimitive](): string {
    return this.text();
  }
}
