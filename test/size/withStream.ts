/** A bundle of the protocol and sessions; `.size-limit.json` limits its size. */
export * from "../../src/index.ts";
export * from "../../src/stream/index.ts";
