/** Frames that break a rule, with the name of the violation and its section. */
import { rules, type Role, type Rule } from "../../src/inspect/index.ts";
import { plainFrame, type FrameSpec } from "./frameSpec.ts";

export interface Preset {
  readonly name: string;
  readonly clause: string;
  readonly from: Role;
  /** Whether to negotiate permessage-deflate. */
  readonly compression: boolean;
  readonly frames: readonly FrameSpec[];
}

const frame = (change: Partial<FrameSpec>): FrameSpec => ({ ...plainFrame, ...change });

function preset(
  name: string,
  /** The broken rule, or its section if it is a rule of an extension. */
  rule: Rule | string,
  frames: Partial<FrameSpec>[],
  options: Partial<Pick<Preset, "from" | "compression">> = {},
): Preset {
  const { from = "client", compression = false } = options;
  const all = frames.map((change) => frame({ mask: from === "client", ...change }));
  const clause = typeof rule === "string" ? rule : rule[1]!;
  return { name, clause, from, compression, frames: all };
}

const DEFLATE = { compression: true };

export const presets: readonly Preset[] = [
  preset("RSV1 without an extension", rules.RESERVED_BITS, [{ rsv1: true }]),
  preset("RSV2 and RSV3", rules.RESERVED_BITS, [{ rsv2: true, rsv3: true }]),
  preset("Reserved opcode, data", rules.RESERVED_OPCODE, [{ opcode: 3 }]),
  preset("Reserved opcode, control", rules.RESERVED_OPCODE, [{ opcode: 11 }]),
  preset("Unmasked frame from a client", rules.MASK_MISSING, [{ mask: false }]),
  preset("Masked frame from a server", rules.MASK_UNEXPECTED, [{ mask: true }], { from: "server" }),
  preset("Length of 5 in 16 bits", rules.LENGTH_NOT_MINIMAL, [{ lengthForm: 16 }]),
  preset("Length of 5 in 64 bits", rules.LENGTH_NOT_MINIMAL, [{ lengthForm: 64 }]),
  preset("Length with its highest bit set", rules.LENGTH_OF_64_BITS, [{ lengthForm: 64, length: String(1n << 63n) }]),
  preset("Frame of 4 GiB, announced", rules.FRAME_TOO_LARGE, [{ opcode: 2, length: String(1n << 32n) }]),
  preset("Ping of 126 bytes", rules.CONTROL_TOO_LONG, [{ opcode: 9, payload: "x".repeat(126) }]),
  preset("Ping in fragments", rules.CONTROL_FRAGMENTED, [{ opcode: 9, fin: false }]),
  preset("Text that is not UTF-8", rules.TEXT_INVALID, [{ payloadForm: "hex", payload: "48 69 c3 28" }]),
  preset("Text that ends in half a character", rules.TEXT_INVALID, [{ payloadForm: "hex", payload: "48 69 e2 82" }]),
  preset("Close with code 1005", rules.CLOSE_CODE_INVALID, [{ opcode: 8, payloadForm: "hex", payload: "03 ed" }]),
  preset("Close with half a code", rules.CLOSE_BODY_TOO_SHORT, [{ opcode: 8, payloadForm: "hex", payload: "03" }]),
  preset("Close with a reason that is not UTF-8", rules.CLOSE_REASON_INVALID, [
    { opcode: 8, payloadForm: "hex", payload: "03 e8 ff ff" },
  ]),
  preset("Continuation without a start", rules.CONTINUATION_WITHOUT_START, [{ opcode: 0 }]),
  preset("Message inside another one", rules.MESSAGE_INTERRUPTED, [{ fin: false }, { payload: "intruder" }]),
  preset("Compressed frame without the extension", rules.RESERVED_BITS, [{ rsv1: true, payloadForm: "deflated text" }]),
  preset("RSV1 on a ping", "RFC 7692 §6", [{ opcode: 9, rsv1: true }], DEFLATE),
  preset("RSV1 on a continuation", "RFC 7692 §6", [{ fin: false }, { opcode: 0, rsv1: true }], DEFLATE),
  preset(
    "Corrupt DEFLATE data",
    "RFC 7692 §7.2.2",
    [{ rsv1: true, payloadForm: "hex", payload: "ff ff ff ff" }],
    DEFLATE,
  ),
  preset(
    "Deflate bomb: 16 MiB in 16 KiB",
    rules.MESSAGE_TOO_LARGE,
    [{ opcode: 2, rsv1: true, payloadForm: "deflated zeros", payload: String(16 * 1024 * 1024) }],
    DEFLATE,
  ),
];
