/** DEFLATE with pako. Only its low-level functions support sync flush, window bits and a custom output buffer. */
import type { DeflateEngine } from "./engine.ts";
import { PakoDeflater } from "./pakoDeflater.ts";
import { PakoInflater } from "./pakoInflater.ts";

export const pakoEngine: DeflateEngine = {
  createDeflater: (options) => new PakoDeflater(options),
  createInflater: ({ windowBits }) => new PakoInflater(windowBits),
};
