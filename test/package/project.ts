/** An empty project with the package installed, as it would be published. */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { bundlePageScript } from "../../.ci/pageScript.mjs";

const root = resolve(import.meta.dirname, "../..");
const bin = join(root, "node_modules/.bin");
const start = promisify(execFile);

/** Runs a program to its end and returns what it printed; an `Error` with all of that if it fails. */
export async function run(command: string, args: readonly string[], cwd: string, timeout = 120_000): Promise<string> {
  try {
    const { stdout } = await start(command, args, { cwd, timeout, maxBuffer: 16 * 1024 * 1024 });
    return stdout;
  } catch (error) {
    const { message, stdout, stderr } = error as Error & { stdout?: string; stderr?: string };
    throw new Error([message, stdout, stderr].join("\n"), { cause: error });
  }
}

export const tool = (name: string): string => join(bin, name);

export interface Project {
  /** The project's folder; the package is in its `node_modules`. */
  readonly folder: string;
  readonly tarball: string;
  /** The package as it was before it was packed. */
  readonly unpacked: string;
  remove(): void;
}

/** Builds the package, packs it, and installs it with its dependencies where there was nothing. */
export async function install(): Promise<Project> {
  const temporary = mkdtempSync(join(tmpdir(), "package-"));
  const unpacked = join(temporary, "package");
  const folder = join(temporary, "project");
  mkdirSync(unpacked);
  mkdirSync(folder);
  for (const name of ["package.json", "README.md", "CHANGELOG.md", "LICENSE", "tsconfig.json", "src"]) {
    cpSync(join(root, name), join(unpacked, name), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(unpacked, "node_modules"));
  await Promise.all([
    run(tool("tsc"), ["-p", "src"], unpacked),
    run(tool("tsc"), ["-p", "src/playwright"], unpacked),
    run(tool("tsc"), ["-p", "src/cli"], unpacked),
    bundlePageScript(join(unpacked, "dist/playwright")),
    run(tool("vite"), ["build", "--outDir", join(unpacked, "demo/dist"), "--emptyOutDir"], root),
  ]);
  const packed = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", temporary], unpacked);
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  const tarball = join(temporary, filename);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  await run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error", tarball], folder);
  return { folder, tarball, unpacked, remove: () => rmSync(temporary, { recursive: true }) };
}
