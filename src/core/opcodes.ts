/** The opcodes (RFC 6455 §5.2) and the bits around them. */

/**
 * The opcodes by name (RFC 6455 §5.2).
 *
 * @example
 * ```ts
 * import { Opcode } from "websocket-over";
 * import { decode } from "websocket-over/inspect";
 *
 * const [frame] = decode({ server: Uint8Array.of(0x89, 0x00) });
 * console.log(frame?.kind === "frame" && frame.opcode === Opcode.PING); // → true
 * ```
 */
export const Opcode = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;
export type Opcode = (typeof Opcode)[keyof typeof Opcode];

export function isOpcode(value: number): value is Opcode {
  return value <= Opcode.BINARY || (value >= Opcode.CLOSE && value <= Opcode.PONG);
}

/** Control frames have the highest bit of the opcode set (§5.5). */
export function isControl(opcode: number): boolean {
  return opcode >= Opcode.CLOSE;
}

/** Longest payload of a control frame, in bytes (§5.5). */
export const MAX_CONTROL_PAYLOAD = 125;

/** First byte of a frame: FIN, then RSV1 to RSV3, then the opcode. */
export const FIN = 0x80;
export const RSV_SHIFT = 4;

/** The first byte of a single-frame message. */
export const WHOLE_TEXT: number = FIN | Opcode.TEXT;
export const WHOLE_BINARY: number = FIN | Opcode.BINARY;

/** Second byte of a frame: MASK, then seven bits of length. Two values announce a longer length. */
export const MASK = 0x80;
export const LENGTH_16 = 126;
export const LENGTH_64 = 127;

/** Two bytes, eight bytes of extended length, and a masking key of four. */
export const LONGEST_HEADER = 14;
