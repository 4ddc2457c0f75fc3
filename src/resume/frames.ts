/** The frames between the two ends of a session, and their bytes. README.md describes them one by one. */
import type { Bytes } from "../core/bytes.ts";
import { ResumeError } from "./resumeError.ts";

/** `WSOR`, and the version in the last byte. */
export const PROTOCOL = 0x57_534f_5201;

/** Why the sender of `gone` ends the session or refuses the carrier; their places are the codes on the wire. */
export const REASONS = ["", "unknownSession", "version", "protocol", "busy", "abandoned"] as const;

export type Reason = Exclude<(typeof REASONS)[number], "">;

/** The frame types in the order of their codes, from 0 on, with their fields. */
const FIELDS = {
  preface: ["protocol"],
  hello: ["fresh", "id", "attachment", "token", "windowBytes"],
  welcome: ["token", "received", "taken", "windowBytes"],
  confirm: ["received", "taken"],
  data: ["offset", "length"],
  ack: ["taken"],
  end: ["offset"],
  reset: ["offset"],
  stop: [],
  ping: ["number"],
  pong: ["number"],
  bye: [],
  gone: ["reason"],
} as const;

type Layouts = typeof FIELDS;
export type FrameType = keyof Layouts;
type Field = Layouts[FrameType][number];

type ValueOf<Name extends Field> = Name extends "id" | "token" ? Bytes : number;

/** A frame other than `data`. */
type Fixed<Type extends FrameType> = { readonly type: Type } & {
  readonly [Name in Layouts[Type][number]]: ValueOf<Name>;
};

/** Received bytes: the payload of a `data` frame, or a part of it. Views of the chunk that they came in. */
export interface Data {
  readonly type: "data";
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export type Frame = { [Type in Exclude<FrameType, "data">]: Fixed<Type> }[Exclude<FrameType, "data">] | Data;

/** What a frame is made from: a data frame's bytes follow its header. */
export type Head = Exclude<Frame, Data> | Fixed<"data">;

const TYPES = Object.keys(FIELDS) as FrameType[];

const isBytes = (name: Field): boolean => name === "id" || name === "token";

/** How many bytes a field has. Numbers are unsigned, the highest byte first. */
const sizeOf = (name: Field): number => (isBytes(name) ? 16 : 8);

const lengthOf = (type: FrameType): number => FIELDS[type].reduce((sum, name) => sum + sizeOf(name), 1);

/** The bytes of a frame; of a data frame, those before its payload. */
export function encode(frame: Head): Bytes {
  const bytes = new Uint8Array(lengthOf(frame.type));
  const view = new DataView(bytes.buffer);
  bytes[0] = TYPES.indexOf(frame.type);
  let at = 1;
  for (const name of FIELDS[frame.type]) {
    const value = frame[name as never] as Bytes | number;
    if (typeof value === "number") view.setBigUint64(at, BigInt(value));
    else bytes.set(value, at);
    at += sizeOf(name);
  }
  return bytes;
}

/** The longest frame, without the payload of data. */
const LONGEST = lengthOf("hello");

/** Cuts the bytes of one carrier into frames. */
export class FrameReader {
  /** The chunk that is being read, and the position reached. */
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;
  /** The first bytes of a frame that has not arrived in full. */
  readonly #head = new Uint8Array(LONGEST);
  #held = 0;
  #type: FrameType = "preface";
  #needed = 0;
  /** The rest of the current data frame, and its offset. */
  #left = 0;
  #offset = 0;

  /** Takes the next chunk. All frames of the last one must have been read. The frames view the chunk. */
  push(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  /** Whether everything that has arrived has been read, and ends with a frame. */
  get isBetweenFrames(): boolean {
    return this.#at === this.#chunk.length && this.#held + this.#left === 0;
  }

  /** Returns the next frame of the chunk, or a part of a data frame. Throws `ResumeError` if the bytes are malformed. */
  next(): Frame | undefined {
    const chunk = this.#chunk;
    while (this.#at < chunk.length) {
      if (this.#left > 0) {
        const bytes = chunk.subarray(this.#at, this.#at + this.#left);
        const offset = this.#offset;
        this.#at += bytes.length;
        this.#left -= bytes.length;
        this.#offset += bytes.length;
        return { type: "data", offset, bytes };
      }
      this.#head[this.#held++] = chunk[this.#at++]!;
      if (this.#held === 1) this.#begin(this.#head[0]!);
      if (this.#held < this.#needed) continue;
      this.#held = 0;
      const frame = this.#parse(this.#type);
      if (frame.type !== "data") return frame;
      if (frame.length === 0) throw malformed("a data frame is empty");
      this.#left = frame.length;
      this.#offset = frame.offset;
    }
    return undefined;
  }

  #begin(code: number): void {
    const type = TYPES[code];
    if (type === undefined) throw malformed(`there is no frame type ${code}`);
    this.#type = type;
    this.#needed = lengthOf(type);
  }

  #parse(type: FrameType): Head {
    const view = new DataView(this.#head.buffer);
    const frame: Record<string, unknown> = { type };
    let at = 1;
    for (const name of FIELDS[type]) {
      const value = isBytes(name) ? this.#head.slice(at, at + 16) : Number(view.getBigUint64(at));
      // Positions up to the end of a stream are exact.
      if ((value as number) >= Number.MAX_SAFE_INTEGER) throw malformed(`${name} is too large`);
      frame[name] = value;
      at += sizeOf(name);
    }
    return frame as Head;
  }
}

export function malformed(message: string): ResumeError {
  return new ResumeError("protocol", `the other end broke the protocol: ${message}`);
}
