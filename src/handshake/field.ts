/** A header field, the spelling of its name, and how often it may appear. */
import { AUTHORIZATION, CONTENT_LENGTH, ORIGIN, VERSIONS } from "../core/rules.ts";
import type { Rule } from "../core/violation.ts";

/** Name and value of a field. */
export type Field = readonly [name: string, value: string];

/** Returns the usual spelling, such as `Sec-WebSocket-Key`, which some old peers require. */
export function spell(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase()).replace("Websocket", "WebSocket");
}

/**
 * The fields that a request may have once at most, and the rule that a second one breaks (RFC 9110 §5.3). The handshake
 * itself checks the fields that it requires.
 */
export const singletons: readonly (readonly [name: string, rule: Rule])[] = [
  ["content-length", CONTENT_LENGTH],
  ["origin", ORIGIN],
  ["authorization", AUTHORIZATION],
  ["sec-websocket-version", VERSIONS],
];

/**
 * Whether the value of one of the {@link singletons} is several values: `Headers` joins them by commas, which neither an
 * origin nor a version contains.
 */
export function isSeveral(name: string, value: string | null): boolean {
  return value !== null && value.includes(",") && (name === "origin" || name === "sec-websocket-version");
}
