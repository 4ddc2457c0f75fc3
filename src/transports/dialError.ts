/** Why a WebSocket server could not be reached, as a stable code. */

/**
 * - `notFound`: the host name has no address
 * - `refused`: nothing listens at the port
 * - `unreachable`: there is no route to the host, or the system's own time limit expired
 * - `closed`: the other end hung up before the connection was ready
 * - `timedOut`: the connection was not ready in time
 * - `certificate`: the server's certificate is not trusted
 * - `tls`: the TLS handshake failed for another reason
 * - `proxyCredentials`: the proxy asks for a user and a password, or for different ones (407)
 * - `proxyRefused`: the proxy does not connect to the server
 * - `proxyAnswer`: the proxy sent something other than an answer to CONNECT
 * - `notAllowed`: the option `allowsAddress` refused every address of the host
 * - `unsupported`: the server does not allow WebSockets over this session
 * - `endpointRefused`: the endpoint of WebRTC refuses, with a status of 400 or more
 * - `endpointAnswer`: the endpoint of WebRTC sent something other than an answer to an offer
 * - `failed`: anything else; see `cause`
 *
 * @see {@link DialError}
 */
export type DialErrorCode =
  | "notFound"
  | "refused"
  | "unreachable"
  | "closed"
  | "timedOut"
  | "certificate"
  | "tls"
  | "proxyCredentials"
  | "proxyRefused"
  | "proxyAnswer"
  | "notAllowed"
  | "unsupported"
  | "endpointRefused"
  | "endpointAnswer"
  | "failed";

export interface DialErrorDetails {
  readonly code: DialErrorCode;
  readonly status?: number | undefined;
  readonly cause?: unknown;
}

/**
 * Why a server could not be reached. The message says what to do. It names the host and the port and nothing else of the
 * URL, which may contain secrets.
 *
 * @example
 * ```ts
 * import { dial, DialError } from "websocket-over/node";
 *
 * try {
 *   await dial("ws://127.0.0.1:1/"); // nothing listens there
 * } catch (error) {
 *   if (error instanceof DialError) console.log(error.code); // → refused
 * }
 * ```
 */
export class DialError extends Error {
  override readonly name = "DialError";
  readonly code: DialErrorCode;
  /** The status of the answer of the proxy or the endpoint, if that is the reason. */
  readonly status: number | undefined;

  constructor(message: string, { code, status, cause }: DialErrorDetails) {
    super(message, { cause });
    this.code = code;
    this.status = status;
  }
}
