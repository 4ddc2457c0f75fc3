/** `dial` and WebSockets over HTTP/2 in Deno and Bun, as the client and as the server of Node. */
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { Program } from "../peers/programs.ts";
import { findRuntime } from "../support/runtimes.ts";

const root = join(import.meta.dirname, "../..");
const program = "test/runtimes/http2Peer.ts";
const granted = ["--allow-net=127.0.0.1", `--allow-read=${root}`, "--allow-env", "--allow-sys"];
const runtimes = {
  node: [process.execPath, [program]],
  deno: [findRuntime("deno"), ["run", "--no-check", "--quiet", ...granted, program]],
  bun: [findRuntime("bun"), [program]],
} as const;
type Name = keyof typeof runtimes;

function start(name: Name, ...args: string[]): Program {
  const [command, own] = runtimes[name];
  const started = new Program(command!, [...own, ...args]);
  onTestFinished(() => started.stop());
  return started;
}

describe("over node:net and node:http2", () => {
  test.for<[client: Name, server: Name]>([
    ["deno", "node"],
    ["node", "deno"],
    ["bun", "node"],
    ["node", "bun"],
  ])("%s is the client, and %s the server", async ([client, server], { skip }) => {
    skip([client, server].some((name) => runtimes[name][0] === undefined));
    const asked = start(client, "client", String(await start(server, "server").port()));
    await asked.ended;
    expect(asked.output).toBe("dial 5,1000000,4000\nhttp2 5,1000000,4000\n401 log in\n");
  });
});
