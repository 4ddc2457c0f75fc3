/** The client's end of a connection. */
import { ClientOpening } from "./clientOpening.ts";
import { Connection } from "./connection.ts";
import type { ClientOptions } from "./options.ts";

/**
 * The client's end of a WebSocket connection, as {@link WSConnection} describes it. A bundle that uses this class alone has
 * none of a server's code.
 */
export class ClientConnection extends Connection {
  declare readonly type: "client";

  /** Queues the request at once. `TypeError` or `RangeError` for invalid options. */
  constructor(options: ClientOptions) {
    super("client", options, (connection) => new ClientOpening(connection, options), options.fastPaths);
  }
}
