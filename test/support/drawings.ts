/** The state tables of the code as Mermaid drawings for the documentation. */
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
