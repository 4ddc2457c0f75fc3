/** The messages of a stream, read frame by frame with a reference inflater, up to the first error. */
import { plainInflate, type BrokenInput } from "../support/plainInflate.ts";
import { hex, join, type Bytes } from "../support/wire.ts";
import { split, type Frame } from "./frames.ts";
import { tell } from "./verdict.ts";

export interface Reference {
  readonly messages: readonly string[];
  /** Whether a compressed message had a final block (RFC 7692 §7.2.3.4), also one that is not finished. */
  readonly finalBlock: boolean;
}

const WINDOW = 32_768;

/** As a client reads them, with permessage-deflate. */
export function referenceOf(bytes: Bytes, takeover: boolean, maxMessageBytes: number): Reference {
  const messages: string[] = [];
  let finalBlock = false;
  let parts: Bytes[] | undefined;
  let opcode = 0;
  let compressed = false;
  let history: Bytes = new Uint8Array(0);
  /** Of a message that does not end, or is not as it should be, too. */
  const inflate = (message: Bytes): Bytes | undefined => {
    try {
      const inflated = plainInflate(message, history, WINDOW);
      finalBlock ||= inflated.finalBlocks > 0;
      return inflated.bytes;
    } catch (error) {
      finalBlock ||= (error as BrokenInput).finalBlocks > 0;
      return undefined;
    }
  };
  for (const frame of split(bytes).frames) {
    const kind = frame.first & 0x0f;
    if (!isInOrder(frame, maxMessageBytes) || kind === 8) break;
    if (kind > 8) {
      if (frame.first !== (0x80 | kind) || frame.payload.length > 125) break;
      continue;
    }
    if ((kind === 0) !== (parts !== undefined) || (kind === 0 && (frame.first & 0x40) !== 0)) break;
    if (kind !== 0) {
      opcode = kind;
      compressed = (frame.first & 0x40) !== 0;
      parts = [];
    }
    parts!.push(frame.payload);
    if (frame.first < 0x80) continue;
    let message = join(...parts!);
    parts = undefined;
    if (compressed) {
      if (message.length === 0) break;
      const inflated = inflate(join(message, hex("00 00 ff ff")));
      if (inflated === undefined) break;
      message = inflated;
      if (takeover) history = join(history, message).slice(-WINDOW);
    }
    if (message.length > maxMessageBytes) break;
    try {
      const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
      messages.push(opcode === 1 ? tell("text", text.decode(message)) : tell("binary", message));
    } catch {
      break;
    }
  }
  if (parts !== undefined && compressed) inflate(join(...parts));
  return { messages, finalBlock };
}

function isInOrder({ first, masked, wide, claimed, payload }: Frame, limit: number): boolean {
  const minimal = wide === 0 || (wide === 2 && claimed > 125n) || (wide === 8 && claimed > 0xffffn);
  const known = [0, 1, 2, 8, 9, 10].includes(first & 0x0f) && (first & 0x30) === 0;
  return !masked && minimal && known && claimed === BigInt(payload.length) && payload.length <= limit;
}
