/** The client's end of a connection. */
import { checkOptions, type OptionTable } from "../core/options.ts";
import type { FastPaths } from "../core/runs/fastPaths.ts";
import { ClientOpening } from "./clientOpening.ts";
import { Connection } from "./connection.ts";
import { clientTable, type ClientOptions } from "./options.ts";

export interface ClientConnectionOptions extends ClientOptions {
  /**
   * Reads and writes short messages several times as fast, and adds 1.8 kB to a bundle. Servers, the faces and every
   * `WSConnection` always use it.
   */
  readonly fastPaths?: FastPaths | undefined;
}

const table: OptionTable<ClientConnectionOptions> = { ...clientTable, fastPaths: "{ read, write }" };

/**
 * The client's end of a connection; see {@link WSConnection}. A bundle that uses only this class has no server code.
 */
export class ClientConnection extends Connection {
  declare readonly type: "client";

  /** Queues the request immediately. Throws `TypeError` or `RangeError` if an option is invalid. */
  constructor(given: ClientConnectionOptions) {
    const options = checkOptions("new ClientConnection()", given, table);
    super("client", options, (connection) => new ClientOpening(connection, options), options.fastPaths);
  }
}
