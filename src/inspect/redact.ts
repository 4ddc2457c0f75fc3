/** Redacts payloads and secrets in heads, before records are kept or exported. */
import { copyOf, latin1, type Bytes } from "../core/bytes.ts";
import type { AgreedExtension } from "../core/extension.ts";
import { Opcode } from "../core/opcodes.ts";
import { checkOptions, requireKind, type OptionTable } from "../core/options.ts";
import { encodeText } from "../core/utf8.ts";
import { parseExtensions } from "../handshake/headerGrammar.ts";
import { ChunkScanner } from "./decode/chunkScanner.ts";
import { fieldsOf, latin1Text, linesOf } from "./decode/headDecoder.ts";
import type { PlainEvent } from "./plainEvent.ts";
import { contentOf, type BodyRecord, type FrameRecord, type HeadRecord, type TraceRecord } from "./record.ts";
import { isSecretHeader, overwrite, Secrets, secretTable, type SecretOptions } from "./secrets.ts";

/**
 * What to overwrite. Traces overwrite nothing by default. Exports, which are made to be shared, by default overwrite
 * `tokens` and the headers that `isSecretHeader` matches. Structure and length are preserved.
 *
 * @see {@link redactRecord}
 */
export interface Redaction extends SecretOptions {
  /**
   * `"length"` removes everything but the length of each payload. A function gets the bytes kept, decoded and unmasked,
   * and returns what to show instead. By default payloads are not redacted. Close codes are always kept.
   */
  readonly payload?:
    "length" | ((content: Uint8Array, record: FrameRecord | BodyRecord) => Uint8Array | string) | undefined;
}

export const redactionTable: OptionTable<Redaction> = { ...secretTable, payload: "a string or a function" };

/** The default of exports. */
export const exported: Redaction = { headers: isSecretHeader, tokens: true };

/** `x`, the filler in text and in bytes. */
const FILLER = 0x78;

/**
 * Returns a redacted copy of the record, or the record itself if nothing is redacted. Never modifies the record.
 *
 * @example
 * ```ts
 * import { decode, redactRecord } from "websocket-over/inspect";
 *
 * const client = new TextEncoder().encode("GET / HTTP/1.1\r\nHost: example.com\r\nAuthorization: Basic YTpi\r\n\r\n");
 * const [head] = decode({ client });
 * const shown = redactRecord(head!, { headers: ["authorization"] });
 * console.log(new TextDecoder().decode(shown.kind === "head" ? shown.bytes : undefined).split("\r\n")[2]); // → Authorization: xxxxx xxxx
 * ```
 */
export function redactRecord<Kind extends TraceRecord>(record: Kind, redaction: Redaction): Kind {
  requireKind("redactRecord() takes a record,", record, "{ kind, sender, events }");
  checkOptions("redactRecord()", redaction, redactionTable);
  return new Redactor(redaction).record(record);
}

/** Redacts the records and events of one conversation, in order: an answer repeats what its request offered. */
export class Redactor {
  readonly #payload: Redaction["payload"];
  readonly secrets: Secrets;

  constructor(redaction: Redaction) {
    this.#payload = redaction.payload;
    this.secrets = new Secrets(redaction);
  }

  record<Kind extends TraceRecord>(record: Kind, payload?: Redaction["payload"]): Kind;
  record(record: TraceRecord, payload = this.#payload): TraceRecord {
    if (!this.secrets.any && payload === undefined) return record;
    const { events } = record;
    let redacted = record.kind === "head" ? this.#head(record) : record;
    if (redacted.kind === "body") redacted = this.#body(redacted);
    if (payload !== undefined && redacted.kind !== "head") redacted = redactPayload(redacted, payload);
    return { ...redacted, events: events.map((event) => this.event(event)) };
  }

  /** Events in records have no payload, but they have headers and the reason of a Close frame. */
  event(event: PlainEvent): PlainEvent {
    const redacted: Record<string, unknown> & { type: PlainEvent["type"] } = { ...event };
    const { headers, subprotocols, subprotocol, extensions } = event;
    if (Array.isArray(headers)) {
      const shown = this.secrets.headers(headers as [string, string][]);
      redacted.headers = shown;
      if (Array.isArray(extensions)) redacted.extensions = extensionsIn(shown);
    }
    for (const name of ["target", "host", "origin", "statusText"]) {
      if (typeof event[name] === "string") redacted[name] = this.secrets.text(event[name]);
    }
    if (Array.isArray(subprotocols)) redacted.subprotocols = this.secrets.subprotocols(subprotocols as string[]);
    if (typeof subprotocol === "string") [redacted.subprotocol] = this.secrets.subprotocols([subprotocol]);
    if (this.#payload === undefined) return redacted;
    if (typeof event.reason === "string") redacted.reason = "";
    for (const side of ["sent", "received"]) {
      if (event[side] !== undefined) redacted[side] = { ...(event[side] as object), reason: "" };
    }
    return redacted;
  }

  #head(record: HeadRecord): HeadRecord {
    if (!this.secrets.any) return record;
    const bytes = latin1(this.secrets.head(latin1Text(record.bytes)));
    // An incomplete head has not been parsed yet.
    if (record.startLine === "" && record.fields.length === 0) return { ...record, bytes };
    const lines = linesOf(bytes);
    const fields = fieldsOf(lines);
    const annotations = new Map(record.fields.map(({ key }, i) => [`header.${key}`, `header.${fields[i]!.key}`]));
    return {
      ...record,
      bytes,
      startLine: lines[0]?.text ?? "",
      fields,
      requestKey: this.#requestKey(record),
      violations: record.violations.map((one) => ({ ...one, field: annotations.get(one.field) ?? one.field })),
    };
  }

  #requestKey({ requestKey }: HeadRecord): string | undefined {
    const name = "sec-websocket-key";
    return requestKey === undefined || this.secrets.hides(name) ? undefined : this.secrets.value(name, requestKey);
  }

  #body(record: BodyRecord): BodyRecord {
    if (!this.secrets.hidesHeaders) return record;
    const { trailersAt = record.bytes.length, message, hasExtensions } = record;
    if (message !== "unreadable" && !hasExtensions && trailersAt >= record.bytes.length) return record;
    const bytes = copyOf(record.bytes);
    this.hideInBody(record, bytes);
    return { ...record, bytes };
  }

  /** Overwrites possible header lines in the bytes of a body, and the extensions of its chunks. */
  hideInBody({ message, trailersAt, hasExtensions }: BodyRecord, bytes: Bytes): void {
    if (!this.secrets.hidesHeaders) return;
    if (hasExtensions) new ChunkScanner().scan(bytes, (at) => overwriteBytes(bytes, at, at + 1));
    overwriteBytes(bytes, message === "unreadable" ? 0 : (trailersAt ?? bytes.length));
  }
}

/** The extensions of an event, as its headers show them. */
function extensionsIn(headers: readonly [string, string][]): AgreedExtension[] {
  const values = headers
    .filter(([name]) => name.toLowerCase() === "sec-websocket-extensions")
    .map(([, value]) => value);
  return parseExtensions(values.join(", ")) ?? [];
}

/** Overwrites the bytes from `start` to `end`. */
function overwriteBytes(bytes: Bytes, start: number, end: number = bytes.length): void {
  bytes.set(latin1(overwrite(latin1Text(bytes.subarray(start, end)))), start);
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
