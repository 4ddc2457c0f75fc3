/** The client's end of a connection. */
import { checkOptions, type OptionTable } from "../core/options.ts";
import type { FastPaths } from "../core/runs/fastPaths.ts";
import { ClientOpening } from "./clientOpening.ts";
import { Connection } from "./connection.ts";
import { clientTable, type ClientOptions } from "./options.ts";

export interface ClientConnectionOptions extends ClientOptions {
  /**
   * Pass `fastPaths` to read and write short messages several times as fast, for 1.8 kB more in a bundle. Servers, every
   * `WSConnection` and the faces have them anyway.
   */
  readonly fastPaths?: FastPaths;
}

const table: OptionTable<ClientConnectionOptions> = { ...clientTable, fastPaths: "{ read, write }" };

/**
 * The client's end of a WebSocket connection, as {@link WSConnection} describes it. A bundle that uses this class alone has
 * none of a server's code.
 */
export class ClientConnection extends Connection {
  declare readonly type: "client";

  /** Queues the request at once. `TypeError` or `RangeError` for invalid options. */
  constructor(given: ClientConnectionOptions) {
    const options = checkOptions("new ClientConnection()", given, table);
    super("client", options, (connection) => new ClientOpening(connection, options), options.fastPaths);
  }
}
