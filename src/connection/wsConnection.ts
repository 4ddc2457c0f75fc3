/** Either end of a connection, chosen when it is made. */
import type { ConnectionRequested } from "../core/events.ts";
import { checkOptions } from "../core/options.ts";
import { fastPaths } from "../core/runs/fastPaths.ts";
import type { ParsedRequest, RejectOptions } from "../handshake/serverHandshake.ts";
import { ClientOpening } from "./clientOpening.ts";
import { Connection } from "./connection.ts";
import {
  clientTable,
  type AcceptOptions,
  type ClientOptions,
  type ConnectionType,
  type ServerOptions,
  type SharedOptions,
} from "./options.ts";
import { ServerOpening } from "./serverOpening.ts";

/**
 * One end of a WebSocket connection. Touches no network and no clock: give it what came with {@link receiveBytes}, pull
 * {@link events}, and send what {@link bytesToSend} returns.
 *
 * @example
 * ```ts
 * import { WSConnection } from "websocket-over";
 *
 * const client = new WSConnection("client", { host: "example.com", resource: "/chat" });
 * const server = new WSConnection("server");
 * server.receiveBytes(client.bytesToSend()); // over whatever network there is
 * for (const event of server.events()) if (event.type === "connectionRequested") server.accept(event);
 * client.receiveBytes(server.bytesToSend());
 * for (const event of client.events()) if (event.type === "connectionEstablished") client.sendData("hello");
 * server.receiveBytes(client.bytesToSend());
 * for (const event of server.events()) if (event.type === "textReceived") console.log(event.data); // → hello
 * ```
 */
export class WSConnection extends Connection {
  /** A client queues its request at once. `TypeError` or `RangeError` for invalid options. */
  constructor(type: "client", options?: ClientOptions);
  constructor(type: "server", options?: ServerOptions);
  constructor(type: ConnectionType, options?: SharedOptions);
  constructor(type: ConnectionType, given: SharedOptions = {}) {
    if (type !== "client" && type !== "server") {
      throw new TypeError(`new WSConnection() takes "client" or "server", not ${String(type)}`);
    }
    const options = checkOptions("new WSConnection()", given, clientTable);
    super(
      type,
      options,
      (connection) =>
        type === "client" ? new ClientOpening(connection, options) : new ServerOpening(connection, options),
      fastPaths,
    );
  }

  /** Server: as {@link ServerConnection.receiveRequest}. A client throws a `LocalProtocolError`. */
  receiveRequest(request: ParsedRequest): void {
    ServerOpening.of(this, "accept").receiveRequest(request);
  }

  /** Server: as {@link ServerConnection.accept}. A client throws a `LocalProtocolError`. */
  accept(request: ConnectionRequested, options: AcceptOptions = {}): void {
    ServerOpening.of(this, "accept").accept(request, options);
  }

  /** Server: as {@link ServerConnection.reject}. A client throws a `LocalProtocolError`. */
  reject(request: ConnectionRequested, options: RejectOptions = {}): void {
    ServerOpening.of(this, "reject").reject(request, options);
  }

  /** Server: as {@link ServerConnection.sendRejectionData}. A client throws a `LocalProtocolError`. */
  sendRejectionData(data: string | BufferSource, finished = false): void {
    ServerOpening.of(this, "sendRejectionData").sendRejectionData(data, finished);
  }
}
