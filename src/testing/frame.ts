/** Encodes frames for tests, valid or not (RFC 6455 §5.2). */
import { viewOf, type Bytes } from "../core/bytes.ts";
import { firstByte, writeFrame } from "../core/frameWriter.ts";
import { Opcode } from "../core/opcodes.ts";
import { OutputQueue } from "../core/outputQueue.ts";
import { encodeText } from "../core/utf8.ts";
import type { FrameKind } from "../inspect/counters.ts";

type OpcodeName = Exclude<FrameKind, "reserved">;

const OPCODES: Readonly<Record<OpcodeName, Opcode>> = {
  continuation: Opcode.CONTINUATION,
  text: Opcode.TEXT,
  binary: Opcode.BINARY,
  close: Opcode.CLOSE,
  ping: Opcode.PING,
  pong: Opcode.PONG,
};

/** A frame for `frame()` of a server's socket, which may break any rule; see {@link webSocketServer}. */
export interface FrameInit {
  /** A name, or a number from 0 to 15, including reserved ones. */
  readonly opcode: OpcodeName | number;
  /** `true` by default. */
  readonly fin?: boolean;
  /** The reserved bits: RSV1 is 4, RSV2 is 2, RSV3 is 1. None by default. */
  readonly rsv?: number;
  /** Empty by default. A string is sent as UTF-8. */
  readonly payload?: string | BufferSource;
  /** Masks the frame, which is not allowed for a server: with a key of four bytes, or with a random one if `true`. */
  readonly mask?: boolean | Uint8Array;
}

/** Returns the bytes of a frame. Throws `TypeError` or `RangeError` if a value can't be encoded. */
export function encodeFrame({ opcode, fin = true, rsv = 0, payload = "", mask = false }: FrameInit): Bytes {
  const number = typeof opcode === "number" ? opcode : OPCODES[opcode];
  if (!Number.isInteger(number) || number < 0 || number > 15) {
    throw new RangeError(
      `an opcode must be one of ${Object.keys(OPCODES).join(", ")}, or 0 to 15, not ${String(opcode)}`,
    );
  }
  if (!Number.isInteger(rsv) || rsv < 0 || rsv > 7) {
    throw new RangeError(`the reserved bits must be 0 to 7, not ${String(rsv)}`);
  }
  const output = new OutputQueue();
  writeFrame(output, firstByte(number, fin, rsv), toBytes(payload), keyOf(mask), false);
  return output.take();
}

/** Encodes text as UTF-8, and returns bytes as they are. Throws `TypeError` for anything else. */
export function toBytes(payload: string | BufferSource): Bytes {
  return typeof payload === "string" ? encodeText(payload) : viewOf(payload);
}

function keyOf(mask: boolean | Uint8Array): Uint8Array | undefined {
  if (mask === false) return undefined;
  if (mask === true) return crypto.getRandomValues(new Uint8Array(4));
  if (!(mask instanceof Uint8Array) || mask.length !== 4)
    throw new TypeError("a masking key must be a Uint8Array of 4 bytes");
  return mask;
}
