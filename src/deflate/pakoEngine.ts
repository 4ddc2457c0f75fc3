/** DEFLATE with pako. Only its low-level functions support sync flush, window bits and a custom output buffer. */
import type { DeflateEngine } from "./engine.ts";
import { PakoDeflater } from "./pakoDeflater.ts";
import { PakoInflater } from "./pakoInflater.ts";

/**
 * The engine that {@link permessageDeflate} uses: pako, which runs everywhere.
 *
 * @example
 * ```ts
 * import { pakoEngine } from "websocket-over/deflate";
 *
 * const deflater = pakoEngine.createDeflater({ windowBits: 15, level: 6, memLevel: 8 });
 * console.log(deflater.deflate(new TextEncoder().encode("hello".repeat(1000))).length < 50); // → true
 * ```
 */
export const pakoEngine: DeflateEngine = {
  createDeflater: (options) => new PakoDeflater(options),
  createInflater: ({ windowBits }) => new PakoInflater(windowBits),
};
