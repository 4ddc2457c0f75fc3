#!/usr/bin/env node
/** The command `websocket-over`: one verb after another, each in its own file. */
import { parseArgs } from "node:util";
import { version } from "../inspect/export/version.ts";
import { bridge } from "./bridge.ts";
import { connect } from "./connect.ts";
import { complaint, ExitStatus, UsageError } from "./failure.ts";
import { inspect } from "./inspect.ts";
import { Lifetime } from "./lifetime.ts";
import { serve } from "./serve.ts";
import { Terminal } from "./terminal.ts";
import { helpFor, type Values, type Verb } from "./verb.ts";

const verbs: readonly Verb[] = [connect, serve, bridge, inspect];

const HELP = `websocket-over ${version}: WebSockets over anything that carries bytes

Usage: websocket-over VERB …

${verbs.map(({ usage, summary }) => `  ${usage.padEnd(28)} ${summary}`).join("\n")}

websocket-over VERB --help explains a verb. Exit status: 0 if all went well, 1 if not, 2 for wrong arguments.`;

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
// Whatever a library left behind, such as a listener on standard input, must not keep the process.
process.exit();

async function run([name, ...rest]: readonly string[]): Promise<ExitStatus> {
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    terminal.print(HELP);
    return name === undefined ? ExitStatus.USAGE : ExitStatus.DONE;
  }
  if (name === "--version" || name === "-V") {
    terminal.print(version);
    return ExitStatus.DONE;
  }
  const verb = verbs.find((one) => one.name === name);
  if (verb === undefined) {
    throw new UsageError(`there is no verb ${name}: it is one of ${verbs.map((one) => one.name).join(", ")}`);
  }
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

function parse(verb: Verb, args: string[]): { values: Values; positionals: string[] } {
  const options = { ...verb.options, help: { type: "boolean", short: "h", help: "" } } as const;
  try {
    return parseArgs({ args, options, allowPositionals: true }) as { values: Values; positionals: string[] };
  } catch (error) {
    throw new UsageError(complaint(error).replace(/\. To specify.*/s, ""));
  }
}
