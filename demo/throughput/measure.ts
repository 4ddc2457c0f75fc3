/** Measures how many bytes a second go over a line, message size by message size. */
import type { Contender, Line } from "./lines.ts";

export interface Measured {
  readonly contender: Contender;
  readonly messageBytes: number;
  /** Counted at the other end. */
  readonly bytesPerSecond: number;
}

export const messageSizes: readonly number[] = [64, 1024, 16 * 1024, 64 * 1024];

/** How long a size is sent, in milliseconds, after a tenth of that to warm up. */
const RUN_MS = 300;
/** How many small messages are sent between two looks at the clock. */
const BATCH_BYTES = 64 * 1024;

/** Yields each size when it has been measured. Throws where a line can't be opened, or breaks. */
export async function* measure(contender: Contender, signal: AbortSignal): AsyncGenerator<Measured, void> {
  const line = await contender.open();
  try {
    for (const messageBytes of messageSizes) {
      await send(line, messageBytes, RUN_MS / 10, signal);
      const before = await line.counted();
      const beganMs = performance.now();
      await send(line, messageBytes, RUN_MS, signal);
      const bytes = (await line.counted()) - before;
      const seconds = (performance.now() - beganMs) / 1000;
      signal.throwIfAborted();
      yield { contender, messageBytes, bytesPerSecond: bytes / seconds };
    }
  } finally {
    line.close();
  }
}

async function send(line: Line, messageBytes: number, forMs: number, signal: AbortSignal): Promise<void> {
  const message = new Uint8Array(messageBytes);
  const batch = Math.max(1, Math.min(256, Math.floor(BATCH_BYTES / messageBytes)));
  const endMs = performance.now() + forMs;
  while (performance.now() < endMs && !signal.aborted) {
    let last: Promise<void> | void = undefined;
    for (let sent = 0; sent < batch; sent++) {
      last = line.send(message);
      last?.catch(() => undefined); // what breaks a line fails the last one, too
    }
    await last;
  }
}
