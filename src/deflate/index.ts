/**
 * Compression: permessage-deflate (RFC 7692), over pako or an engine of your own.
 *
 * @module websocket-over/deflate
 */
export { corruptData, type Deflater, type DeflateEngine, type DeflaterOptions, type Inflater } from "./engine.ts";
export type { DeflateOptions, DeflateSettings } from "./options.ts";
export { pakoEngine } from "./pakoEngine.ts";
export { permessageDeflate } from "./permessageDeflate.ts";
export { permessageDeflateWith } from "./permessageDeflateWith.ts";
