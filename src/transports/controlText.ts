/** What the two ends of a stream tell each other, as text: for carriers that know text from bytes. */
import type { Control } from "./messageStreams.ts";

/** The name under which two ends agree on them, as the protocol of a channel or the subprotocol of a WebSocket. */
export const controlProtocol = "bytes-with-credits";

/** `grant N`, `end`, `reset REASON` or `stop REASON`. */
export function textOf(control: Control): string {
  switch (control.type) {
    case "grant":
      return `grant ${control.cost}`;
    case "end":
      return "end";
    case "reset":
    case "stop":
      return `${control.type} ${control.reason}`;
    default:
      return control satisfies never;
  }
}

/** `undefined` for text that is none of these. */
export function controlOf(text: string): Control | undefined {
  const [, type, rest = ""] = /^(grant|end|reset|stop)(?: (.*))?$/s.exec(text) ?? [];
  switch (type) {
    case "grant":
      return /^[1-9][0-9]{0,14}$/.test(rest) ? { type, cost: Number(rest) } : undefined;
    case "end":
      return { type };
    case "reset":
    case "stop":
      return { type, reason: rest };
    default:
      return undefined;
  }
}
