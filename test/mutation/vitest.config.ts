/** The tests that run against mutants of `src/core` and `src/handshake`: those of the protocol, only in Node. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    environment: "node",
    include: ["test/{core,handshake,connection}/**/*.test.ts", "test/deflate/messages.test.ts"],
    testTimeout: 60_000,
    // A mutant is not slower by its clock, and what measures time fails beside others.
    testNamePattern: /^(?!.*(time grows|linear time))/,
  },
});
