/** Why a WebSocket server could not be reached, by a code that stays the same. */

/**
 * - `notFound`: the host's name has no address
 * - `refused`: nothing listens at the port
 * - `unreachable`: there is no way to the host, or the system's own time limit is over
 * - `closed`: the other end hung up before the connection was ready
 * - `timedOut`: the connection was not ready in time
 * - `certificate`: the server's certificate is not one to trust
 * - `tls`: the TLS handshake failed otherwise
 * - `proxyCredentials`: the proxy asks for a user and a password, or for others (407)
 * - `proxyRefused`: the proxy does not connect to the server
 * - `proxyAnswer`: the proxy sent something else than an answer to CONNECT
 * - `unsupported`: the server does not allow WebSockets over this session
 * - `failed`: anything else; see `cause`
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
  | "unsupported"
  | "failed";

export interface DialErrorDetails {
  readonly code: DialErrorCode;
  readonly status?: number | undefined;
  readonly cause?: unknown;
}

/** Its message says what to do. It names the host and the port, and nothing else of the URL, which may hold secrets. */
export class DialError extends Error {
  override readonly name = "DialError";
  readonly code: DialErrorCode;
  /** What a proxy answered with, if that is why. */
  readonly status: number | undefined;

  constructor(message: string, { code, status, cause }: DialErrorDetails) {
    super(message, { cause });
    this.code = code;
    this.status = status;
  }
}
