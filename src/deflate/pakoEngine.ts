/** DEFLATE by pako's port of zlib, through its low-level functions: they alone know sync flush, window bits and an output buffer of one's own. */
import type { DeflateEngine } from "./engine.ts";
import { PakoDeflater } from "./pakoDeflater.ts";
import { PakoInflater } from "./pakoInflater.ts";

export const pakoEngine: DeflateEngine = {
  createDeflater: (options) => new PakoDeflater(options),
  createInflater: ({ windowBits }) => new PakoInflater(windowBits),
};
