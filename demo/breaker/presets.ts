/** Frames that break a rule, each a violation with its name and its clause. */
import type { Role } from "../../src/inspect/index.ts";
import { plainFrame, type FrameSpec } from "./frameSpec.ts";

export interface Preset {
  readonly name: string;
  readonly clause: string;
  readonly from: Role;
  /** Whether permessage-deflate is to be agreed on. */
  readonly compression: boolean;
  readonly frames: readonly FrameSpec[];
}

const frame = (change: Partial<FrameSpec>): FrameSpec => ({ ...plainFrame, ...change });

function preset(
  name: string,
  clause: string,
  frames: Partial<FrameSpec>[],
  options: Partial<Pick<Preset, "from" | "compression">> = {},
): Preset {
  const { from = "client", compression = false } = options;
  const all = frames.map((change) => frame({ mask: from === "client", ...change }));
  return { name, clause, from, compression, frames: all };
}

const DEFLATE = { compression: true };

export const presets: readonly Preset[] = [
  preset("RSV1 without an extension", "RFC 6455 §5.2", [{ rsv1: true }]),
  preset("RSV2 and RSV3", "RFC 6455 §5.2", [{ rsv2: true, rsv3: true }]),
  preset("Reserved opcode, data", "RFC 6455 §5.2", [{ opcode: 3 }]),
  preset("Reserved opcode, control", "RFC 6455 §5.2", [{ opcode: 11 }]),
  preset("Unmasked frame of a client", "RFC 6455 §5.1", [{ mask: false }]),
  preset("Masked frame of a server", "RFC 6455 §5.1", [{ mask: true }], { from: "server" }),
  preset("Length of 5 in 16 bits", "RFC 6455 §5.2", [{ lengthForm: 16 }]),
  preset("Length of 5 in 64 bits", "RFC 6455 §5.2", [{ lengthForm: 64 }]),
  preset("Length with its highest bit set", "RFC 6455 §5.2", [{ lengthForm: 64, length: String(1n << 63n) }]),
  preset("Frame of 4 GiB, announced", "RFC 6455 §10.4", [{ opcode: 2, length: String(1n << 32n) }]),
  preset("Ping of 126 bytes", "RFC 6455 §5.5", [{ opcode: 9, payload: "x".repeat(126) }]),
  preset("Ping in fragments", "RFC 6455 §5.5", [{ opcode: 9, fin: false }]),
  preset("Text that is not UTF-8", "RFC 6455 §8.1", [{ payloadForm: "hex", payload: "48 69 c3 28" }]),
  preset("Text that ends in half a character", "RFC 6455 §8.1", [{ payloadForm: "hex", payload: "48 69 e2 82" }]),
  preset("Close with code 1005", "RFC 6455 §7.4", [{ opcode: 8, payloadForm: "hex", payload: "03 ed" }]),
  preset("Close with half a code", "RFC 6455 §5.5.1", [{ opcode: 8, payloadForm: "hex", payload: "03" }]),
  preset("Close with a reason that is not UTF-8", "RFC 6455 §8.1", [
    { opcode: 8, payloadForm: "hex", payload: "03 e8 ff ff" },
  ]),
  preset("Continuation without a start", "RFC 6455 §5.4", [{ opcode: 0 }]),
  preset("Message amid another one", "RFC 6455 §5.4", [{ fin: false }, { payload: "intruder" }]),
  preset("Compressed frame that was not agreed on", "RFC 6455 §5.2", [{ rsv1: true, payloadForm: "deflated text" }]),
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
    "RFC 6455 §10.4",
    [{ opcode: 2, rsv1: true, payloadForm: "deflated zeros", payload: String(16 * 1024 * 1024) }],
    DEFLATE,
  ),
];
