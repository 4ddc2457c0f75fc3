/** Messages from one session to another. */
import type { WebSocketSession } from "../../src/stream/index.ts";
import type { Side } from "./measure.ts";

/** One run sends the message `count` times, as fast as the receiver reads. */
export function oneWay(
  sender: WebSocketSession,
  receiver: WebSocketSession,
  message: Uint8Array<ArrayBuffer>,
  count: number,
): Side {
  const reader = receiver.readable.getReader();
  const writer = sender.writable.getWriter();
  return {
    async run() {
      const reading = (async () => {
        for (let i = 0; i < count; i++) await reader.read();
      })();
      for (let i = 0; i < count; i++) await writer.write(message);
      await reading;
      return count;
    },
  };
}
