/** Exports a capture as an HTTP Archive (HAR 1.2), with the messages where Chromium's DevTools write and read them. */
import { concat } from "../../core/bytes.ts";
import { Opcode } from "../../core/opcodes.ts";
import { checkOptions, type OptionTable } from "../../core/options.ts";
import { decodeWhole } from "../../core/utf8.ts";
import { parseTarget } from "../../handshake/requestTarget.ts";
import { fieldValue } from "../decode/headRules.ts";
import { latin1Text } from "../decode/headDecoder.ts";
import { toBase64 } from "../hex.ts";
import { messagesOf, type Message } from "../decode/messages.ts";
import type { BodyRecord, HeadRecord } from "../record.ts";
import { exported, redactionTable, Redactor, type Redaction } from "../redact.ts";
import { isChunked } from "../decode/streamDecoder.ts";
import { capturesOf, type Capture } from "../trace.ts";
import { version } from "./version.ts";

/** The options of {@link toHAR}. */
export interface HAROptions {
  /** Whether the transport is encrypted; the URL is then `wss`. */
  readonly encrypted?: boolean | undefined;
  /** By default secrets in heads are overwritten, because archives are made to be shared. */
  readonly redact?: Redaction | undefined;
}

const table: OptionTable<HAROptions> = { encrypted: "a boolean", redact: redactionTable };

/** A header, a cookie or a query parameter in an archive; see {@link toHAR}. */
export interface HARNameValue {
  readonly name: string;
  readonly value: string;
}

/**
 * A message, or a control frame.
 *
 * @see {@link toHAR}
 */
export interface HARWebSocketMessage {
  /** From the client's point of view. */
  readonly type: "send" | "receive";
  /** When it was complete, in seconds since 1970. */
  readonly time: number;
  readonly opcode: number;
  /** Text unchanged; everything else in Base64. */
  readonly data: string;
  /** The original length in bytes, if less is kept. */
  readonly _length?: number;
  /** Set if the message was broken off. */
  readonly _incomplete?: true;
}

/** A connection in an archive; see {@link toHAR}. */
export interface HAREntry {
  readonly startedDateTime: string;
  readonly time: number;
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly httpVersion: string;
    readonly cookies: readonly HARNameValue[];
    readonly headers: readonly HARNameValue[];
    readonly queryString: readonly HARNameValue[];
    readonly headersSize: number;
    readonly bodySize: number;
  };
  readonly response: {
    readonly status: number;
    readonly statusText: string;
    readonly httpVersion: string;
    readonly cookies: readonly HARNameValue[];
    readonly headers: readonly HARNameValue[];
    readonly content: {
      readonly size: number;
      readonly mimeType: string;
      /** The body: unchanged if it is UTF-8, otherwise in Base64. */
      readonly text?: string;
      readonly encoding?: "base64";
    };
    readonly redirectURL: string;
    readonly headersSize: number;
    readonly bodySize: number;
  };
  readonly cache: Readonly<Record<string, never>>;
  readonly timings: { readonly send: number; readonly wait: number; readonly receive: number };
  readonly _resourceType: "websocket";
  readonly _webSocketMessages: readonly HARWebSocketMessage[];
}

/** An HTTP Archive, as {@link toHAR} returns it. */
export interface HAR {
  readonly log: {
    readonly version: "1.2";
    readonly creator: { readonly name: string; readonly version: string };
    readonly entries: readonly HAREntry[];
  };
}

/**
 * Exports one entry for each capture, with the handshake as its request and response. `_webSocketMessages` lists the
 * messages and control frames. If a connection had no handshake, or it was not captured, a placeholder request takes
 * its place. Returns plain data for `JSON.stringify`.
 *
 * @example
 * ```ts
 * import { WSConnection } from "websocket-over";
 * import { tap, toHAR } from "websocket-over/inspect";
 *
 * const client = new WSConnection("client", { handshake: "none", masking: false });
 * const trace = tap(client);
 * client.sendData("hello");
 * client.bytesToSend();
 * console.log(toHAR(trace).log.entries[0]?._webSocketMessages[0]?.data); // → hello
 * ```
 */
export function toHAR(captures: Capture | readonly Capture[], options: HAROptions = {}): HAR {
  const list = capturesOf("toHAR()", captures);
  checkOptions("toHAR()", options, table);
  const entries = list.map((capture) => entryOf(capture, options));
  return { log: { version: "1.2", creator: { name: "websocket-over", version }, entries } };
}

function entryOf(capture: Capture, { encrypted = false, redact }: HAROptions): HAREntry {
  const redactor = new Redactor({ ...exported, ...redact });
  const records = capture.records.map((record) => redactor.record(record));
  const heads = records.filter((record): record is HeadRecord => record.kind === "head");
  const request = heads.find(({ message }) => message === "request");
  const response = heads.findLast(({ message }) => message === "response");
  const { timeMs: baseMs, epochMs } = capture.clock ?? { timeMs: 0, epochMs: 0 };
  const body = records.find((record) => record.kind === "body");
  const epochOf = (timeMs: number): number => epochMs + timeMs - baseMs;
  const startMs = records[0]?.firstMs ?? baseMs;
  const askedMs = request?.lastMs ?? startMs;
  const answeredMs = response?.lastMs ?? askedMs;
  const endMs = records.reduce((latest, { lastMs }) => Math.max(latest, lastMs), answeredMs);
  return {
    startedDateTime: new Date(epochOf(startMs)).toISOString(),
    time: endMs - startMs,
    request: requestOf(request, encrypted ? "wss" : "ws"),
    response: responseOf(response, body),
    cache: {},
    timings: {
      send: askedMs - startMs,
      wait: Math.max(answeredMs - askedMs, 0),
      receive: Math.max(endMs - answeredMs, 0),
    },
    _resourceType: "websocket",
    _webSocketMessages: messagesOf(records).map((message) => messageOf(message, epochOf)),
  };
}

