/**
 * Installs what a fresh clone lacks, and says so while it does: the npm packages, and with `--browser`, for the tests,
 * a Chromium, Deno, Bun and workerd too.
 * Runs on whatever Node the machine has; the project's own Node comes with the packages.
 */
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const say = (text) => console.log(`\n[set-up] ${text}`);
const run = (command, args, env = {}) =>
  spawnSync(command, args, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
    env: { ...process.env, ...env },
  }).status === 0;

function packagesAreCurrent(folder = root) {
  const installed = join(folder, "node_modules", ".package-lock.json");
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(folder, "package-lock.json")).mtimeMs;
}

/** Whether there is one that runs: a download may lack libraries. In a process of its own, for the packages are new. */
function hasChromium() {
  const script = `
    import { spawnSync } from "node:child_process";
    import { findChromium } from "./test/support/chromium.ts";
    const path = findChromium();
    process.exit(path !== undefined && spawnSync(path, ["--version"]).status === 0 ? 0 : 1);`;
  return run(join("node_modules", ".bin", "node"), ["--input-type=module", "--eval", script]);
}

if (!packagesAreCurrent()) {
  say("installing the npm packages (half a minute with a good connection) …");
  if (!run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"])) process.exit(1);
}

// Its peers conflict with those of the other Vitest, so npm would not install it beside that.
const vitest4 = join("test", "package", "vitest4");
if (process.argv.includes("--browser") && !packagesAreCurrent(join(root, vitest4))) {
  say("installing Vitest 4 for the test of its types (40 MB) …");
  if (!run("npm", ["ci", "--prefix", vitest4, "--no-audit", "--no-fund", "--loglevel=error"])) process.exit(1);
}

if (process.argv.includes("--browser") && !hasChromium()) {
  say("no Chromium on this machine: downloading Playwright's (about 170 MB) …");
  run(join("node_modules", ".bin", "playwright"), ["install", "chromium"]);
  if (!hasChromium() && process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    say("that did not work: installing the system's package `chromium` …");
    const quiet = { DEBIAN_FRONTEND: "noninteractive" };
    run("apt-get", ["update"], quiet);
    run("apt-get", ["install", "-y", "--no-install-recommends", "chromium"], quiet);
  }
  if (!hasChromium()) {
    say("no Chromium could be installed. Install one by hand, or name it in CHROMIUM_PATH, and run this again.");
    process.exit(1);
  }
}

// What tests start beside Node, and can do without. Each has a folder of its own, since npm takes out what it was not asked for.
const runtimes = ["deno@2.9.5", "bun@1.4.4", "workerd@1.20261117.1"];
for (const runtime of process.argv.includes("--browser") ? runtimes : []) {
  const where = join(".tools", runtime.slice(0, runtime.indexOf("@")));
  if (existsSync(join(root, where, "node_modules", ".bin"))) continue;
  say(`installing ${runtime} for the tests that start it (90 to 160 MB) …`);
  const quietly = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"];
  if (!run("npm", ["install", "--prefix", where, ...quietly, runtime])) say("there is none: those tests are left out.");
}
