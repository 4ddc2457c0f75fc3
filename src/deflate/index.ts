/** The entry of permessage-deflate. Only re-exports. */
export { corruptData, type Deflater, type DeflateEngine, type DeflaterOptions, type Inflater } from "./engine.ts";
export type { DeflateOptions, DeflateSettings } from "./options.ts";
export { pakoEngine } from "./pakoEngine.ts";
export { permessageDeflate } from "./permessageDeflate.ts";
export { permessageDeflateWith } from "./permessageDeflateWith.ts";
