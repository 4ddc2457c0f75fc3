/** The command as a process, on the sources. */
import { onTestFinished } from "vitest";
import { Program } from "../peers/programs.ts";

export interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts it. It ends with the test. */
export function start(...args: string[]): Program {
  const program = Program.node("src/cli/main.ts", ...args);
  onTestFinished(async () => {
    program.signal("SIGKILL");
    await program.ended;
  });
  return program;
}

/** Runs it to its end, with this standard input. */
export async function run(args: readonly string[], input: string | Uint8Array = ""): Promise<Result> {
  const program = start(...args);
  program.end(input);
  const status = await program.ended;
  return { status, ...program.said };
}

/** What a failure looks like: one line, and no stack. */
export function oneLine(text: RegExp): RegExp {
  return new RegExp(`^(?!.*\\n.*\\n)(?![^]* {4}at )error: .*${text.source}.*\\n$`);
}
