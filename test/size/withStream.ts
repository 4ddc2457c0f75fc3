/** What a page carries that uses the protocol and sessions; `.size-limit.json` holds it. */
export * from "../../src/index.ts";
export * from "../../src/stream/index.ts";
