/** The server's way to a session: waits for the request, and answers it as the application says. */
import { WSConnection, type AcceptOptions, type SharedOptions } from "../connection/wsConnection.ts";
import { CloseCode } from "../core/closeCodes.ts";
import type { ConnectionRequested } from "../core/events.ts";
import type { ParsedRequest, RejectOptions } from "../handshake/serverHandshake.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { unlessAborted, type Abortable } from "./abortable.ts";
import type { ClockOption } from "./clock.ts";
import { openSession } from "./connect.ts";
import type { ConnectionHook } from "./connectionHook.ts";
import { allowsOrigin, requireOriginPolicy, WRONG_ORIGIN, type OriginPolicy } from "./originPolicy.ts";
import type { WebSocketSession } from "./session.ts";
import { WebSocketError } from "./webSocketError.ts";

export interface AcceptTransportOptions extends SharedOptions, Abortable, ConnectionHook, ClockOption {
  /** The request, where somebody else has read it from the transport and parsed it; the transport's own by default. */
  readonly request?: ParsedRequest | undefined;
  /** Which pages may connect; others are refused with 403. Those of the same host by default, or of the server's own page. */
  readonly origins?: OriginPolicy | undefined;
}

/** A request to open a WebSocket, which waits for its answer. */
export interface IncomingRequest extends Omit<ConnectionRequested, "type"> {
  /** Opens the connection. Rejected with a `WebSocketError` if the client has gone. Errors as `WSConnection.accept`. */
  accept(options?: AcceptOptions): Promise<WebSocketSession>;
  /** Refuses it: 403 with no body unless told otherwise. Fulfilled when that has been written, or can't be. */
  reject(options?: Omit<RejectOptions, "streamed">): Promise<void>;
}

/**
 * Waits on a transport, which is the connection's from now on, for a request to open a WebSocket. The signal gives up
 * this wait, and the transport. Rejected with a `WebSocketError` if there is no such request: what came instead has been
 * answered. With `handshake: "none"` there is nothing to wait for; a request is made up, whose subprotocol is the option's.
 *
 * @example
 * ```ts
 * import { accept, connect } from "websocket-over/stream";
 * import { pipe } from "websocket-over/pipe";
 *
 * const [near, far] = pipe();
 * const opening = connect(near, { url: "wss://example.com/", protocols: ["v1", "v2"] });
 * const request = await accept(far);
 * const session = await request.accept({ subprotocol: request.subprotocols.at(-1) });
 * console.log((await opening).protocol); // → v2
 * await session.close();
 * ```
 */
export async function accept(transport: ByteTransport, options: AcceptTransportOptions = {}): Promise<IncomingRequest> {
  const { request: parsed = transport.request, origins = "same", signal } = options;
  requireOriginPolicy(origins);
  signal?.throwIfAborted();
  const connection = new WSConnection("server", options);
  options.onConnection?.(connection, options);
  if (parsed !== undefined) connection.receiveRequest(parsed);
  let give!: (request: ConnectionRequested) => void;
  let refuse!: (error: unknown) => void;
  const requested = new Promise<ConnectionRequested>((resolve, reject) => {
    give = resolve;
    refuse = reject;
  });
  const { session, driver } = openSession(connection, transport, options, (event) => {
    if (event.type === "connectionEstablished") give(priorKnowledge(options.subprotocol));
    if (event.type !== "connectionRequested") return;
    if (allowsOrigin(origins, event.origin, event.host)) {
      give(event);
    } else {
      connection.reject(event, { body: WRONG_ORIGIN });
      refuse(new WebSocketError(`pages of ${event.origin ?? "no origin"} may not connect`));
    }
  });
  session.catch(refuse);
  const request = await unlessAborted(requested, signal, () => driver.abort(signal?.reason));

  const isPriorKnowledge = options.handshake === "none";
  const { target, host, origin, headers, subprotocols, extensions } = request;
  return {
    target,
    host,
    origin,
    headers,
    subprotocols,
    extensions,
    async accept(answer) {
      if (!isPriorKnowledge && !connection.closed) {
        connection.accept(request, answer);
        void driver.flush();
      }
      return await session;
    },
    async reject(answer) {
      if (connection.closed) return;
      if (isPriorKnowledge) connection.close(CloseCode.POLICY_VIOLATION);
      else connection.reject(request, answer);
      void driver.flush();
      await session.then(({ closed }) => closed).catch(() => undefined);
    },
  };
}

function priorKnowledge(subprotocol: string | undefined): ConnectionRequested {
  return {
    type: "connectionRequested",
    target: "/",
    host: "",
    origin: undefined,
    headers: new Headers(),
    subprotocols: subprotocol === undefined ? [] : [subprotocol],
    extensions: [],
  };
}
