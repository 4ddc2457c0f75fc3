/** The client's end of a connection. */
import { checkOptions, type OptionTable } from "../core/options.ts";
import type { FastPaths } from "../core/runs/fastPaths.ts";
import { ClientOpening } from "./clientOpening.ts";
import { Connection } from "./connection.ts";
import { clientTable, type ClientOptions } from "./options.ts";

/** The options of a {@link ClientConnection}. */
export interface ClientConnectionOptions extends ClientOptions {
  /**
   * Reads and writes short messages several times as fast, and adds 1.8 kB to a bundle. Servers, the faces and every
   * `WSConnection` always use it.
   */
  readonly fastPaths?: FastPaths | undefined;
}

const table: OptionTable<ClientConnectionOptions> = { ...clientTable, fastPaths: "{ read, write }" };

/**
 * The client's end of a connection. A bundle that uses only this class has no server code.
 *
 * @see {@link WSConnection}
 *
 * @example
 * ```ts
 * import { ClientConnection } from "websocket-over";
 *
 * const client = new ClientConnection({ host: "example.com", resource: "/chat", subprotocols: ["chat.v1"] });
 * const request = new TextDecoder().decode(client.bytesToSend());
 * console.log(request.split("\r\n")[0]); // → GET /chat HTTP/1.1
 * console.log(client.state); // → connecting
 * client.receiveBytes(null); // the network is gone
 * for (const event of client.events()) if (event.type === "connectionClosed") console.log(event.code); // → 1006
 * ```
 */
export class ClientConnection extends Connection {
  declare readonly type: "client";

  /** Queues the request immediately. Throws `TypeError` or `RangeError` if an option is invalid. */
  constructor(given: ClientConnectionOptions) {
    const options = checkOptions("new ClientConnection()", given, table);
    super("client", options, (connection) => new ClientOpening(connection, options), options.fastPaths);
  }
}
