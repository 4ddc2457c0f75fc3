/** The bridge entry. Only re-exports. */
export { bridgeBytes, type BridgedBytes } from "./bridgeBytes.ts";
export { BridgeError, type BridgeErrorCode } from "./bridgeError.ts";
export type { BridgeOptions, Direction } from "./options.ts";
