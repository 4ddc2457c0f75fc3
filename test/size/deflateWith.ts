/** What a page carries that compresses with an engine of its own; `.size-limit.json` holds it. */
export { permessageDeflateWith } from "../../src/deflate/index.ts";
