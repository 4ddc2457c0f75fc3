/** The library's server, run by Deno, for the browser's `WebTransport`. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { sourceURLs } from "./entries.ts";
import { makeQuicCertificate } from "./quicCertificate.ts";
import { findRuntime } from "./runtimes.ts";

export interface WebTransportServer {
  /** The library's server. */
  readonly port: number;
  /** Of a server that joins streams in pairs: those that start with the same 16 bytes are notified with a byte. */
  readonly relayPort: number;
  /** The recipe's server of Yjs documents. */
  readonly documentsPort: number;
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
  const server = await startWebTransportServer();
  project.provide("webTransport", server?.addresses ?? null);
  return async () => await server?.stop();
}

export interface RunningServer {
  readonly addresses: WebTransportServer;
  /** Ends it in good order. */
  readonly stop: () => Promise<void>;
  /** Ends it at once: it says no word to anybody. */
  readonly kill: () => Promise<void>;
}

/** Starts one, or another program that takes a certificate and tells ports; unless there is no Deno. */
export async function startWebTransportServer(
  program = "test/runtimes/webTransportServer.ts",
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningServer | undefined> {
  const deno = findRuntime("deno");
  if (deno === undefined) return undefined;
  const { hash, ...certificate } = await makeQuicCertificate();
  const may = ["--unstable-net", "--allow-net=127.0.0.1", `--allow-read=${root}`, "--allow-env"];
  // Programs of the documentation import the package by its names.
  const names = `--import-map=data:application/json,${encodeURIComponent(JSON.stringify({ imports: sourceURLs }))}`;
  const server = spawn(deno, ["run", "--no-check", "--quiet", names, ...may, program], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const gone = once(server, "exit");
  server.stdin.write(`${JSON.stringify(certificate)}\n`);
  const line = await Promise.race([once(server.stdout, "data"), gone.then(() => undefined)]);
  if (line === undefined) throw new Error("the WebTransport server did not start");
  const ports = JSON.parse(String(line[0])) as Omit<WebTransportServer, "hash">;
  return {
    addresses: { ...ports, hash },
    async stop() {
      server.stdin.end();
      await gone;
    },
    async kill() {
      server.kill("SIGKILL");
      await gone;
    },
  };
}
