/** What a bundle carries that uses `ServerConnection` alone; `size-limit` in package.json holds it. */
export { ServerConnection } from "../../src/index.ts";
