/** For the browser's `WebTransport`: the library's server, run by Deno, as long as a test run lasts. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { makeQuicCertificate } from "./quicCertificate.ts";
import { findRuntime } from "./runtimes.ts";

export interface WebTransportServer {
  /** Of the library's server. */
  readonly port: number;
  /** SHA-256 of their certificate. */
  readonly hash: number[];
}

declare module "vitest" {
  interface ProvidedContext {
    /** `null` if there is no Deno. */
    readonly webTransport: WebTransportServer | null;
  }
}

const root = join(import.meta.dirname, "../..");

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const deno = findRuntime("deno");
  if (deno === undefined) {
    project.provide("webTransport", null);
    return () => Promise.resolve();
  }
  const { hash, ...certificate } = await makeQuicCertificate();
  const may = ["--unstable-net", "--allow-net=127.0.0.1", `--allow-read=${root}`];
  const server = spawn(deno, ["run", "--no-check", "--quiet", ...may, "test/runtimes/webTransportServer.ts"], {
    cwd: root,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const gone = once(server, "exit");
  server.stdin.write(`${JSON.stringify(certificate)}\n`);
  const line = await Promise.race([once(server.stdout, "data"), gone.then(() => undefined)]);
  if (line === undefined) throw new Error("the WebTransport server did not start");
  project.provide("webTransport", { port: Number(String(line[0])), hash });
  return async () => {
    server.stdin.end();
    await gone;
  };
}
