/** A value that was read from a payload, as a tree that opens. */
import type { VNode } from "preact";
import { cutText, hex } from "../model/format.ts";

/** The first of a long list, and of a long text. */
const MAX_ENTRIES = 100;
const MAX_CHARACTERS = 500;
const MAX_BYTES = 64;
/** What is deeper opens by a click. */
const OPEN_DEPTH = 2;
/** The deepest that is shown. */
const MAX_DEPTH = 50;

interface Props {
  readonly name?: string;
  readonly value: unknown;
  readonly depth?: number;
}

export function ValueTree({ name, value, depth = 0 }: Props): VNode {
  const entries = depth > MAX_DEPTH ? undefined : entriesOf(value);
  const label = name === undefined ? null : <b>{name}: </b>;
  if (entries === undefined) {
    return (
      <span class="leaf">
        {label}
        <code>{leafText(value)}</code>
      </span>
    );
  }
  const isList = Array.isArray(value);
  return (
    <details open={depth < OPEN_DEPTH}>
      <summary>
        {label}
        <span class="of">{isList ? `[${entries.length}]` : `{${entries.length}}`}</span>
      </summary>
      <ul>
        {entries.slice(0, MAX_ENTRIES).map(([key, inner], index) => (
          <li key={index}>
            <ValueTree name={key} value={inner} depth={depth + 1} />
          </li>
        ))}
        {entries.length > MAX_ENTRIES && <li>{(entries.length - MAX_ENTRIES).toLocaleString("en")} more</li>}
      </ul>
    </details>
  );
}

/** What is inside; `undefined` for a value without an inside. */
function entriesOf(value: unknown): (readonly [string, unknown])[] | undefined {
  if (Array.isArray(value)) return value.map((inner, index) => [String(index), inner]);
  if (value instanceof Map) return Array.from(value, ([key, inner]) => [leafText(key), inner]);
  if (typeof value !== "object" || value === null || value instanceof Date || ArrayBuffer.isView(value)) {
    return undefined;
  }
  return Object.entries(value);
}

function leafText(value: unknown): string {
  if (typeof value === "string") return cutText(JSON.stringify(value), MAX_CHARACTERS);
  if (value instanceof Uint8Array) {
    return `${value.length} bytes ${hex(value.subarray(0, MAX_BYTES))}${value.length > MAX_BYTES ? " …" : ""}`;
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "no date" : value.toISOString();
  if (typeof value === "object" && value !== null) return JSON.stringify(value) ?? "…";
  return String(value);
}
