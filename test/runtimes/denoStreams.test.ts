/** A defect of Deno's QUIC streams, for which the WebTransport tests make an exception. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeQuicCertificate } from "../support/quicCertificate.ts";
import { findRuntime } from "../support/runtimes.ts";

const deno = findRuntime("deno");

test.skipIf(deno === undefined)("Deno 2.9.5 ends an aborted stream instead of resetting it", async () => {
  const program = join(import.meta.dirname, "denoAbort.ts");
  const args = ["run", "--no-check", "--quiet", "--unstable-net", "--allow-net=127.0.0.1", program];
  const { stdout, stderr } = spawnSync(deno!, args, {
    input: `${JSON.stringify(await makeQuicCertificate())}\n`,
    encoding: "utf8",
    timeout: 20_000,
  });
  expect(stdout + stderr).toBe("the end, after 1 byte\n");
});
