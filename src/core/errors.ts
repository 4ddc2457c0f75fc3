/** The two errors of the protocol, told apart by whose fault they are. */
import { CloseCode } from "./closeCodes.ts";

/** Why a {@link ProtocolError} was raised: a stable name to branch on. Messages may change, these do not. */
export type ProtocolErrorCode =
  // the application's fault
  | "wrongState"
  | "messageTypeChanged"
  | "unknownRequest"
  | "subprotocolNotOffered"
  | "inputEnded"
  // something that the application supplied has thrown
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

/** What a {@link ProtocolError} is made with: its members, explained there. */
export interface ProtocolErrorDetails {
  readonly code: ProtocolErrorCode;
  readonly closeCode?: number | undefined;
  readonly section?: string | undefined;
  readonly offset?: number | undefined;
  readonly status?: number | undefined;
  readonly cause?: unknown;
}

/** What both errors have in common. */
export class ProtocolError extends Error {
  /** Stable name of the cause. */
  readonly code: ProtocolErrorCode;
  /** The close code that answers it (RFC 6455 §7.4), where a Close frame can. */
  readonly closeCode: number | undefined;
  /** The clause that was broken, such as `"RFC 6455 §5.2"`. */
  readonly section: string | undefined;
  /** Position in the stream of received bytes, counted from its first byte, where there is one. */
  readonly offset: number | undefined;
  /** The HTTP status that answers it, where the opening handshake was broken. */
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
 * The application asked for what may not happen now. Thrown at once; nothing was sent and nothing has changed.
 *
 * With the code `extensionFailed` or `randomFailed`, something that the application supplied has thrown while the
 * connection used it. Such an error is not thrown: it is the `error` of `connectionClosed`, and its `cause` is the thrown
 * value.
 */
export class LocalProtocolError extends ProtocolError {
  static {
    this.prototype.name = "LocalProtocolError";
  }
}

/** The peer broke the protocol, a limit or a deadline. Never thrown: it is the `error` of `connectionClosed`. */
export class RemoteProtocolError extends ProtocolError {
  static {
    this.prototype.name = "RemoteProtocolError";
  }
}

/**
 * Uses something that the application supplied. Whatever that throws is the `cause` of what this throws; but a
 * `RemoteProtocolError` stays as it is, since it says what the peer did wrong.
 */
export function contain<T>(code: "extensionFailed" | "randomFailed", what: string, use: () => T): T {
  try {
    return use();
  } catch (cause) {
    if (cause instanceof RemoteProtocolError) throw cause;
    throw new LocalProtocolError(`${what} failed`, { code, closeCode: CloseCode.INTERNAL_ERROR, cause });
  }
}
