/** A frame as the user wants it on the wire, valid or not: a field for every bit (RFC 6455 §5.2). */
import { WSConnection } from "../../src/index.ts";
import { permessageDeflate } from "../../src/deflate/index.ts";
import { decode, type FrameRecord } from "../../src/inspect/index.ts";
import { hex } from "../model/format.ts";
import { parseBytes } from "../model/readBytes.ts";

export type PayloadForm = "text" | "hex" | "deflated text" | "deflated zeros";

export interface FrameSpec {
  readonly fin: boolean;
  readonly rsv1: boolean;
  readonly rsv2: boolean;
  readonly rsv3: boolean;
  readonly opcode: number;
  readonly mask: boolean;
  /** The number of bits for the length; `auto` for the fewest. */
  readonly lengthForm: "auto" | 7 | 16 | 64;
  /** The stated length, in decimal; empty for the true one. */
  readonly length: string;
  /** Four bytes in hex. */
  readonly key: string;
  readonly payloadForm: PayloadForm;
  /** Text, hex, or the number of zeros. */
  readonly payload: string;
}

export const plainFrame: FrameSpec = {
  fin: true,
  rsv1: false,
  rsv2: false,
  rsv3: false,
  opcode: 1,
  mask: true,
  lengthForm: "auto",
  length: "",
  key: "37 fa 21 3d",
  payloadForm: "text",
  payload: "Hello",
};

/** Enough to inflate to more than the page's limit. */
const MAX_ZEROS = 64 * 1024 * 1024;

/** The bytes, or the error in a field. */
export function encodeSpec(spec: FrameSpec): Uint8Array<ArrayBuffer> | string {
  const payload = payloadOf(spec);
  if (typeof payload === "string") return payload;
  const key = parseBytes(spec.key);
  if (spec.mask && (typeof key === "string" || key.length !== 4)) return "A masking key is four bytes in hex.";
  if (!/^\d*$/.test(spec.length)) return "A length is a number of bytes.";
  const stated = spec.length === "" ? BigInt(payload.length) : BigInt(spec.length);
  const form = spec.lengthForm === "auto" ? leastForm(stated) : spec.lengthForm;
  if (form === 7 && stated > 127n) return `${stated} does not fit into 7 bits.`;
  if (stated >= 1n << BigInt(form)) return `${stated} does not fit into ${form} bits.`;
  const flags = [spec.fin, spec.rsv1, spec.rsv2, spec.rsv3].map((bit, index) => (bit ? 0x80 >> index : 0));
  const first = flags.reduce((sum, bit) => sum | bit, spec.opcode & 15);
  const second = (spec.mask ? 0x80 : 0) | (form === 7 ? Number(stated) : form === 16 ? 126 : 127);
  const extended = Array.from({ length: form === 7 ? 0 : form / 8 }, (_, index) =>
    Number((stated >> BigInt(form - 8 - 8 * index)) & 0xffn),
  );
  const keyBytes = spec.mask ? (key as Uint8Array) : new Uint8Array(0);
  const body = spec.mask ? payload.map((byte, index) => byte ^ keyBytes[index & 3]!) : payload;
  return Uint8Array.from([first, second, ...extended, ...keyBytes, ...body]);
}

function leastForm(length: bigint): 7 | 16 | 64 {
  return length < 126n ? 7 : length < 65_536n ? 16 : 64;
}

function payloadOf({ payloadForm, payload }: FrameSpec): Uint8Array<ArrayBuffer> | string {
  switch (payloadForm) {
    case "text":
      return new TextEncoder().encode(payload);
    case "hex":
      return parseBytes(payload);
    case "deflated text":
      return deflated(new TextEncoder().encode(payload));
    case "deflated zeros": {
      const count = Number(payload);
      if (!(Number.isInteger(count) && count >= 0 && count <= MAX_ZEROS)) {
        return `The number of zeros must be at most ${MAX_ZEROS.toLocaleString("en")}.`;
      }
      return deflated(new Uint8Array(count));
    }
  }
}

/** The frame as a connection with permessage-deflate would send it. */
function deflated(data: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const extensions = [permessageDeflate()];
  const sender = new WSConnection("server", { handshake: "none", extensions });
  sender.sendData(data, true, { compress: true });
  const server = sender.bytesToSend();
  const [record] = decode({ server }, { handshake: "none", maxPayloadBytes: server.length });
  return record?.kind === "frame" ? record.payload : new Uint8Array(0);
}

/** A captured frame, ready to be changed. Its payload is text if it can be. */
export function specOf(frame: FrameRecord): FrameSpec {
  const { fin, rsv, opcode, masked, lengthForm, payload, payloadLength, maskingKey, messageType } = frame;
  const text = messageType === "text" && rsv === 0 ? readText(payload) : undefined;
  return {
    fin,
    rsv1: (rsv & 4) !== 0,
    rsv2: (rsv & 2) !== 0,
    rsv3: (rsv & 1) !== 0,
    opcode,
    mask: masked,
    lengthForm: lengthForm === leastForm(BigInt(payloadLength)) ? "auto" : lengthForm,
    length: "",
    key: maskingKey === undefined ? plainFrame.key : hex(maskingKey),
    payloadForm: text === undefined ? "hex" : "text",
    payload: text ?? hex(payload),
  };
}

function readText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
