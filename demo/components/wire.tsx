/** The bytes between the two sides, chunk by chunk as they were written, both directions in one order. */
import type { VNode } from "preact";
import type { BoundedLog } from "../boundedLog.ts";
import type { WireEntry } from "../conversation.ts";
import { count, elapsed, hexRows } from "../format.ts";
import { splitHead } from "../httpHead.ts";
import { LogBox } from "./logBox.tsx";

/** Twelve rows. */
const MAX_DUMPED_BYTES = 96;

export function Wire({ log }: { readonly log: BoundedLog<WireEntry> }): VNode {
  return (
    <section class="panel wire" aria-label="The wire">
      <header class="panel-head">
        <h2>The wire</h2>
        <p class="legend">each chunk as it was written</p>
      </header>
      <LogBox log={log} label="Bytes on the wire" whenEmpty="No bytes yet." Row={ChunkRow} />
    </section>
  );
}

function ChunkRow({ entry: { atMs, from, chunk } }: { readonly entry: WireEntry }): VNode {
  return (
    <li class={`chunk from-${from}`}>
      <p class="entry-head">
        <b>{from === "client" ? "client → server" : "client ← server"}</b>
        <span>{chunk === null ? "end of stream" : count(chunk.length, "byte")}</span>
        <time>{elapsed(atMs)}</time>
      </p>
      {chunk !== null && <ChunkBody bytes={chunk.bytes} length={chunk.length} />}
    </li>
  );
}

function ChunkBody({ bytes, length }: { readonly bytes: Uint8Array; readonly length: number }): VNode {
  const { head, rest } = splitHead(bytes);
  const headLength = bytes.length - rest.length;
  const dumped = rest.subarray(0, MAX_DUMPED_BYTES);
  const hidden = length - headLength - dumped.length;
  return (
    <>
      {head !== "" && <pre class="head">{head}</pre>}
      {dumped.length > 0 && (
        <pre class="dump">
          {hexRows(dumped, headLength).map((row) => (
            <span key={row.offset}>
              <i>{row.offset}</i> {row.hex} <em>{row.ascii}</em>
              {"\n"}
            </span>
          ))}
        </pre>
      )}
      {hidden > 0 && <p class="note">+{count(hidden, "byte")}</p>}
    </>
  );
}
