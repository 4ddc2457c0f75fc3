/** The text on an arrow: the kind of frame, its length, its flags. */
import type { FrameRecord, TraceRecord } from "../../src/inspect/index.ts";
import { hex, quoted } from "../model/format.ts";
import type { WireItem } from "../model/timeline.ts";
import type { Fold } from "./folding.ts";

export interface Label {
  /** For example `TEXT`. */
  readonly kind: string;
  /** For example `5 B`. */
  readonly size: string;
  /** For example `FIN`, `MASK`. */
  readonly flags: readonly string[];
  /** The start of the content. */
  readonly gist: string;
}

const KINDS: Readonly<Record<number, string>> = {
  0: "CONTINUATION",
  1: "TEXT",
  2: "BINARY",
  8: "CLOSE",
  9: "PING",
  10: "PONG",
};
const GIST_CHARACTERS = 60;
const decoder = new TextDecoder();

/** Labels of complete items. */
const kept = new WeakMap<WireItem, Label>();

export function labelOf(item: WireItem): Label {
  const label = kept.get(item) ?? makeLabel(item);
  if (item.arrived !== undefined) kept.set(item, label);
  return label;
}

function makeLabel(item: WireItem): Label {
  switch (item.kind) {
    case "break":
      return { kind: "broke off", size: "", flags: [], gist: item.why };
    case "chunk":
      if (item.length === null) return { kind: "end of stream", size: "", flags: [], gist: "" };
      return { kind: "chunk", size: sizeText(item.length), flags: spoiltFlags(item.spoilt), gist: "" };
    case "record":
      return recordLabel(item.record, item.spoilt);
  }
}

export function violates(item: WireItem): boolean {
  return item.kind === "break" || (item.kind === "record" && item.record.violations.length > 0);
}

/** For a row that stands for several equal frames. */
export function foldLabel({ frames }: Fold): string {
  return `${frames.toLocaleString("en")} more like it`;
}

/** The same for screen readers. */
export function spokenLabel(item: WireItem): string {
  const { kind, size, flags, gist } = labelOf(item);
  const way = item.from === "client" ? "client to server" : "server to client";
  const broken = item.kind === "record" ? item.record.violations.map(({ message }) => message) : [];
  return [way, kind, size, ...flags, gist, ...broken].filter((part) => part !== "").join(", ");
}

function recordLabel(record: TraceRecord, spoilt: string | undefined): Label {
  const size = record.complete ? sizeText(record.length) : `${record.length} B so far`;
  switch (record.kind) {
    case "head":
      return { kind: record.message, size, flags: spoiltFlags(spoilt), gist: record.startLine };
    case "body":
      return { kind: record.message === "rejection" ? "body" : "not decoded", size, flags: [], gist: "" };
    case "frame": {
      const flags = [...frameFlags(record), ...spoiltFlags(spoilt)];
      const kind = record.header.length === 0 ? "…" : (KINDS[record.opcode] ?? `0x${record.opcode.toString(16)}`);
      const payload = record.header.length < 2 ? "" : sizeText(record.payloadLength);
      return { kind, size: record.complete ? payload : size, flags, gist: gistOf(record) };
    }
  }
}

function frameFlags({ fin, rsv, masked }: FrameRecord): string[] {
  const reserved = [1, 2, 3].filter((bit) => (rsv & (8 >> bit)) !== 0).map((bit) => `RSV${bit}`);
  return [...(fin ? ["FIN"] : []), ...reserved, ...(masked ? ["MASK"] : [])];
}

function spoiltFlags(spoilt: string | undefined): string[] {
  return spoilt === undefined ? [] : [spoilt];
}

function gistOf({ opcode, close, payload, inflated, messageType, redacted }: FrameRecord): string {
  if (redacted) return "";
  if (close !== undefined) return close.reason === "" ? `${close.code}` : `${close.code} ${quoted(close.reason)}`;
  const bytes = inflated ?? payload;
  if (messageType === "text" || opcode >= 9) {
    const text = decoder.decode(bytes.subarray(0, GIST_CHARACTERS * 2));
    return text === "" ? "" : quoted(text, GIST_CHARACTERS);
  }
  return hex(bytes.subarray(0, 12)) + (bytes.length > 12 ? " …" : "");
}

function sizeText(bytes: number): string {
  return bytes < 10_000 ? `${bytes} B` : `${Math.round(bytes / 1024).toLocaleString("en")} KiB`;
}
