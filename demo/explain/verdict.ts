/** The verdict on a connection in one sentence: what is wrong first, and what a correct peer does about it. */
import {
  annotate,
  messagesOf,
  rules,
  type Role,
  type Rule,
  type TraceRecord,
  type Violation,
} from "../../src/inspect/index.ts";
import { count, quoted } from "../model/format.ts";
import type { Found } from "./recognise.ts";

const TEXT = 1;
const BINARY = 2;

export interface Verdict {
  readonly sentence: string;
  /** The first rule that is broken, if one is. */
  readonly fault: Fault | undefined;
}

export interface Fault {
  readonly record: TraceRecord;
  readonly violation: Violation;
  /** The position of the first byte that breaks the rule, counted from 0 in its sender's bytes. */
  readonly byte: number;
}

export function verdictOf(records: readonly TraceRecord[], found: Found): Verdict {
  const fault = firstFault(records);
  if (found.content === "tls") {
    const how = "Decrypt them first: in Wireshark with the browser's SSLKEYLOGFILE, then export the decrypted bytes.";
    return { sentence: `These bytes are encrypted with TLS, so nothing in them can be read. ${how}`, fault: undefined };
  }
  const isUpgrade = records.some((record) => record.kind === "frame" || isSwitch(record));
  if (found.content === "http" && !isUpgrade) {
    return { sentence: "This is HTTP, and nobody in it asks for a WebSocket.", fault: undefined };
  }
  if (fault !== undefined) return { sentence: faultSentence(fault, found.oneWay), fault };
  if (records.length === 0) return { sentence: "There are no bytes to explain.", fault: undefined };
  const rest = [openEnd(records), lacking(found)].filter((part) => part !== "").join(" ");
  const sentence = `${rest === "" ? "Nothing is wrong" : "Nothing is wrong so far"}: ${gist(records)}.`;
  return { sentence: rest === "" ? sentence : `${sentence} ${rest}`, fault: undefined };
}

function isSwitch(record: TraceRecord): boolean {
  return (
    record.kind === "head" && record.fields.some(({ key, value }) => key === "upgrade" && /websocket/i.test(value))
  );
}

/** In the order in which the records came. */
function firstFault(records: readonly TraceRecord[]): Fault | undefined {
  for (const record of records) {
    const [violation] = record.violations;
    if (violation === undefined) continue;
    const field = annotate(record).find(({ violations }) => violations.includes(violation));
    return { record, violation, byte: field?.start ?? violation.offset };
  }
  return undefined;
}

function faultSentence({ record, violation, byte }: Fault, oneWay: boolean): string {
  const { message, section } = violation;
  const where = oneWay ? `Byte ${byte}` : `Byte ${byte} of the ${record.sender}`;
  return `${where}: ${inWords(violation, record.sender)} (${section}). ${reaction(violation, record.sender, message)}`;
}

/** The message of a rule, with the sender as its subject where that is plainer. */
function inWords({ code, message }: Violation, sender: Role): string {
  if (code === "maskMissing") return "the client did not mask";
  if (code === "maskUnexpected") return "the server masked";
  return `the ${sender} sent this: ${message}`;
}

/** What a peer that keeps to the rules does. */
function reaction({ code, section }: Violation, sender: Role, message: string): string {
  const peer = sender === "client" ? "server" : "client";
  if (code === "frameAfterClose") return `A correct ${peer} does not read it.`;
  const all = Object.values(rules).filter(
    (rule): rule is Rule => Array.isArray(rule) && rule[0] === code && rule[1] === section,
  );
  const [, , , closeCode, status] =
    all.find(([, , words]) => words.split("%").every((part) => message.includes(part))) ?? all[0] ?? [];
  if (closeCode !== undefined) return `A correct ${peer} closes with ${closeCode}.`;
  if (status !== undefined && peer === "server") return `A correct server answers with ${status}.`;
  // An extension's rule has no row in the table: it closes with the codes that this library does.
  if (section.startsWith("RFC 7692"))
    return `A correct ${peer} closes with ${section === "RFC 7692 §6" ? 1002 : 1007}.`;
  return `A correct ${peer} ends the connection.`;
}

function gist(records: readonly TraceRecord[]): string {
  const parts: string[] = [];
  const heads = records.filter(({ kind, length }) => kind === "head" && length > 0);
  if (heads.length > 0) parts.push(heads.length === 1 ? "one half of a handshake" : "a handshake");
  const messages = messagesOf([...records]).filter(({ opcode }) => opcode === TEXT || opcode === BINARY);
  for (const sender of ["client", "server"] as const) {
    const own = messages.filter((message) => message.sender === sender);
    const [first] = own;
    if (first === undefined) continue;
    const type = first.opcode === TEXT ? "text" : "binary";
    const text =
      own.length === 1 && type === "text" ? ` that says ${quoted(new TextDecoder().decode(first.content), 40)}` : "";
    const kind = own.length === 1 ? `${type} message` : "message";
    parts.push(`${count(own.length, kind)} from the ${sender}${text}`);
  }
  for (const [opcode, name] of [
    [9, "ping"],
    [10, "pong"],
  ] as const) {
    const all = records.filter((record) => record.kind === "frame" && record.opcode === opcode);
    if (all.length > 0) parts.push(count(all.length, name));
  }
  const closes = records.filter((record) => record.kind === "frame" && record.opcode === 8);
  if (closes.length > 0) parts.push(closes.length > 1 ? "a Close from both" : `a Close from the ${closes[0]!.sender}`);
  return parts.length === 0 ? count(records.length, "frame") : listed(parts);
}

function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)!}`;
}

/** What is missing at the end. */
function openEnd(records: readonly TraceRecord[]): string {
  const open = records.find(({ complete }) => !complete);
  if (open === undefined) return "";
  const of =
    open.kind === "frame" && open.header.length >= 2
      ? ` of ${(open.header.length + open.payloadLength).toLocaleString("en")}`
      : "";
  return `The last ${open.kind === "frame" ? "frame" : "head"} of the ${open.sender} is not whole: ${open.length.toLocaleString("en")}${of} bytes of it are here.`;
}

function lacking({ missing }: Found): string {
  const [first] = missing;
  if (first === undefined) return "";
  return `The capture lacks ${count(first.length, "byte")} of the ${first.sender}, from byte ${first.offset} on.`;
}
