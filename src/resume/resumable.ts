/** The client's end: dials carriers for one session. */
import { requireKind } from "../core/options.ts";
import { resolveOptions, resumeTable, type ResumeOptions } from "./options.ts";
import { SessionMachine } from "./sessionMachine.ts";
import { SessionTransport, type DialCarrier, type ResumableTransport } from "./sessionTransport.ts";

interface Platform {
  addEventListener?(type: "online", listener: () => void): void;
  removeEventListener?(type: "online", listener: () => void): void;
}

/**
 * Makes a byte transport that goes on when its carrier is lost. It dials at once, and again whenever the carrier ends,
 * fails or stalls, with growing waits and at once when the browser is online again. Each carrier may be of another kind.
 * The other end must use {@link resumed}. Both ends keep what has not been taken by the reader at the other end, and
 * send exactly the missing bytes over the next carrier.
 *
 * `dial` gets a signal that is aborted when its carrier is not needed any more. Throws `TypeError` or `RangeError` if an
 * argument is invalid.
 *
 * @example
 * ```ts
 * import { resumable, resumed } from "websocket-over/resume";
 * import { pipe } from "websocket-over/pipe";
 *
 * const [near, far] = pipe();
 * const client = resumable(() => near);
 * for await (const server of resumed([far])) {
 *   void client.writable.getWriter().write(Uint8Array.of(1, 2, 3));
 *   const { value } = await server.readable.getReader().read();
 *   console.log(value?.join()); // → 1,2,3
 *   client.close();
 *   server.close();
 * }
 * ```
 */
export function resumable(dial: DialCarrier, options: ResumeOptions = {}): ResumableTransport {
  requireKind("resumable() takes a dial,", dial, "a function");
  const resolved = resolveOptions("resumable()", options, resumeTable);
  resolved.signal?.throwIfAborted();
  const platform = globalThis as Platform;
  const machine = new SessionMachine({ role: "client", ...resolved });
  const online = (): void => session.handle({ type: "online" });
  const session = new SessionTransport(machine, resolved, {
    dial,
    forgotten: () => platform.removeEventListener?.("online", online),
  });
  platform.addEventListener?.("online", online);
  session.handle({ type: "begin" });
  return session.transport;
}
