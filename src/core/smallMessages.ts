/**
 * A short binary message that lies whole in the chunk, read in one step. It says nothing that `MessageReader` does not
 * say of the same bytes; it only takes the way that most messages take without setting down each part on the way, which
 * makes it twice as fast. Whatever is not as plain as that is left, untouched, to the long way.
 */
import type { ByteQueue } from "./byteQueue.ts";
import type { BytesReceived } from "./events.ts";
import { applyMask, readKey } from "./mask.ts";
import { FIN, LENGTH_16, MASK, Opcode } from "./opcodes.ts";

const WHOLE_BINARY = FIN | Opcode.BINARY;

/** The next message, if it is plain and at most `limit` bytes long. `mask` is the MASK bit that its frame must have. */
export function readSmallMessage(input: ByteQueue, mask: number, limit: number): BytesReceived | undefined {
  const { chunk, position } = input;
  // Beyond the end there is 0 or nothing, which fails the comparison.
  if (chunk[position] !== WHOLE_BINARY) return undefined;
  const second = chunk[position + 1]!;
  const length = second ^ mask;
  if (!(length < LENGTH_16) || length > limit) return undefined;
  const start = mask === MASK ? position + 6 : position + 2;
  const end = start + length;
  if (end > input.end) return undefined;
  if (mask === MASK) applyMask(chunk, input.words, start, end, readKey(chunk, position + 2), 0);
  input.position = end;
  const data = new Uint8Array(input.buffer, input.base + start, length);
  return { type: "bytesReceived", data, frameFinished: true, messageFinished: true };
}
