/** A bundle of a page with its own compression engine; `.size-limit.json` limits its size. */
export { permessageDeflateWith } from "../../src/deflate/index.ts";
