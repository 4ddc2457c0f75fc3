/** Runs scripts of package.json at the same time, and prints what each says once it has ended: `node .ci/together.mjs check:types check:lint`. */
import { spawn } from "node:child_process";

const scripts = process.argv.slice(2);
const statuses = await Promise.all(
  scripts.map(async (script) => {
    const child = spawn("npm", ["run", script], {
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
    });
    const said = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => said.push(bytes));
    const status = await new Promise((resolve, reject) => child.on("close", resolve).on("error", reject));
    process.stdout.write(Buffer.concat(said));
    return status;
  }),
);
const failed = scripts.filter((_, i) => statuses[i] !== 0);
if (failed.length > 0) {
  console.error(`\nfailed: ${failed.join(", ")}`);
  process.exitCode = 1;
}
