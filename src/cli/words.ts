/** Records of a trace in words: one line for each, and one for each of its fields. */
import { frameKind } from "../inspect/counters.ts";
import { toHex } from "../inspect/hex.ts";
import { annotate, contentOf, type Annotation, type FrameRecord, type TraceRecord } from "../inspect/index.ts";
import type { Terminal } from "./terminal.ts";
import { visible } from "./visible.ts";

/** The most that a line shows of a payload, in characters or bytes. */
const SHOWN_CHARACTERS = 60;
const SHOWN_BYTES = 16;

/** The record with all its fields and the rules that it breaks. */
export function explainRecord(record: TraceRecord, terminal: Terminal): string {
  const { sender, violations } = record;
  const title = terminal.paint(sender === "client" ? "blue" : "green", titleOf(record));
  const broken = violations.map(({ message, section }) =>
    terminal.paint("red", `  broken rule: ${message} (${section})`),
  );
  return [title, ...fieldLines(annotate(record), 1, terminal), ...broken].join("\n");
}

export function titleOf(record: TraceRecord): string {
  const arrow = record.sender === "client" ? "client → server" : "server → client";
  const cut = record.complete ? "" : ", cut off";
  switch (record.kind) {
    case "head":
      return `${arrow}  ${record.message}: ${visible(record.startLine)}${cut}`;
    case "body":
      return `${arrow}  ${record.message === "rejection" ? "body of the answer" : "not understood"}, ${record.length} bytes${cut}`;
    case "frame":
      return `${arrow}  ${frameTitle(record)}${cut}`;
  }
}

function frameTitle(frame: FrameRecord): string {
  const { opcode, fin, payloadLength, close, messageType, inflatedLength } = frame;
  const name = frameKind(opcode);
  const kind = name === "reserved" ? `reserved opcode ${opcode}` : name;
  const size = inflatedLength === undefined ? `${payloadLength} bytes` : `${payloadLength} bytes for ${inflatedLength}`;
  const more = fin ? "" : ", more follows";
  if (close !== undefined) return `close ${close.code}${close.reason === "" ? "" : ` ${quoted(close.reason)}`}`;
  const content = contentOf(frame);
  if (content.length === 0) return `${kind}, ${size}${more}`;
  const isText = opcode === 1 || (opcode === 0 && messageType === "text");
  return `${kind}, ${size}${more}: ${isText ? quoted(new TextDecoder().decode(content)) : hexOf(content)}`;
}

export function hexOf(bytes: Uint8Array): string {
  const shown = toHex(bytes.subarray(0, SHOWN_BYTES), " ");
  return bytes.length > SHOWN_BYTES ? `${shown} …` : shown;
}

function quoted(text: string): string {
  return text.length > SHOWN_CHARACTERS ? `"${visible(text.slice(0, SHOWN_CHARACTERS))} …"` : `"${visible(text)}"`;
}

function fieldLines(fields: readonly Annotation[], depth: number, terminal: Terminal): string[] {
  return fields.flatMap(({ label, display, explanation, section, parts }) => {
    // The value of a header is explained with it.
    const further = parts.filter((part) => part.explanation !== explanation);
    const name = `${"  ".repeat(depth)}${label}`;
    const value = visible(display);
    return [
      `${name.padEnd(26)} ${value.padEnd(14)} ${terminal.paint("dim", `${explanation} (${section})`)}`,
      ...fieldLines(further, depth + 1, terminal),
    ];
  });
}
