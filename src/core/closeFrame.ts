/** Reads and writes the body of a Close frame (RFC 6455 §5.5.1): empty, or a two-byte code and a reason in UTF-8. */
import { EMPTY, type Bytes } from "./bytes.ts";
import { CloseCode, isCloseCodeOnWire } from "./closeCodes.ts";
import type { CloseFrame } from "./events.ts";
import { MAX_CONTROL_PAYLOAD } from "./opcodes.ts";
import { CLOSE_BODY_TOO_SHORT, CLOSE_CODE_INVALID, CLOSE_REASON_INVALID } from "./rules.ts";
import { violation } from "./violation.ts";
import { decodeWhole, encodeText, encodeTextInto } from "./utf8.ts";

/** Longest reason that fits in a Close frame beside the code, in bytes of UTF-8 (§5.5). */
export const MAX_CLOSE_REASON: number = MAX_CONTROL_PAYLOAD - 2;

/**
 * The Close frame for a code and a reason, and its body. Throws `RangeError` if the code or the reason can't be sent.
 */
export function writeCloseBody(code: number | undefined, reason: string): { close: CloseFrame; body: Bytes } {
  if (code === undefined && reason === "") return { close: noStatus(), body: EMPTY };
  const sent = code ?? CloseCode.NORMAL_CLOSURE;
  if (!isCloseCodeOnWire(sent)) {
    throw new RangeError(`close code ${String(sent)} can't be sent: use 1000 or 3000 to 4999 (RFC 6455 §7.4)`);
  }
  const text = encodeText(reason);
  if (text.length > MAX_CLOSE_REASON) {
    throw new RangeError(`a close reason has at most 123 bytes of UTF-8, not ${text.length} (RFC 6455 §5.5)`);
  }
  const body = new Uint8Array(2 + text.length);
  body[0] = sent >> 8;
  body[1] = sent;
  body.set(text, 2);
  return { close: { code: sent, reason }, body };
}

/** The Close frame in a received body that ends at `offset`. Throws `RemoteProtocolError`. */
export function readCloseBody(body: Bytes, offset: number): CloseFrame {
  if (body.length === 0) return noStatus();
  if (body.length === 1) throw violation(CLOSE_BODY_TOO_SHORT, offset);
  const code = (body[0]! << 8) | body[1]!;
  if (!isCloseCodeOnWire(code)) throw violation(CLOSE_CODE_INVALID, offset, code);
  const reason = decodeWhole(body.subarray(2));
  if (reason === undefined) throw violation(CLOSE_REASON_INVALID, offset);
  return { code, reason };
}

function noStatus(): CloseFrame {
  return { code: CloseCode.NO_STATUS_RECEIVED, reason: "" };
}

/** As many whole characters of a reason as fit in a Close frame. */
export function shortenedReason(reason: string): string {
  const bytes = new Uint8Array(MAX_CLOSE_REASON);
  return decodeWhole(bytes.subarray(0, encodeTextInto(reason, bytes))) ?? "";
}
