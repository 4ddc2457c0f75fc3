/** What the verbs of the command have in common: their arguments, and the help that lists them. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { CommandError, type ExitStatus } from "./failure.ts";
import type { Lifetime } from "./lifetime.ts";
import type { Terminal } from "./terminal.ts";

/** An option as `parseArgs` of `node:util` takes it, with its line in the help. */
export interface VerbOption {
  readonly type: "string" | "boolean";
  readonly short?: string;
  readonly multiple?: boolean;
  /** What its value is, in capitals. */
  readonly value?: string;
  readonly help: string;
}

export type Values = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

export interface Verb {
  readonly name: string;
  readonly usage: string;
  /** One line for the list of verbs. */
  readonly summary: string;
  /** What the help says below the usage. */
  readonly details: string;
  readonly options: Readonly<Record<string, VerbOption>>;
  /** The least and the most arguments besides options. */
  readonly positionals: readonly [least: number, most: number];
  run(positionals: readonly string[], values: Values, terminal: Terminal, lifetime: Lifetime): Promise<ExitStatus>;
}

/** Every verb has it. */
export const HELP_OPTION: Readonly<Record<string, VerbOption>> = {
  help: { type: "boolean", short: "h", help: "show this" },
};

export function helpFor({ usage, summary, details, options }: Verb): string {
  const lines = Object.entries({ ...options, ...HELP_OPTION }).map(([name, { short, value, help }]) => {
    const flag = `${short === undefined ? "   " : `-${short},`} --${name}${value === undefined ? "" : ` ${value}`}`;
    return `  ${flag.padEnd(28)} ${help}`;
  });
  return `Usage: websocket-over ${usage}\n\n${summary[0]!.toUpperCase()}${summary.slice(1)}.\n\n${details}\n\nOptions:\n${lines.join("\n")}`;
}

export function textOption(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === "string" ? value : undefined;
}

/** Certificates in PEM, from the file that the option `--ca` names. */
export function authoritiesOption(values: Values): { readonly ca?: Buffer } {
  const path = textOption(values, "ca");
  if (path === undefined) return {};
  const ca = readFileSync(path);
  try {
    new X509Certificate(ca);
  } catch {
    // Node would ignore it.
    throw new CommandError(`${path}: there is no certificate in PEM in it`);
  }
  return { ca };
}

export function listOption(values: Values, name: string): string[] {
  const value = values[name];
  return Array.isArray(value) ? value.map(String) : [];
}
