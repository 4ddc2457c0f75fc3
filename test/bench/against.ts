/**
 * Compares this library with another version of it. The other version's sources go into a separate folder, together with
 * today's benchmarks, so both versions do the same work in the same process.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Names, Workload } from "./measure.ts";

export interface Against {
  /** The version's name in the table. */
  readonly name: string;
  /** The folder of its sources and the benchmarks. */
  readonly folder: string;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Copies the sources of a commit into a folder. `remove` deletes it. */
export function checkOut(commit: string): { against: Against; remove: () => void } {
  const git = (...args: string[]): Buffer =>
    execFileSync("git", args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], maxBuffer: 2 ** 30 });
  let hash: string;
  try {
    hash = git("rev-parse", "--verify", "--short", `${commit}^{commit}`).toString().trim();
  } catch {
    throw new RangeError(`--against takes a commit of this repository; git knows no ${JSON.stringify(commit)}`);
  }
  const folder = mkdtempSync(join(tmpdir(), "against-"));
  execFileSync("tar", ["-x", "-C", folder], { input: git("archive", hash, "src", "package.json") });
  for (const name of ["bench", "support"]) {
    cpSync(join(root, "test", name), join(folder, "test", name), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const against = { name: `this library at ${hash}`, folder };
  return { against, remove: () => rmSync(folder, { recursive: true }) };
}

/** Loads a module of the other version. */
export async function moduleOf<Module>({ folder }: Against, path: string): Promise<Module> {
  return (await import(pathToFileURL(join(folder, path)).href)) as Module;
}

/** Whether a workload compares versions. The others compare this version with itself or with a lower bound. */
export const comparesVersions = ({ environment, kind }: Names): boolean =>
  environment === "node" && (kind === "receive" || kind === "send" || kind === "open");

/** The same workloads, with the other version as the only peer. */
export function beside({ name }: Against, ours: readonly Workload[], theirs: readonly Workload[]): Workload[] {
  return ours.map((workload, i) => ({
    ...workload,
    peerNames: [name],
    minorPeers: [],
    // Both sides do all their work in this thread, so its processor time is measured.
    elsewhere: false,
    async sides() {
      const [now, then] = await Promise.all([workload.sides([]), theirs[i]!.sides([])]);
      return { ours: now.ours, peers: { [name]: then.ours } };
    },
  }));
}
