/** Computes a server's answer to the client's key (RFC 6455 §4.2.2), step by step. */
import { requireKind } from "../../core/options.ts";
import { acceptFor, GUID } from "../../handshake/acceptKey.ts";
import { fromBase64, toHex } from "../hex.ts";

/** One of the {@link acceptSteps}. */
export interface AcceptStep {
  readonly label: string;
  readonly value: string;
  readonly explanation: string;
}

/**
 * The steps from the value of `Sec-WebSocket-Key` to that of `Sec-WebSocket-Accept`.
 *
 * @example
 * ```ts
 * import { acceptSteps } from "websocket-over/inspect";
 *
 * const steps = acceptSteps("dGhlIHNhbXBsZSBub25jZQ=="); // the key of RFC 6455 §1.3
 * console.log(steps.at(-1)?.value); // → s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
 * ```
 */
export function acceptSteps(key: string): AcceptStep[] {
  requireKind("acceptSteps() takes the value of Sec-WebSocket-Key,", key, "a string");
  const accept = acceptFor(key);
  const nonce = fromBase64(key);
  return [
    {
      label: "Sec-WebSocket-Key",
      value: key,
      explanation:
        nonce?.length === 16
          ? `The client's key: 16 random bytes, ${toHex(nonce, " ")}, in Base64. It is hashed as this text, not decoded.`
          : "The client's key. It should be 16 random bytes in Base64. It is hashed as this text, not decoded.",
    },
    { label: "Key and GUID", value: key + GUID, explanation: "The same fixed text is appended to every key." },
    {
      label: "SHA-1",
      value: toHex(fromBase64(accept)!, " "),
      explanation:
        "The SHA-1 hash of that: 20 bytes. It hides nothing; it only proves that the server speaks WebSocket.",
    },
    {
      label: "Sec-WebSocket-Accept",
      value: accept,
      explanation: "The hash in Base64: the answer that the server must send.",
    },
  ];
}
