/** A bundle that uses only `connect`; `.size-limit.json` limits its size. */
export { connect } from "../../src/stream/index.ts";
