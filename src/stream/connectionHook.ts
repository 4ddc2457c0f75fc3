/** Options of every face that are not the protocol's. */
import type { Connection } from "../connection/connection.ts";
import type { ConnectionOptions } from "../connection/options.ts";
import type { OptionTable } from "../core/options.ts";
import { clockTable, type ClockOption } from "./clock.ts";

/**
 * An option of {@link connect}, {@link accept}, {@link serve} and the other users of a transport.
 *
 * @example
 * ```ts
 * import { tap, type Trace } from "websocket-over/inspect";
 * import { pipe } from "websocket-over/pipe";
 * import { accept, connect } from "websocket-over/stream";
 *
 * let trace: Trace | undefined;
 * const [near, far] = pipe();
 * void accept(far).then((request) => request.accept());
 * const session = await connect(near, { onConnection: (connection) => (trace = tap(connection)) });
 * await session.close();
 * console.log(trace?.records.map(({ kind, sender }) => `${sender} ${kind}`).join()); // → client head,server head,client frame,server frame
 * ```
 */
export interface ConnectionHook {
  /**
   * Called with the connection before its first byte, and with the options it was made with. `tap` of `./inspect` takes
   * both. If you act on the connection, whatever runs it does not notice. If the callback throws, the caller gets the
   * error.
   */
  readonly onConnection?: ((connection: Connection, options: ConnectionOptions) => void) | undefined;
}

/** Options for making and running a connection on either side. */
export interface RunOptions extends ConnectionHook, ClockOption {}

export const runTable: OptionTable<RunOptions> = { ...clockTable, onConnection: "a function" };
