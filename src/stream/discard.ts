/** The end of a transport that nobody has taken, so that its other end does not wait. */
import type { ByteTransport } from "../transports/byteTransport.ts";
import { closeTransport } from "./driver.ts";

/** Gives the transport up, both ways, unless somebody else uses one of its streams. Does not throw. */
export function discard(transport: ByteTransport, reason: unknown): void {
  try {
    if (transport.readable.locked || transport.writable.locked) return;
    transport.readable.cancel(reason).catch(ignore);
    transport.writable.abort(reason).catch(ignore);
  } catch {
    // What is no transport has nothing to end.
    return;
  }
  try {
    Promise.resolve(transport.closed).catch(ignore);
  } catch {
    // It can't say when it has ended.
  }
  closeTransport(transport);
}

function ignore(): void {}
