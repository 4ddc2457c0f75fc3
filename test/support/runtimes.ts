/** Runtimes that are no dependencies of the project: `npm test` installs them, where they can be had. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

const packages = resolve(import.meta.dirname, "../../.tools/node_modules");

export type RuntimeName = "deno";

/** The path of a runtime's program; `undefined` if it is not there. */
export function findRuntime(name: RuntimeName): string | undefined {
  const path = join(packages, ".bin", name);
  return existsSync(path) ? path : undefined;
}
