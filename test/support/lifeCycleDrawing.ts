/** The life cycle as a drawing in the guide: made from the table that the connection follows. */
import { lifeCycle, type ConnectionState } from "../../src/index.ts";

/** In Mermaid's words: an arrow for each way from one state to another, with every signal that takes it. */
export function drawLifeCycle(): string {
  const lines = ["stateDiagram-v2", "  [*] --> connecting", '  [*] --> open: handshake "none"'];
  for (const [from, transitions] of Object.entries(lifeCycle)) {
    const ways = new Map<ConnectionState, string[]>();
    for (const [signal, to] of Object.entries(transitions)) {
      if (to !== from) ways.set(to, [...(ways.get(to) ?? []), signal]);
    }
    for (const [to, signals] of ways) lines.push(`  ${from} --> ${to}: ${signals.join(", ")}`);
  }
  lines.push("  closed --> [*]");
  return lines.join("\n");
}
