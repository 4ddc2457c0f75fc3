/**
 * The rules that a peer can break, in one table: code, section, message, and the close code or HTTP status that answers
 * a violation. Each is a separate constant, so that a bundle contains only the rules that it can raise. A `%` in a
 * message is replaced by a value.
 *
 * @example
 * ```ts
 * import { rules } from "websocket-over/inspect";
 *
 * const ofMasks = Object.values(rules).filter(([, section]) => section === "RFC 6455 §5.1");
 * for (const [code, , words] of ofMasks) console.log(`${code}: ${words}`);
 * // → maskMissing: frame from the client is not masked
 * // → maskUnexpected: frame from the server is masked
 * ```
 */
import type { Rule } from "./violation.ts";

// Frames

export const RESERVED_BITS: Rule = ["reservedBits", "RFC 6455 §5.2", "reserved bit set: %", 1002];
export const RESERVED_OPCODE: Rule = ["reservedOpcode", "RFC 6455 §5.2", "reserved opcode 0x%", 1002];
export const CONTROL_FRAGMENTED: Rule = ["controlFrameFragmented", "RFC 6455 §5.5", "fragmented control frame", 1002];
export const CONTROL_TOO_LONG: Rule = [
  "controlFrameTooLong",
  "RFC 6455 §5.5",
  "control frame of more than 125 bytes",
  1002,
];
export const MASK_MISSING: Rule = ["maskMissing", "RFC 6455 §5.1", "frame from the client is not masked", 1002];
export const MASK_UNEXPECTED: Rule = ["maskUnexpected", "RFC 6455 §5.1", "frame from the server is masked", 1002];
export const LENGTH_NOT_MINIMAL: Rule = [
  "lengthNotMinimal",
  "RFC 6455 §5.2",
  "length not encoded in the fewest bytes",
  1002,
];
export const LENGTH_OF_64_BITS: Rule = [
  "lengthTooLarge",
  "RFC 6455 §5.2",
  "most significant bit of the length set",
  1002,
];
export const LENGTH_UNSAFE: Rule = ["lengthTooLarge", "RFC 6455 §10.4", "length beyond 2^53 - 1 bytes", 1009];
export const FRAME_TOO_LARGE: Rule = ["frameTooLarge", "RFC 6455 §10.4", "frame of % bytes, limit %", 1009];
/** Only reported by the decoder: a connection does not read such a frame. */
export const FRAME_AFTER_CLOSE: Rule<"frameAfterClose"> = [
  "frameAfterClose",
  "RFC 6455 §5.5.1",
  "frame after a Close frame: it is ignored",
];

// Messages

export const CONTINUATION_WITHOUT_START: Rule = [
  "continuationWithoutStart",
  "RFC 6455 §5.4",
  "continuation frame with no message to continue",
  1002,
];
export const MESSAGE_INTERRUPTED: Rule = [
  "messageInterrupted",
  "RFC 6455 §5.4",
  "new message before the last one was finished",
  1002,
];
export const TOO_MANY_FRAGMENTS: Rule = ["tooManyFragments", "RFC 6455 §10.4", "message of more than % frames", 1009];
export const MESSAGE_TOO_LARGE: Rule = ["messageTooLarge", "RFC 6455 §10.4", "message of more than % bytes", 1009];
export const TEXT_INVALID: Rule = ["invalidUtf8", "RFC 6455 §8.1", "text that is not UTF-8", 1007];

// Close frames

export const CLOSE_BODY_TOO_SHORT: Rule = [
  "closeBodyTooShort",
  "RFC 6455 §5.5.1",
  "Close frame with a body of one byte",
  1002,
];
export const CLOSE_CODE_INVALID: Rule = ["closeCodeInvalid", "RFC 6455 §7.4", "invalid close code %", 1002];
export const CLOSE_REASON_INVALID: Rule = ["invalidUtf8", "RFC 6455 §8.1", "close reason that is not UTF-8", 1007];

// Heads of requests and responses. Requests are answered with 400 or 431; responses get no answer.

export const LINE_END: Rule = ["headMalformed", "RFC 9112 §2.2", "line that does not end in CR LF", undefined, 400];
export const START_EMPTY: Rule = ["headMalformed", "RFC 9112 §2.2", "empty % line", undefined, 400];
export const FIELD_MALFORMED: Rule = ["headMalformed", "RFC 9112 §5", "malformed header line %", undefined, 400];
export const FIELD_FOLDED: Rule = ["headMalformed", "RFC 9112 §5.2", "folded header line %", undefined, 400];
/** For a request that has already been parsed: it has no lines. */
export const GIVEN_FIELD: Rule = ["headMalformed", "RFC 6455 §4.2.1", "malformed header line %", undefined, 400];
export const HEAD_TOO_LARGE: Rule = ["headTooLarge", "RFC 9112 §2.3", "head of more than % bytes", undefined, 431];
export const HEAD_TOO_MANY_LINES: Rule = [
  "headTooManyLines",
  "RFC 9112 §2.3",
  "head of more than % lines",
  undefined,
  431,
];

// Requests. A message that ends in `%` takes one of these:

export const MISSING = "is missing";
export const REPEATED = "appears more than once";
export const MALFORMED = "is malformed";

