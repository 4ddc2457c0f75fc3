/** The close codes (RFC 6455 §7.4 and the IANA registry), and which of them may appear in a Close frame. */

/**
 * The close codes by name (RFC 6455 §7.4 and the IANA registry). A Close frame carries 1000–1003, 1007–1014 or
 * 3000–4999. 1005, 1006 and 1015 never travel.
 *
 * @example
 * ```ts
 * import { CloseCode, WSConnection } from "websocket-over";
 *
 * const server = new WSConnection("server", { handshake: "none" });
 * server.close(CloseCode.GOING_AWAY, "deploy");
 * server.receiveBytes(null); // the client hung up without a Close
 * for (const event of server.events()) {
 *   if (event.type === "connectionClosed") console.log(event.code === CloseCode.ABNORMAL_CLOSURE); // → true
 * }
 * ```
 */
export const CloseCode = {
  NORMAL_CLOSURE: 1000,
  GOING_AWAY: 1001,
  PROTOCOL_ERROR: 1002,
  UNSUPPORTED_DATA: 1003,
  /** Never on the wire: the Close frame had no code. */
  NO_STATUS_RECEIVED: 1005,
  /** Never on the wire: no Close frame arrived. */
  ABNORMAL_CLOSURE: 1006,
  INVALID_PAYLOAD: 1007,
  POLICY_VIOLATION: 1008,
  MESSAGE_TOO_BIG: 1009,
  MANDATORY_EXTENSION: 1010,
  INTERNAL_ERROR: 1011,
  SERVICE_RESTART: 1012,
  TRY_AGAIN_LATER: 1013,
  BAD_GATEWAY: 1014,
  /** Never on the wire: the TLS handshake failed. */
  TLS_HANDSHAKE: 1015,
} as const;

/** Whether a code may be sent and received: 1000–1003, 1007–1014 and 3000–4999 (§7.4.1, §7.4.2). */
export function isCloseCodeOnWire(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}
