/** What every face lets its caller give to a connection beside the protocol's options. */
import type { Connection } from "../connection/connection.ts";
import type { ConnectionOptions } from "../connection/options.ts";
import type { OptionTable } from "../core/options.ts";
import { clockTable, type ClockOption } from "./clock.ts";

export interface ConnectionHook {
  /**
   * Is given the connection before its first byte, and the options that it was made with: `tap` of `./inspect` takes
   * both. Whoever acts on the connection does so behind the back of what runs it. What it throws, the caller gets.
   */
  readonly onConnection?: ((connection: Connection, options: ConnectionOptions) => void) | undefined;
}

/** What makes and runs a connection, whatever its side. */
export interface RunOptions extends ConnectionHook, ClockOption {}

export const runTable: OptionTable<RunOptions> = { ...clockTable, onConnection: "a function" };