function requestOf(head: HeadRecord | undefined, scheme: string): HAREntry["request"] {
  const [method = "GET", target = "/", httpVersion = "HTTP/1.1"] = (head?.startLine ?? "").split(" ").filter(Boolean);
  const query = /\?([^#]*)/.exec(target)?.[1] ?? "";
  return {
    method,
    url: urlOf(target, (head && fieldValue(head, "host")) ?? "localhost", scheme),
    httpVersion,
    cookies: cookiesIn(head, "cookie"),
    headers: headersOf(head),
    queryString: [...new URLSearchParams(query)].map(([name, value]) => ({ name, value })),
    headersSize: head?.bytes.length ?? -1,
    bodySize: 0,
  };
}

/** A URL without spaces, even if target or host are malformed: HAR readers require one. */
function urlOf(target: string, host: string, otherwise: string): string {
  const { scheme, authority = host, resource } = parseTarget(target) ?? { resource: target.replace(/^(?!\/)/, "/") };
  return `${scheme ?? otherwise}://${authority}${resource}`.replace(
    /[^\x21-\x7e]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

/** A response that has not arrived has the status 0, as in DevTools. */
function responseOf(head: HeadRecord | undefined, record: BodyRecord | undefined): HAREntry["response"] {
  const raw = record?.bytes;
  const inChunks = head !== undefined && isChunked(head);
  const body = raw !== undefined && inChunks ? unchunked(raw) : raw;
  const [httpVersion = "", , ...reason] = (head?.startLine ?? "").split(" ");
  return {
    status: head?.status ?? 0,
    statusText: reason.join(" "),
    httpVersion,
    cookies: cookiesIn(head, "set-cookie"),
    headers: headersOf(head),
    content: {
      size: (inChunks ? body?.length : record?.length) ?? 0,
      mimeType: (head && fieldValue(head, "content-type")) ?? "x-unknown",
      ...(body !== undefined && contentOf(body)),
    },
    redirectURL: (head && fieldValue(head, "location")) ?? "",
    headersSize: head?.bytes.length ?? -1,
    bodySize: record?.length ?? 0,
  };
}

/** The body without the lines between its chunks (RFC 9112 §7.1), as far as they can be parsed. */
function unchunked(raw: Uint8Array): Uint8Array {
  const chunks: Uint8Array[] = [];
  for (let at = 0; ;) {
    const size = /^([0-9a-f]{1,8})[^\r\n]*\r\n/i.exec(latin1Text(raw.subarray(at, at + 256)));
    if (size === null || parseInt(size[1]!, 16) === 0) return concat(chunks);
    at += size[0].length;
    const end = at + parseInt(size[1]!, 16);
    chunks.push(raw.subarray(at, end));
    at = end + 2;
  }
}

function contentOf(body: Uint8Array): { text: string; encoding?: "base64" } {
  const text = textOf(body);
  return text === undefined ? { text: toBase64(body), encoding: "base64" } : { text };
}

function messageOf(message: Message, epochOf: (timeMs: number) => number): HARWebSocketMessage {
  const { sender, opcode, content, length, complete, timeMs, frames } = message;
  const text = opcode === Opcode.TEXT ? textOf(content) : undefined;
  const cut = length > content.length || frames.some((frame) => frame.redacted);
  return {
    type: sender === "client" ? "send" : "receive",
    time: epochOf(timeMs) / 1000,
    opcode,
    data: text ?? (opcode === Opcode.TEXT ? new TextDecoder().decode(content) : toBase64(content)),
    ...(cut && { _length: length }),
    ...(!complete && { _incomplete: true as const }),
  };
}

function headersOf(head: HeadRecord | undefined): HARNameValue[] {
  return (head?.fields ?? []).map(({ name, value }) => ({ name, value }));
}

/** `Cookie` lists several cookies. `Set-Cookie` has one, followed by attributes. */
function cookiesIn(head: HeadRecord | undefined, key: string): HARNameValue[] {
  const lines = (head?.fields ?? []).filter((field) => field.key === key).map(({ value }) => value);
  const cookies =
    key === "cookie" ? lines.flatMap((line) => line.split(";")) : lines.map((line) => line.split(";")[0]!);
  return cookies.map((cookie) => {
    const at = cookie.indexOf("=");
    return { name: cookie.slice(0, Math.max(at, 0)).trim(), value: cookie.slice(at + 1).trim() };
  });
}

function textOf(bytes: Uint8Array): string | undefined {
  return decodeWhole(bytes as Uint8Array<ArrayBuffer>);
}
