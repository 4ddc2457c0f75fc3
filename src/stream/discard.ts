/** Ends transports that nobody uses, so that the other end does not wait. */
import type { ByteTransport } from "../transports/byteTransport.ts";
import { ignore } from "../transports/ignore.ts";
import { closeTransport } from "./driver.ts";

/**
 * Ends a transport in both directions, unless one of its streams is locked. Never throws: if one member of the
 * transport throws or rejects, the others are still ended.
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
