/**
 * Runs the programs of the documentation unchanged, each in a Node process that resolves the package's names to its
 * sources.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Program } from "../peers/programs.ts";

/** How long a program may take to end, in milliseconds. */
const PATIENCE_MS = 60_000;

const hook = pathToFileURL(join(import.meta.dirname, "packageNames.ts")).href;

/** What Node needs in front of the path of a program that imports the package by its names. */
export const nodeArguments: readonly string[] = ["--disable-warning=ExperimentalWarning", "--import", hook];

/** Starts a program that goes on, such as a server. Its path is from the root. Stop it at the end of the test. */
export function startExample(path: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Program {
  return new Program(process.execPath, [...nodeArguments, path, ...args], env);
}

/** What a program prints that ends by itself. An `Error` with all that it said if it fails, or does not end. */
export async function runExample(
  path: string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const program = startExample(path, args, env);
  const timer = setTimeout(() => program.signal("SIGKILL"), PATIENCE_MS);
  const exitCode = await program.ended;
  clearTimeout(timer);
  if (exitCode !== 0) throw new Error(`${path} ended with ${String(exitCode)}, and said:\n${program.output}`);
  return program.said.stdout;
}
