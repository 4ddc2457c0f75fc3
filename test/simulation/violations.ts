/** Bytes that break the protocol (RFC 6455) between two frames of a peer, and the expected answers. */
import type { Draws } from "./choices.ts";

export interface Violation {
  readonly what: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly closeCode: number;
}

/** The bytes on the wire before it. */
export interface Place {
  readonly toServer: boolean;
  /** Whether clients mask. */
  readonly masking: boolean;
  /** A message in fragments is under way. */
  readonly inMessage: boolean;
}

/** A frame whose masking key is 0, so that its payload stays as it is. */
function frame(first: number, payload: readonly number[], masked: boolean): number[] {
  return [first, (masked ? 0x80 : 0) | payload.length, ...(masked ? [0, 0, 0, 0] : []), ...payload];
}

const KINDS = [
  "reserved opcode",
  "reserved control opcode",
  "reserved bits",
  "fragmented ping",
  "long ping",
  "wrong masking",
  "Close of one byte",
  "Close with 1005",
  "Close with bad text",
  "negative length",
  "long length",
  "huge frame",
  "out of turn",
  "bad text",
  "noise",
] as const;

export function drawViolation(draws: Draws, { toServer, masking, inMessage }: Place): Violation {
  const kind = draws.pick(KINDS);
  const masked = toServer && masking;
  const wrong = masking || !toServer ? !masked : masked;
  const data = inMessage ? 0x80 : 0x82;
  const key = masked ? [0, 0, 0, 0] : [];
  const long = (first: number, ...length: number[]): number[] => [
    first,
    (masked ? 0x80 : 0) | length[0]!,
    ...length.slice(1),
    ...key,
  ];
  const breaks = (closeCode: number, bytes: readonly number[]): Violation => ({
    what: kind,
    bytes: Uint8Array.from(bytes),
    closeCode,
  });
  switch (kind) {
    case "reserved opcode":
      return breaks(1002, frame(0x83, [], masked));
    case "reserved control opcode":
      return breaks(1002, frame(0x8b, [1, 2], masked));
    case "reserved bits":
      return breaks(1002, frame(0xb9, [], masked));
    case "fragmented ping":
      return breaks(1002, frame(0x09, [1], masked));
    case "long ping":
      return breaks(1002, long(0x89, 126, 0, 126));
    case "wrong masking":
      // A server takes both where clients need not mask.
      return wrong === masked ? breaks(1002, frame(0x83, [], masked)) : breaks(1002, frame(0x89, [], wrong));
    case "Close of one byte":
      return breaks(1002, frame(0x88, [3], masked));
    case "Close with 1005":
      return breaks(1002, frame(0x88, [3, 0xed], masked));
    case "Close with bad text":
      return breaks(1007, frame(0x88, [3, 0xe8, 0xff], masked));
    case "negative length":
      return breaks(1002, long(data, 127, 0x80, 0, 0, 0, 0, 0, 0, 0));
    case "long length":
      return breaks(1002, long(data, 126, 0, 5));
    case "huge frame":
      return breaks(1009, long(data, 127, 0, 0, 1, 0, 0, 0, 0, 0));
    case "out of turn":
      return breaks(1002, frame(inMessage ? 0x82 : 0x80, [], masked));
    case "bad text":
      return inMessage ? breaks(1002, frame(0x81, [], masked)) : breaks(1007, frame(0x81, [0xff], masked));
    case "noise":
      return breaks(
        1002,
        // The first byte has reserved bits set; the rest does not matter.
        [0x70, ...Array.from({ length: 40 }, (_, i) => (i * 37 + 11) & 255)],
      );
  }
}

/** Replacements for the head of a request or an answer. */
export type BrokenHead = "noise" | "endless" | "wrongAccept" | "noUpgrade";

export function brokenHead(way: BrokenHead, head: Uint8Array): Uint8Array<ArrayBuffer> {
  const text = String.fromCharCode(...head);
  switch (way) {
    case "noise":
      return encoder.encode("\u0001\u0002 noise\r\n\r\n");
    case "endless":
      return encoder.encode(text.replace("\r\n", `\r\nx-endless: ${"a".repeat(20_000)}\r\n`));
    case "wrongAccept":
      return encoder.encode(text.replace(/(Sec-WebSocket-(Accept|Key): ).*/i, "$1AAAA"));
    case "noUpgrade":
      return encoder.encode(text.replace(/\r\nUpgrade: websocket/i, ""));
  }
}

const encoder = new TextEncoder();
