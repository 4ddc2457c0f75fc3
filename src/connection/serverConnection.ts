/** The server's end of a connection. */
import type { ConnectionRequested } from "../core/events.ts";
import { checkOptions } from "../core/options.ts";
import { fastPaths } from "../core/runs/fastPaths.ts";
import type { ParsedRequest, RejectOptions } from "../handshake/serverHandshake.ts";
import { Connection } from "./connection.ts";
import { sharedTable, type AcceptOptions, type ServerOptions } from "./options.ts";
import { ServerOpening } from "./serverOpening.ts";

/**
 * The server's end of a WebSocket connection, as {@link WSConnection} describes it. A bundle that uses this class alone has
 * none of a client's code.
 */
export class ServerConnection extends Connection {
  declare readonly type: "server";

  /** `TypeError` or `RangeError` for invalid options. */
  constructor(given: ServerOptions = {}) {
    const options = checkOptions("new ServerConnection()", given, sharedTable);
    super("server", options, (connection) => new ServerOpening(connection, options), fastPaths);
  }

  /**
   * Takes a request that somebody else has parsed, such as Node's `http` module, in place of its bytes. The same
   * rules apply: a request that breaks one is refused, and the violation is the `error` of `connectionClosed`. Pass the
   * bytes after its head to {@link receiveBytes}. `LocalProtocolError` if any byte has arrived already.
   */
  receiveRequest(request: ParsedRequest): void {
    ServerOpening.of(this, "accept").receiveRequest(request);
  }

  /**
   * Opens the connection that was asked for (§4.2.2). `LocalProtocolError` for a subprotocol that was not offered or a
   * request that is not pending, `TypeError` for a header that can't be sent.
   */
  accept(request: ConnectionRequested, options: AcceptOptions = {}): void {
    ServerOpening.of(this, "accept").accept(request, options);
  }

  /**
   * Refuses the connection that was asked for (§4.2.2), by default with 403 and no body. With `streamed` the body follows
   * by {@link sendRejectionData}. Errors as in {@link accept}; `RangeError` for a status below 200.
   */
  reject(request: ConnectionRequested, options: RejectOptions = {}): void {
    ServerOpening.of(this, "reject").reject(request, options);
  }

  /**
   * Sends a piece of the body of a rejection that was begun with `streamed`, and with `finished` its end. Bytes have been
   * read when it returns. `LocalProtocolError` if there is no such rejection, or it has ended; `TypeError` for anything but
   * strings and bytes.
   */
  sendRejectionData(data: string | BufferSource, finished = false): void {
    ServerOpening.of(this, "sendRejectionData").sendRejectionData(data, finished);
  }
}
