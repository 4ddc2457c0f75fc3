/** The tables of the code as drawings and tables for the documentation. */
import * as rules from "../../src/core/rules.ts";
import type { Rule } from "../../src/core/violation.ts";
import { lifeCycle } from "../../src/index.ts";
import { inputs, outputs, phases, takers } from "../../src/stream/driverMachine.ts";

type Table = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** An arrow for each transition, with every signal that causes it. */
function arrows(table: Table, nameOf: (state: string) => string = (state) => state): string[] {
  return Object.entries(table).flatMap(([from, transitions]) => {
    const ways = new Map<string, string[]>();
    for (const [signal, to] of Object.entries(transitions)) {
      if (to !== from) ways.set(to, [...(ways.get(to) ?? []), signal]);
    }
    return [...ways].map(([to, signals]) => `  ${nameOf(from)} --> ${nameOf(to)}: ${signals.join(", ")}`);
  });
}

/** The life of a connection. */
export function drawLifeCycle(): string {
  return [
    "stateDiagram-v2",
    "  [*] --> connecting",
    '  [*] --> open: handshake "none"',
    ...arrows(lifeCycle),
    "  closed --> [*]",
  ].join("\n");
}

/** The four tables of the driver, side by side. */
export function drawDriver(): string {
  const lines = ["stateDiagram-v2"];
  for (const [region, table] of Object.entries({ driver: phases, input: inputs, output: outputs, taker: takers })) {
    const states = Object.keys(table);
    const nameOf = (state: string): string => `${region}_${state}`;
    lines.push(`  state ${region} {`);
    for (const state of states) lines.push(`    state "${state}" as ${nameOf(state)}`);
    lines.push(`    [*] --> ${nameOf(states[0]!)}`, ...arrows(table, nameOf).map((line) => `  ${line}`), "  }");
  }
  return lines.join("\n");
}

/** The table of the rules that a peer can break: a row for each code, with what is said, and what answers it. */
export function drawRules(): { code: string; said: string; answeredBy: string }[] {
  const rows = new Map<string, { said: string[]; answers: string[] }>();
  for (const [, rule] of Object.entries(rules).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (typeof rule === "string") continue;
    const [code, section, words, closeCode, status] = rule as Rule;
    const row = rows.get(code) ?? { said: [], answers: [] };
    rows.set(code, row);
    const said = `${words.replaceAll("%", "…")}${section === undefined ? "" : ` (${section})`}`;
    if (!row.said.includes(said)) row.said.push(said);
    const close = closeCode === undefined ? [] : [`Close ${closeCode}`];
    const http = status === undefined ? [] : [`HTTP ${status}`];
    row.answers.push(...[...close, ...http].filter((answer) => !row.answers.includes(answer)));
  }
  return [...rows].map(([code, { said, answers }]) => ({
    code,
    said: said.join("; "),
    answeredBy: answers.join(", "),
  }));
}
