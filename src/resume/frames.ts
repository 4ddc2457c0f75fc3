/** The frames between the two ends of a session, and their bytes. README.md describes them one by one. */
import type { Bytes } from "../core/bytes.ts";
import { ResumeError } from "./resumeError.ts";

/** `WSOR` and the version. Its first byte is the frame type `preface`. */
export const PROTOCOL = 0x534f_5201;

/** Why the sender of `gone` ends the session or refuses the carrier; their places are the codes on the wire. */
export const REASONS = ["", "unknownSession", "version", "protocol", "busy", "abandoned"] as const;

export type Reason = Exclude<(typeof REASONS)[number], "">;

/** Every field with its length in bytes. Numbers are unsigned, the highest byte first. */
const LENGTHS = {
  protocol: 4,
  fresh: 1,
  id: 8,
  attachment: 4,
  token: 16,
  windowBytes: 8,
  received: 8,
  taken: 8,
  offset: 8,
  length: 4,
  number: 4,
  reason: 1,
} as const;

type Field = keyof typeof LENGTHS;

/** The frame types in the order of their codes, from 1 on, with their fields. */
const FIELDS = {
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
  preface: ["protocol"],
} as const;

type Layouts = typeof FIELDS;
export type FrameType = keyof Layouts;

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

const PREFACE_CODE = 0x57; // W

const codeOf = (type: FrameType): number => (type === "preface" ? PREFACE_CODE : TYPES.indexOf(type) + 1);

function typeOf(code: number): FrameType | undefined {
  return code === PREFACE_CODE ? "preface" : code < TYPES.length ? TYPES[code - 1] : undefined;
}

function lengthOf(type: FrameType): number {
  let length = 1;
  for (const name of FIELDS[type]) length += LENGTHS[name];
  return length;
}

const isBytes = (name: Field): boolean => name === "id" || name === "token";

/** The bytes of a frame; of a data frame, those before its payload. */
export function encode(frame: Head): Bytes {
  const bytes = new Uint8Array(lengthOf(frame.type));
  bytes[0] = codeOf(frame.type);
  let at = 1;
  for (const name of FIELDS[frame.type]) {
    const value = frame[name as never] as Bytes | number;
    const end = at + LENGTHS[name];
    if (typeof value === "number") {
      for (let rest = value, i = end; i > at; rest = Math.floor(rest / 256)) bytes[--i] = rest % 256;
    } else bytes.set(value, at);
    at = end;
  }
  return bytes;
}

/** The longest frame, without the payload of data. */
const LONGEST = lengthOf("welcome");

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
    const type = typeOf(code);
    if (type === undefined) throw malformed(`there is no frame type ${code}`);
    this.#type = type;
    this.#needed = lengthOf(type);
  }

  #parse(type: FrameType): Head {
    const head = this.#head;
    const frame: Record<string, unknown> = { type };
    let at = 1;
    for (const name of FIELDS[type]) {
      const end = at + LENGTHS[name];
      if (isBytes(name)) frame[name] = head.slice(at, end);
      else {
        let value = 0;
        for (let i = at; i < end; i++) value = value * 256 + head[i]!;
        // Positions up to the end of a stream are exact.
        if (value >= Number.MAX_SAFE_INTEGER) throw malformed(`${name} is too large`);
        frame[name] = value;
      }
      at = end;
    }
    return frame as Head;
  }
}

export function malformed(message: string): ResumeError {
  return new ResumeError("protocol", `the other end broke the protocol: ${message}`);
}
