/** Runtimes that are not dependencies of the project: `npm test` installs them if they are available. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

export type RuntimeName = "deno" | "bun" | "workerd";

/** The path of a runtime's program; `undefined` if it is not installed. */
export function findRuntime(name: RuntimeName): string | undefined {
  const path = join(root, ".tools", name, "node_modules/.bin", name);
  return existsSync(path) ? path : undefined;
}
