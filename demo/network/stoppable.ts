/** A transport whose reader can be stopped: incoming bytes then wait, and finally the sender. */
import type { ByteTransport } from "../../src/transports/pipe.ts";
import { Slices } from "../model/task.ts";

export interface Stoppable {
  readonly transport: ByteTransport;
  readonly setReading: (reads: boolean) => void;
}

/** `wrote` is called whenever a write starts or ends. */
export function stoppable(transport: ByteTransport, wrote: () => void): Stoppable {
  const reader = transport.readable.getReader();
  const writer = transport.writable.getWriter();
  // What has gathered in the transport comes at once otherwise: thousands of small chunks would hold the page.
  const slices = new Slices();
  let isReading = true;
  let allowed: Promise<void> = Promise.resolve();
  let allow = (): void => {};

  const readable = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        await slices.next();
        await allowed;
        const { value } = await reader.read();
        await allowed; // it may have been stopped in the meantime
        if (value === undefined) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  const writable = new WritableStream<Uint8Array<ArrayBuffer>>({
    async write(chunk) {
      wrote();
      await writer.write(chunk);
      wrote();
    },
    close: () => writer.close(),
    abort: (reason) => writer.abort(reason),
  });
  return {
    transport: { ...transport, readable, writable },
    setReading(reads) {
      if (reads === isReading) return;
      isReading = reads;
      if (reads) allow();
      else allowed = new Promise((resolve) => (allow = resolve));
    },
  };
}
