/** A filter for the ladder, as a person types it: `opcode:ping from:server size>1k "some text" is:broken`. */
import type { WireItem } from "../model/timeline.ts";
import { contentOf } from "../../src/inspect/index.ts";
import { spokenLabel, violates } from "./labels.ts";

export type Keeps = (item: WireItem) => boolean;

const OPCODES: Readonly<Record<string, number>> = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };
const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 * 1024 };

/** Every term has to hold. Returns a sentence for a term that means nothing; `undefined` for no term at all. */
export function filterOf(text: string): Keeps | string | undefined {
  const terms: Keeps[] = [];
  for (const [, name = "", sign, quoted, plain = ""] of text.matchAll(/(?:(\w+)([:<>]))?(?:"([^"]*)"?|(\S+))/g)) {
    const term = termOf(name.toLowerCase(), sign, quoted ?? plain);
    if (typeof term === "string") return term;
    terms.push(term);
  }
  return terms.length === 0 ? undefined : (item) => terms.every((keeps) => keeps(item));
}

function termOf(name: string, sign: string | undefined, value: string): Keeps | string {
  switch (`${name}${sign ?? ""}`) {
    case "opcode:":
      return opcodeIs(value.toLowerCase());
    case "from:":
      if (value !== "client" && value !== "server") return "Write from:client or from:server.";
      return (item) => item.from === value;
    case "size>":
    case "size<":
      return sizeIs(sign === ">", value.toLowerCase());
    case "is:":
      return value === "broken" ? violates : "Write is:broken for what breaks a rule.";
    case "text:":
    case "": {
      const sought = value.toLowerCase();
      return (item) => spokenLabel(item).toLowerCase().includes(sought) || contentText(item).includes(sought);
    }
    default:
      return `There is no “${name}”: write opcode:, from:, size>, size<, text: or is:broken.`;
  }
}

const decoder = new TextDecoder();
/** Of complete frames. */
const texts = new WeakMap<WireItem, string>();

/** What the frame carries, as text in small letters: the label has only its start. */
function contentText(item: WireItem): string {
  if (item.kind !== "record" || item.record.kind !== "frame" || item.arrived === undefined) return "";
  const text = texts.get(item) ?? decoder.decode(contentOf(item.record)).toLowerCase();
  texts.set(item, text);
  return text;
}

function opcodeIs(value: string): Keeps | string {
  const opcode = OPCODES[value] ?? (/^0x[\da-f]$/.test(value) ? Number(value) : undefined);
  if (opcode === undefined)
    return `There is no opcode “${value}”: write one of ${Object.keys(OPCODES).join(", ")}, or 0x3.`;
  return (item) => item.kind === "record" && item.record.kind === "frame" && item.record.opcode === opcode;
}

function sizeIs(above: boolean, value: string): Keeps | string {
  const [, digits, unit = ""] = /^(\d+)([km]?)$/.exec(value) ?? [];
  if (digits === undefined) return "Write a size in bytes, such as size>100 or size<2k.";
  const limit = Number(digits) * UNITS[unit]!;
  return (item) => {
    const size = sizeOf(item);
    return size !== undefined && (above ? size > limit : size < limit);
  };
}

/** The payload of a frame, or all bytes of any other record. */
function sizeOf(item: WireItem): number | undefined {
  if (item.kind === "break") return undefined;
  if (item.kind === "chunk") return item.length ?? 0;
  return item.record.kind === "frame" ? item.record.payloadLength : item.record.length;
}
