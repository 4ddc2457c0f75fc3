/** The end of a transport that nobody has taken, so that its other end does not wait. */
import type { ByteTransport } from "../transports/byteTransport.ts";

/** Gives the transport up, both ways. Does not throw. */
export function discard(transport: ByteTransport, reason: unknown): void {
  transport.readable.cancel(reason).catch(ignore);
  transport.writable.abort(reason).catch(ignore);
  try {
    transport.close?.();
  } catch {
    // It has ended already: some transports say so.
  }
}

function ignore(): void {}
