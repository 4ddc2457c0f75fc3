/** What a bundle carries that uses `connect` alone; `size-limit` in package.json holds it. */
export { connect } from "../../src/stream/index.ts";