export const REQUEST_LINE: Rule = ["headMalformed", "RFC 6455 §4.1", "malformed request line", undefined, 400];
export const METHOD: Rule = ["methodInvalid", "RFC 6455 §4.2.1", "method other than GET", undefined, 400];
export const REQUEST_VERSION: Rule = [
  "httpVersionInvalid",
  "RFC 6455 §4.2.1",
  "HTTP version other than 1.1",
  undefined,
  400,
];
export const TARGET: Rule = ["targetInvalid", "RFC 6455 §4.2.1", "malformed request target", undefined, 400];
export const HOST: Rule = ["hostInvalid", "RFC 6455 §4.2.1", "Host %", undefined, 400];
export const REQUEST_UPGRADE: Rule = ["upgradeInvalid", "RFC 6455 §4.2.1", "Upgrade %", undefined, 400];
export const NO_WEBSOCKET = "does not name websocket";
export const REQUEST_CONNECTION: Rule = ["connectionInvalid", "RFC 6455 §4.2.1", "Connection %", undefined, 400];
export const NO_UPGRADE = "does not name Upgrade";
export const REQUEST_BODY: Rule = ["requestBody", "RFC 6455 §4.1", "upgrade request with a body", undefined, 400];
export const ORIGIN: Rule = ["headMalformed", "RFC 6454 §7.3", "Origin %", undefined, 400];
export const AUTHORIZATION: Rule = ["headMalformed", "RFC 9110 §5.3", "Authorization %", undefined, 400];
export const CONTENT_LENGTH: Rule = ["headMalformed", "RFC 9112 §6.3", "Content-Length %", undefined, 400];
export const VERSION: Rule = ["versionInvalid", "RFC 6455 §4.4", "Sec-WebSocket-Version %", undefined, 426];
/** Not 426: a client that sends the right version twice would only try again. */
export const VERSIONS: Rule = ["versionInvalid", "RFC 6455 §11.3.5", "Sec-WebSocket-Version %", undefined, 400];
export const NOT_13 = "other than 13";
export const KEY: Rule = ["keyInvalid", "RFC 6455 §4.2.1", "Sec-WebSocket-Key %", undefined, 400];
export const NO_KEY = "is not 16 bytes in Base64";
export const OFFERED_SUBPROTOCOLS: Rule = [
  "subprotocolInvalid",
  "RFC 6455 §4.1",
  "Sec-WebSocket-Protocol is not a list of distinct tokens",
  undefined,
  400,
];
export const OFFERED_EXTENSIONS: Rule = [
  "extensionsInvalid",
  "RFC 6455 §9.1",
  "Sec-WebSocket-Extensions is malformed",
  undefined,
  400,
];
export const EARLY_DATA: Rule = [
  "tooMuchEarlyData",
  "RFC 6455 §4.1",
  "more than % bytes before the response",
  undefined,
  400,
];

// Responses

export const STATUS_LINE: Rule = ["headMalformed", "RFC 6455 §4.1", "malformed status line"];
export const ANSWER_VERSION: Rule = ["httpVersionInvalid", "RFC 6455 §4.1", "HTTP version other than 1.1"];
export const ANSWER_UPGRADE: Rule = ["upgradeInvalid", "RFC 6455 §4.1", "Upgrade %"];
export const NOT_WEBSOCKET = "is not websocket";
export const ANSWER_CONNECTION: Rule = ["connectionInvalid", "RFC 6455 §4.1", "Connection %"];
export const ACCEPT: Rule = ["acceptInvalid", "RFC 6455 §4.1", "Sec-WebSocket-Accept %"];
export const WRONG_ANSWER = "does not match the key";
export const CHOSEN_SUBPROTOCOL: Rule = [
  "subprotocolInvalid",
  "RFC 6455 §4.1",
  "the server chose a subprotocol that was not offered",
];
export const CHOSEN_EXTENSIONS: Rule = ["extensionsInvalid", "RFC 6455 §9.1", "Sec-WebSocket-Extensions is malformed"];
export const CHOSEN_EXTENSION: Rule = [
  "extensionsInvalid",
  "RFC 6455 §4.1",
  "the server chose the extension %, which was not offered",
];
export const CHOSEN_PARAMETERS: Rule = [
  "extensionsInvalid",
  "RFC 6455 §9.1",
  "the server chose invalid parameters for %",
];
/** The body of a rejection. */
export const BODY: Rule = ["bodyMalformed", "RFC 9112 §6", "%"];

// Deadlines. A silent peer may be gone. A Close with 1011 tells it the reason in case it still listens; before the
// connection is open, a 408 does.

export const HANDSHAKE_TIMEOUT: Rule = ["handshakeTimeout", undefined, "no opening handshake in % ms", 1011, 408];
export const CLOSE_TIMEOUT: Rule = ["closeTimeout", undefined, "no Close frame in % ms", 1011, 408];
export const PONG_TIMEOUT: Rule = ["keepaliveTimeout", undefined, "no pong in % ms", 1011, 408];
/** A slow peer is there and breaks no rule or limit, hence 1008 (§7.4.1). */
export const MESSAGE_TIMEOUT: Rule = [
  "messageTimeout",
  "RFC 6455 §10.4",
  "no message, or 16 KiB of one, in % ms",
  1008,
];
