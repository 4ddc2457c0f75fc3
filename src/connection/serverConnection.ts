/** The server's end of a connection. */
import type { ConnectionRequested } from "../core/events.ts";
import { checkOptions } from "../core/options.ts";
import { fastPaths } from "../core/runs/fastPaths.ts";
import type { ParsedRequest, RejectOptions } from "../handshake/serverHandshake.ts";
import { Connection } from "./connection.ts";
import { sharedTable, type AcceptOptions, type ServerOptions } from "./options.ts";
import { ServerOpening } from "./serverOpening.ts";

/**
 * The server's end of a connection. A bundle that uses only this class has no client code.
 *
 * @see {@link WSConnection}
 *
 * @example
 * ```ts
 * import { ClientConnection, ServerConnection } from "websocket-over";
 *
 * const client = new ClientConnection({ host: "example.com", resource: "/chat" });
 * const server = new ServerConnection();
 * server.receiveBytes(client.bytesToSend());
 * for (const event of server.events()) {
 *   if (event.type === "connectionRequested") server.reject(event, { status: 404 });
 * }
 * console.log(new TextDecoder().decode(server.bytesToSend()).split("\r\n")[0]); // → HTTP/1.1 404 Not Found
 * ```
 */
export class ServerConnection extends Connection {
  declare readonly type: "server";

  /** Throws `TypeError` or `RangeError` if an option is invalid. */
  constructor(given: ServerOptions = {}) {
    const options = checkOptions("new ServerConnection()", given, sharedTable);
    super("server", options, (connection) => new ServerOpening(connection, options), fastPaths);
  }

  /**
   * Takes a request that has already been parsed, for example by Node's `http` module, instead of its bytes. The same
   * rules apply: a request that breaks one is refused, and the violation is the `error` of `connectionClosed`. Pass any
   * bytes after the request's head to {@link receiveBytes}. Throws `LocalProtocolError` if bytes have already been
   * received.
   */
  receiveRequest(request: ParsedRequest): void {
    ServerOpening.of(this, "accept").receiveRequest(request);
  }

  /**
   * Accepts the request and opens the connection (§4.2.2). Throws `LocalProtocolError` if the subprotocol was not
   * offered or the request is not pending, `TypeError` if a header can't be sent.
   */
  accept(request: ConnectionRequested, options: AcceptOptions = {}): void {
    ServerOpening.of(this, "accept").accept(request, options);
  }

  /**
   * Refuses the request (§4.2.2), by default with 403 and no body. With `streamed`, send the body with
   * {@link sendRejectionData}. Throws the same errors as {@link accept}, and `RangeError` for a status below 200.
   */
  reject(request: ConnectionRequested, options: RejectOptions = {}): void {
    ServerOpening.of(this, "reject").reject(request, options);
  }

  /**
   * Sends a piece of the body of a rejection that was started with `streamed`; `finished` ends it. The bytes have been
   * read when the call returns. Throws `LocalProtocolError` if there is no such rejection or it has ended, `TypeError`
   * for anything but strings and bytes.
   */
  sendRejectionData(data: string | BufferSource, finished = false): void {
    ServerOpening.of(this, "sendRejectionData").sendRejectionData(data, finished);
  }
}
