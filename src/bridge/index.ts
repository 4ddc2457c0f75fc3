/**
 * Joins any carrier with an existing WebSocket server: byte by byte, message by message, or as a gateway with an allow
 * list.
 *
 * @module websocket-over/bridge
 */
export { bridgeBytes, type BridgedBytes } from "./bridgeBytes.ts";
export { BridgeError, type BridgeErrorCode } from "./bridgeError.ts";
export type { BridgeOptions, Direction } from "./options.ts";
export { bridgeMessages, type BridgeEnd, type BridgeMessagesOptions } from "./bridgeMessages.ts";
export type { MessageSession } from "./messageSession.ts";
export {
  webSocketSession,
  type WebSocketLike,
  type WebSocketObjectSession,
  type WebSocketSessionOptions,
} from "./webSocketSession.ts";
export type { ForwardingOptions } from "./forwarding.ts";
export { gateway, type GatewayBridge, type GatewayDial, type GatewayOptions } from "./gateway.ts";
