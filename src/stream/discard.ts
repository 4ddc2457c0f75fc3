/** The end of a transport that nobody has taken, so that its other end does not wait. */
import type { ByteTransport } from "../transports/byteTransport.ts";
import { ignore } from "../transports/ignore.ts";
import { closeTransport } from "./driver.ts";

/**
 * Gives the transport up, both ways, unless somebody else uses one of its streams. Does not throw: what one member of the
 * transport throws, or rejects with, keeps nothing from the others.
 */
export function discard(transport: ByteTransport, reason: unknown): void {
  const isLocked = (stream: () => { readonly locked: boolean }): boolean => attemptTo(() => stream().locked) === true;
  if (isLocked(() => transport.readable) || isLocked(() => transport.writable)) return;
  attemptTo(() => void transport.readable.cancel(reason).catch(ignore));
  attemptTo(() => void transport.writable.abort(reason).catch(ignore));
  attemptTo(() => void Promise.resolve(transport.closed).catch(ignore));
  closeTransport(transport);
}

function attemptTo<Result>(step: () => Result): Result | undefined {
  try {
    return step();
  } catch {
    return undefined;
  }
}
