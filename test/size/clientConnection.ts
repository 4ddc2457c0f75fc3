/** What a bundle carries that uses `ClientConnection` alone; `size-limit` in package.json holds it. */
export { ClientConnection } from "../../src/index.ts";
