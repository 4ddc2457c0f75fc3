/** Joins records into messages, with the control frames in between. */
import { concat, type Bytes } from "../../core/bytes.ts";
import { Opcode } from "../../core/opcodes.ts";
import { advice, refuse } from "../../core/options.ts";
import { contentOf, type FrameRecord, type TraceRecord } from "../record.ts";
import type { Role } from "../role.ts";

/**
 * A message, or a control frame.
 *
 * @see {@link messagesOf}
 */
export interface Message {
  readonly sender: Role;
  /** The opcode of the first frame: 1 is text, 2 is binary. */
  readonly opcode: number;
  /** The bytes kept, decoded and unmasked. */
  readonly content: Bytes;
  /** Length in bytes; if it could not be decoded, the length on the wire. */
  readonly length: number;
  /** Whether its last frame has arrived. Stays false for a message that was broken off. */
  readonly complete: boolean;
  /** When its last byte arrived, in milliseconds of the trace's clock. */
  readonly timeMs: number;
  readonly frames: readonly FrameRecord[];
}

/**
 * The messages in the order in which their last bytes arrived.
 *
 * @example
 * ```ts
 * import { decode, messagesOf } from "websocket-over/inspect";
 *
 * const fragments = Uint8Array.of(0x01, 0x01, 0x68, 0x80, 0x01, 0x69);
 * for (const { sender, content, frames } of messagesOf(decode({ server: fragments }))) {
 *   console.log(sender, new TextDecoder().decode(content), frames.length); // → server hi 2
 * }
 * ```
 */
export function messagesOf(records: readonly TraceRecord[]): Message[] {
  const isArray: boolean = Array.isArray(records);
  if (!isArray) refuse("messagesOf() takes an array of records", records, advice({ records: "give it its records" }));
  const messages: Message[] = [];
  const open = new Map<Role, FrameRecord[]>();
  const close = (sender: Role, complete: boolean): void => {
    const frames = open.get(sender);
    open.delete(sender);
    if (frames !== undefined) messages.push(join(frames, complete));
  };
  for (const record of records) {
    if (record.kind !== "frame") continue;
    const { sender, fin, complete } = record;
    if (record.messageNumber === undefined) {
      messages.push(join([record], complete));
      continue;
    }
    const frames = open.get(sender);
    if (frames !== undefined && frames[0]!.messageNumber !== record.messageNumber) close(sender, false);
    const going = open.get(sender);
    if (going === undefined) open.set(sender, [record]);
    else going.push(record);
    if (fin && complete) close(sender, true);
  }
  close("client", false);
  close("server", false);
  return messages.sort((a, b) => a.timeMs - b.timeMs);
}

function join(frames: readonly FrameRecord[], complete: boolean): Message {
  const [first] = frames as [FrameRecord, ...FrameRecord[]];
  const { sender, messageType } = first;
  return {
    sender,
    opcode: messageType === undefined ? first.opcode : messageType === "text" ? Opcode.TEXT : Opcode.BINARY,
    content: concat(frames.map(contentOf)),
    length: frames.reduce((sum, frame) => sum + (frame.inflatedLength ?? frame.payloadLength), 0),
    complete,
    timeMs: frames.at(-1)!.lastMs,
    frames,
  };
}
