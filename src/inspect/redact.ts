/** What is taken out of records before they are kept or leave: payloads, and header values that are secrets. */
import type { Bytes } from "../core/bytes.ts";
import { Opcode } from "../core/opcodes.ts";
import { encodeText } from "../core/utf8.ts";
import type { PlainEvent } from "./plainEvent.ts";
import { contentOf, type BodyRecord, type FrameRecord, type HeadRecord, type TraceRecord } from "./record.ts";

export interface Redaction {
  /**
   * `"length"` leaves nothing of a payload but how long it was. A function is given what was kept of it, decoded and
   * unmasked, and returns what is to be shown in its place. Nothing is redacted by default. Close codes stay.
   */
  readonly payload?:
    "length" | ((content: Uint8Array, record: FrameRecord | BodyRecord) => Uint8Array | string) | undefined;
  /** Names of headers whose values are overwritten. {@link secretHeaders} by default where a file is written, else none. */
  readonly headers?: readonly string[] | undefined;
}

/** Headers that let whoever has them act for somebody else. */
export const secretHeaders: readonly string[] = ["authorization", "cookie", "proxy-authorization", "set-cookie"];

/** `x`: stands in text as in bytes, and in a header. */
const FILLER = 0x78;

/** The record without what is redacted: itself, if that is nothing. It is changed in no case. */
export function redactRecord<Kind extends TraceRecord>(record: Kind, redaction: Redaction): Kind;
export function redactRecord(record: TraceRecord, redaction: Redaction): TraceRecord {
  const { payload, headers = [] } = redaction;
  const secrets = new Set(headers.map((name) => name.toLowerCase()));
  let redacted = record;
  if (secrets.size > 0 && record.kind === "head") redacted = redactHead(record, secrets);
  if (payload !== undefined && record.kind !== "head") redacted = redactPayload(record, payload);
  if (secrets.size === 0 && payload === undefined) return record;
  return { ...redacted, events: redacted.events.map((event) => redactEvent(event, secrets, payload !== undefined)) };
}

function redactHead(record: HeadRecord, secrets: ReadonlySet<string>): HeadRecord {
  const bytes = record.bytes.slice();
  const fields = record.fields.map((field) => {
    if (!secrets.has(field.key)) return field;
    bytes.fill(FILLER, field.valueStart, field.valueStart + field.value.length);
    return { ...field, value: filler(field.value.length) };
  });
  return { ...record, bytes, fields };
}

function redactPayload(
  record: FrameRecord | BodyRecord,
  how: Exclude<Redaction["payload"], undefined>,
): FrameRecord | BodyRecord {
  const shown = (content: Bytes): Bytes => {
    if (how === "length") return new Uint8Array(content.length).fill(FILLER);
    const given = how(content, record);
    return typeof given === "string" ? encodeText(given) : new Uint8Array(given);
  };
  if (record.kind === "body") return { ...record, bytes: shown(record.bytes) };
  if (record.opcode === Opcode.CLOSE && record.close !== undefined) {
    const code = record.payload.subarray(0, 2);
    const payload = new Uint8Array(record.payload.length).fill(FILLER);
    payload.set(code);
    return { ...record, redacted: true, payload, close: { code: record.close.code, reason: "" } };
  }
  const content = shown(contentOf(record));
  if (record.inflated === undefined) return { ...record, redacted: true, payload: content };
  const payload = new Uint8Array(record.payload.length).fill(FILLER);
  return { ...record, redacted: true, payload, inflated: content };
}

/** Events of records have no payload, but headers and what a Close frame says. */
export function redactEvent(event: PlainEvent, secrets: ReadonlySet<string>, reasons: boolean): PlainEvent {
  const redacted: Record<string, unknown> & { type: PlainEvent["type"] } = { ...event };
  if (Array.isArray(event.headers)) redacted.headers = redactHeaders(event.headers as [string, string][], secrets);
  if (!reasons) return redacted;
  if (typeof event.reason === "string") redacted.reason = "";
  for (const side of ["sent", "received"]) {
    if (event[side] !== undefined) redacted[side] = { ...(event[side] as object), reason: "" };
  }
  return redacted;
}

export function redactHeaders(
  headers: readonly (readonly [name: string, value: string])[],
  secrets: ReadonlySet<string>,
): [name: string, value: string][] {
  return headers.map(([name, value]) => [name, secrets.has(name.toLowerCase()) ? filler(value.length) : value]);
}

function filler(length: number): string {
  return String.fromCharCode(FILLER).repeat(length);
}
