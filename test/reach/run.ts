/**
 * Tries unmodified servers over every carrier, with every client: `npm run reach -- [--mib 100] [--only TEXT]`. Prints a
 * table, and ends with an error if anything differs.
 */
import { parseArgs } from "node:util";
import { Combinations } from "./combinations.ts";
import { servers } from "./routes.ts";

const { values } = parseArgs({ options: { mib: { type: "string", default: "100" }, only: { type: "string" } } });
const mib = Number(values.mib);
if (!(mib > 0)) throw new Error(`--mib takes a number above 0, not ${values.mib}`);

const combinations = new Combinations();
let failures = 0;
for (const [name, start] of Object.entries(servers)) {
  const server = start();
  const url = new URL((await server.says(/ws:\/\/127\.0\.0\.1:\d+\//))[0]);
  for (const { client, route, run } of combinations.all) {
    const title = `${client.padEnd(18)} ${route.padEnd(9)} ${name.padEnd(11)}`;
    if (values.only !== undefined && !title.includes(values.only)) continue;
    const problems: string[] = [];
    let speed = "";
    try {
      const outcome = await run(url, mib * 1024 * 1024);
      problems.push(...outcome.problems);
      speed = `${((mib * 1000) / outcome.echoMs).toFixed(1).padStart(6)} MiB/s`;
    } catch (error) {
      problems.push((error as Error).message.split("\n")[0]!);
    }
    failures += problems.length;
    console.log(`${title} ${speed} ${problems.length === 0 ? "the same" : problems.join("; ")}`);
  }
  await server.stop();
}
await combinations.close();
console.log(failures === 0 ? "all arrived unchanged" : `${failures} differences`);
process.exitCode = failures === 0 ? 0 : 1;
