/** The fast paths for short messages. A connection uses them only if they are passed to it. */
import type { ByteQueue } from "../byteQueue.ts";
import type { OutputQueue } from "../outputQueue.ts";
import { TextRuns } from "./textRuns.ts";
import { WholeMessages } from "./wholeMessages.ts";

/** The type of {@link fastPaths}. */
export interface FastPaths {
  /** @internal */
  read(input: ByteQueue, mask: number, limit: number): WholeMessages;
  /** @internal */
  write(output: OutputQueue, masks: boolean): TextRuns;
}

/**
 * Reads and writes short messages several times as fast. Pass it as the option `fastPaths` of a `ClientConnection`.
 *
 * @example
 * ```ts
 * import { ClientConnection, fastPaths } from "websocket-over";
 *
 * const client = new ClientConnection({ handshake: "none", masking: false, fastPaths });
 * client.receiveBytes(Uint8Array.of(0x81, 0x02, 0x68, 0x69));
 * for (const event of client.events()) if (event.type === "textReceived") console.log(event.data); // → hi
 * ```
 */
export const fastPaths: FastPaths = {
  read: (input, mask, limit) => new WholeMessages(input, mask, limit),
  write: (output, masks) => new TextRuns(output, masks),
};
