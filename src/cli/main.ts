#!/usr/bin/env node
/** The command `websocket-over`: one verb after another, each in its own file. */
import { parseArgs } from "node:util";
import { version } from "../inspect/export/version.ts";
import { complaint, ExitStatus, UsageError } from "./failure.ts";
import { Lifetime } from "./lifetime.ts";
import { Terminal } from "./terminal.ts";
import { HELP_OPTION, helpFor, type Values, type Verb } from "./verb.ts";
import { visible } from "./visible.ts";

/** Loads only the verb that is asked for: loading all of them takes several times as long. */
const verbs: Readonly<Record<string, () => Promise<Verb>>> = {
  connect: async () => (await import("./connect.ts")).connect,
  serve: async () => (await import("./serve.ts")).serve,
  bridge: async () => (await import("./bridge.ts")).bridge,
  inspect: async () => (await import("./inspect.ts")).inspect,
  playground: async () => (await import("./playground.ts")).playground,
};

const terminal = new Terminal();
process.on("uncaughtException", (error) => {
  terminal.fail(complaint(error));
  process.exit(ExitStatus.FAILED);
});

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof UsageError;
  terminal.fail(complaint(error));
  process.exitCode = isUsage ? ExitStatus.USAGE : ExitStatus.FAILED;
}
await terminal.flush();
// Whatever a library left behind, such as a listener on standard input, must not keep the process running.
process.exit();

async function run([name, ...rest]: readonly string[]): Promise<ExitStatus> {
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    terminal.print(await helpForAll());
    return name === undefined ? ExitStatus.USAGE : ExitStatus.DONE;
  }
  if (name === "--version" || name === "-V") {
    terminal.print(version);
    return ExitStatus.DONE;
  }
  if (!Object.hasOwn(verbs, name)) {
    throw new UsageError(`there is no verb ${visible(name)}: it is one of ${Object.keys(verbs).join(", ")}`);
  }
  const verb = await verbs[name]!();
  const { values, positionals } = parse(verb, rest);
  if (values.help === true) {
    terminal.print(helpFor(verb));
    return ExitStatus.DONE;
  }
  const [least, most] = verb.positionals;
  if (positionals.length < least || positionals.length > most)
    throw new UsageError(`usage: websocket-over ${verb.usage}`);
  return await verb.run(positionals, values, terminal, new Lifetime(terminal));
}

async function helpForAll(): Promise<string> {
  const all = await Promise.all(Object.values(verbs).map(async (load) => await load()));
  return `websocket-over ${version}: WebSockets over anything that carries bytes

Usage: websocket-over VERB …

${all.map(({ usage, summary }) => `  ${usage.padEnd(28)} ${summary}`).join("\n")}

websocket-over VERB --help explains a verb. Exit status: 0 if all went well, 1 if not, 2 for wrong arguments.`;
}

function parse(verb: Verb, args: string[]): { values: Values; positionals: string[] } {
  const options = { ...verb.options, ...HELP_OPTION };
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(complaint(error).replace(/\. To specify.*/s, ""));
  }
}
