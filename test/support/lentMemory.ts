/** Byte streams like the platform's: they read into the reader's memory, and overwrite what was there. */
import type { ByteTransport } from "../../src/transports/byteTransport.ts";

/** The same transport, read that way. `lent` is called with the length of each piece of memory. */
export function lentMemory(transport: ByteTransport, lent: (bytes: number) => void = () => undefined): ByteTransport {
  const reader = transport.readable.getReader();
  let left = new Uint8Array(0);
  const readable = new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const request = controller.byobRequest;
      if (request !== null) {
        lent(request.view!.byteLength);
        new Uint8Array(request.view!.buffer).fill(0xee);
      }
      while (left.length === 0) {
        const { done, value } = await reader.read();
        if (done) {
          controller.close();
          controller.byobRequest?.respond(0);
          return;
        }
        left = new Uint8Array(value);
      }
      const now = controller.byobRequest;
      if (now === null) {
        controller.enqueue(left.slice());
        left = new Uint8Array(0);
        return;
      }
      const view = new Uint8Array(now.view!.buffer, now.view!.byteOffset, now.view!.byteLength);
      const part = left.subarray(0, view.length);
      left = left.subarray(part.length);
      view.set(part);
      now.respond(part.length);
    },
    cancel: (reason: unknown) => reader.cancel(reason),
  });
  const { writable, closed } = transport;
  return { readable, writable, ...(closed !== undefined && { closed }), close: () => transport.close?.() };
}
