/** The fast paths for short messages. A connection uses them only if they are passed to it. */
import type { ByteQueue } from "../byteQueue.ts";
import type { OutputQueue } from "../outputQueue.ts";
import { TextRuns } from "./textRuns.ts";
import { WholeMessages } from "./wholeMessages.ts";

export interface FastPaths {
  /** @internal */
  read(input: ByteQueue, mask: number, limit: number): WholeMessages;
  /** @internal */
  write(output: OutputQueue, masks: boolean): TextRuns;
}

/** Reads and writes short messages several times as fast. Pass it as the option `fastPaths` of a `ClientConnection`. */
export const fastPaths: FastPaths = {
  read: (input, mask, limit) => new WholeMessages(input, mask, limit),
  write: (output, masks) => new TextRuns(output, masks),
};
