/** The errors of the protocol: one for the application's mistakes, one for the peer's. */
import { CloseCode } from "./closeCodes.ts";

/**
 * Why a {@link ProtocolError} was raised. Branch on it: codes are stable, messages are not.
 *
 * @see {@link ProtocolError}
 */
export type ProtocolErrorCode =
  // the application's fault
  | "wrongState"
  | "messageTypeChanged"
  | "unknownRequest"
  | "subprotocolNotOffered"
  | "inputEnded"
  // something that the application supplied threw
  | "extensionFailed"
  | "randomFailed"
  // framing, RFC 6455 §5
  | "reservedBits"
  | "reservedOpcode"
  | "controlFrameFragmented"
  | "controlFrameTooLong"
  | "maskMissing"
  | "maskUnexpected"
  | "lengthNotMinimal"
  | "lengthTooLarge"
  | "continuationWithoutStart"
  | "messageInterrupted"
  | "invalidUtf8"
  | "closeBodyTooShort"
  | "closeCodeInvalid"
  | "extensionFault"
  | "compressedDataInvalid"
  // limits
  | "frameTooLarge"
  | "messageTooLarge"
  | "tooManyFragments"
  | "tooMuchEarlyData"
  | "headTooLarge"
  | "headTooManyLines"
  // the opening handshake, RFC 6455 §4
  | "headMalformed"
  | "methodInvalid"
  | "httpVersionInvalid"
  | "targetInvalid"
  | "hostInvalid"
  | "upgradeInvalid"
  | "connectionInvalid"
  | "keyInvalid"
  | "versionInvalid"
  | "requestBody"
  | "subprotocolInvalid"
  | "extensionsInvalid"
  | "acceptInvalid"
  | "bodyMalformed"
  // deadlines
  | "handshakeTimeout"
  | "messageTimeout"
  | "closeTimeout"
  | "keepaliveTimeout";

/**
 * The fields of a {@link ProtocolError}, which documents them.
 *
 * @see {@link ProtocolError}
 */
export interface ProtocolErrorDetails {
  readonly code: ProtocolErrorCode;
  readonly closeCode?: number | undefined;
  readonly section?: string | undefined;
  readonly offset?: number | undefined;
  readonly status?: number | undefined;
  readonly cause?: unknown;
}

/**
 * The base class of {@link LocalProtocolError}, which is your side's fault, and {@link RemoteProtocolError}, which is the
 * peer's.
 *
 * @example
 * ```ts
 * import { ProtocolError, readOffer } from "websocket-over";
 *
 * try {
 *   readOffer(new Headers({ "Sec-WebSocket-Version": "12" }));
 * } catch (error) {
 *   if (error instanceof ProtocolError) console.log(error.code, error.section, error.status); // → versionInvalid RFC 6455 §4.4 426
 * }
 * ```
 */
export class ProtocolError extends Error {
  /** Stable name of the cause. */
  readonly code: ProtocolErrorCode;
  /** The close code that answers this error (RFC 6455 §7.4), if a Close frame can. */
  readonly closeCode: number | undefined;
  /** The section that was violated, such as `"RFC 6455 §5.2"`. */
  readonly section: string | undefined;
  /** Position in the stream of received bytes, counted from 0, if known. */
  readonly offset: number | undefined;
  /** The HTTP status that answers this error, if the opening handshake failed. */
  readonly status: number | undefined;

  static {
    this.prototype.name = "ProtocolError";
  }

  constructor(message: string, details: ProtocolErrorDetails) {
    super(message, details);
    this.code = details.code;
    this.closeCode = details.closeCode;
    this.section = details.section;
    this.offset = details.offset;
    this.status = details.status;
  }
}

/**
 * The application called something that is not allowed now. Thrown immediately; nothing was sent and nothing has
 * changed.
 *
 * The codes `extensionFailed` and `randomFailed` are different: something that the application supplied threw while the
 * connection used it. Such an error is not thrown: it is the `error` of `connectionClosed`, and its `cause` is the
 * thrown value.
 *
 * @example
 * ```ts
 * import { LocalProtocolError, WSConnection } from "websocket-over";
 *
 * const client = new WSConnection("client", { host: "example.com", resource: "/" });
 * try {
 *   client.sendData("too early");
 * } catch (error) {
 *   if (error instanceof LocalProtocolError) console.log(error.code); // → wrongState
 * }
 * ```
 */
export class LocalProtocolError extends ProtocolError {
  static {
    this.prototype.name = "LocalProtocolError";
  }
}

/**
 * The peer violated the protocol, a limit or a deadline. Never thrown: it is the `error` of `connectionClosed`.
 *
 * @example
 * ```ts
 * import { RemoteProtocolError, WSConnection } from "websocket-over";
 *
 * const server = new WSConnection("server", { handshake: "none", limits: { maxMessageBytes: 4 } });
 * const client = new WSConnection("client", { handshake: "none" });
 * client.sendData("hello");
 * server.receiveBytes(client.bytesToSend());
 * for (const event of server.events()) {
 *   if (event.type !== "connectionClosed" || !(event.error instanceof RemoteProtocolError)) continue;
 *   console.log(event.error.code, event.error.closeCode); // → messageTooLarge 1009
 * }
 * ```
 */
export class RemoteProtocolError extends ProtocolError {
  static {
    this.prototype.name = "RemoteProtocolError";
  }
}

/**
 * Calls code that the application supplied. Wraps whatever it throws as the `cause` of a `LocalProtocolError`. A
 * `RemoteProtocolError` passes unchanged, because it says what the peer did wrong.
 */
export function contain<T>(code: "extensionFailed" | "randomFailed", what: string, use: () => T): T {
  try {
    return use();
  } catch (cause) {
    if (cause instanceof RemoteProtocolError) throw cause;
    throw new LocalProtocolError(`${what} failed`, { code, closeCode: CloseCode.INTERNAL_ERROR, cause });
  }
}
