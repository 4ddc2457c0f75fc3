/** Imports HTTP Archives (HAR 1.2) with WebSocket messages, as DevTools, Playwright and `toHAR` write them. */
import { concat, EMPTY, latin1, type Bytes } from "../../core/bytes.ts";
import { firstByte, writeFrame } from "../../core/frameWriter.ts";
import { Opcode } from "../../core/opcodes.ts";
import { requireKind } from "../../core/options.ts";
import { OutputQueue } from "../../core/outputQueue.ts";
import { encodeText } from "../../core/utf8.ts";
import { isToken } from "../../handshake/headerGrammar.ts";
import { fromBase64 } from "../hex.ts";
import { capturedConnection, CaptureError, type CapturedChunk, type CapturedConnection } from "./captured.ts";

/** An unchecked object of the file. */
type Loose = Readonly<Record<string, unknown>>;

/**
 * DevTools count seconds since 1970, Playwright 1.64 milliseconds. As seconds this is the year 5138, as milliseconds it
 * is 1973.
 */
const MAX_SECONDS = 1e11;

/**
 * Returns the WebSocket connections of an HTTP Archive, in the order of its entries. Takes the object that `JSON.parse`
 * returns. An archive has messages, not bytes: this makes the bytes up again, with heads in HTTP/1.1, each message in
 * one frame, uncompressed, and a masking key of zeros.
 *
 * Throws {@link CaptureError} if it is not an archive, or if an entry is malformed; the message says which.
 *
 * @example
 * ```ts
 * import { WSConnection } from "websocket-over";
 * import { decode, fromHAR, messagesOf, tap, toHAR } from "websocket-over/inspect";
 *
 * const client = new WSConnection("client", { handshake: "none" });
 * const trace = tap(client);
 * client.sendData("hello");
 * client.bytesToSend();
 * const [connection] = fromHAR(JSON.parse(JSON.stringify(toHAR(trace))));
 * const [message] = messagesOf(decode(connection!.streams));
 * console.log(message!.sender, new TextDecoder().decode(message!.content)); // → client hello
 * ```
 */
export function fromHAR(har: object): CapturedConnection[] {
  requireKind("fromHAR() takes the object of an HTTP Archive,", har, "an object");
  const { log } = har as { readonly log?: unknown };
  const entries = isObject(log) ? log.entries : undefined;
  if (!Array.isArray(entries)) throw malformed("log.entries", "a list: this is no HTTP Archive");
  return (entries as readonly unknown[]).flatMap((entry, i) => {
    const where = `log.entries[${i}]`;
    if (!isObject(entry)) throw malformed(where, "an object");
    const isWebSocket = entry._webSocketMessages !== undefined || entry._resourceType === "websocket";
    return isWebSocket ? [connectionOf(entry, where)] : [];
  });
}

function connectionOf(entry: Loose, where: string): CapturedConnection {
  const request = objectIn(entry, "request", where);
  const response = objectIn(entry, "response", where);
  const address = stringIn(request, "url", `${where}.request`);
  if (!URL.canParse(address)) throw malformed(`${where}.request.url`, "a URL");
  const url = new URL(address);
  const startMs = Date.parse(stringIn(entry, "startedDateTime", where));
  if (Number.isNaN(startMs)) throw malformed(`${where}.startedDateTime`, "a time");
  const chunks: CapturedChunk[] = [];
  const requested = headerLines(request, `${where}.request`);
  // An entry without headers stands for a handshake that was not captured.
  if (requested.length > 0) {
    const host = requested.some((line) => /^host:/i.test(line)) ? [] : [`Host: ${url.host}`];
    const line = `${stringIn(request, "method", `${where}.request`)} ${url.pathname}${url.search} HTTP/1.1`;
    chunks.push({ sender: "client", timeMs: startMs, bytes: head(line, [...host, ...requested]) });
  }
  const messages = entry._webSocketMessages ?? [];
  if (!Array.isArray(messages)) throw malformed(`${where}._webSocketMessages`, "a list");
  const frames: CapturedChunk[] = [];
  for (const [i, message] of (messages as readonly unknown[]).entries()) {
    frames.push(frameOf(message, `${where}._webSocketMessages[${i}]`, frames.at(-1)?.timeMs ?? startMs));
  }
  const { status } = response;
  if (typeof status !== "number") throw malformed(`${where}.response.status`, "a number");
  if (status > 0) {
    const text = typeof response.statusText === "string" ? response.statusText : "";
    const bytes = head(`HTTP/1.1 ${status} ${text}`, headerLines(response, `${where}.response`));
    const body = status === 101 ? EMPTY : bodyOf(response, `${where}.response`);
    // What DevTools count as waiting may last longer than the handshake.
    const timeMs = Math.min(startMs + waited(entry), frames[0]?.timeMs ?? Infinity);
    chunks.push({ sender: "server", timeMs, bytes: concat([bytes, body]) });
  }
  chunks.push(...frames);
  return capturedConnection(chunks, { addresses: { client: "", server: url.host }, missing: [] });
}

/** How long the answer took, in milliseconds, as far as the entry says. */
function waited({ timings }: Loose): number {
  const { send, wait } = isObject(timings) ? timings : {};
  return [send, wait].reduce<number>((sum, ms) => sum + (typeof ms === "number" && ms > 0 ? ms : 0), 0);
}

/** The lines of a head, without those that HTTP/1.1 does not have, such as `:method`. */
function headerLines(message: Loose, where: string): string[] {
  const { headers } = message;
  if (!Array.isArray(headers)) throw malformed(`${where}.headers`, "a list");
  return (headers as readonly unknown[]).flatMap((header, i) => {
    const at = `${where}.headers[${i}]`;
    if (!isObject(header)) throw malformed(at, "an object");
    const name = stringIn(header, "name", at);
    const value = stringIn(header, "value", at);
    return isToken(name) ? [`${name}: ${value.replace(/[\r\n]+/g, " ")}`] : [];
  });
}

function head(startLine: string, lines: readonly string[]): Bytes {
  const text = [startLine.replace(/[\r\n]+/g, " "), ...lines, "", ""].join("\r\n");
  return latin1(text.replace(/[^\0-\xff]/g, "?"));
}

function bodyOf({ content }: Loose, where: string): Bytes {
  if (!isObject(content) || content.text === undefined) return EMPTY;
  const text = stringIn(content, "text", `${where}.content`);
  if (content.encoding !== "base64") return encodeText(text);
  const bytes = fromBase64(text);
  if (bytes === undefined) throw malformed(`${where}.content.text`, "Base64");
  return bytes;
}

/** `beforeMs`: the time of the message before, for a message without one, which Playwright marks with -1. */
function frameOf(message: unknown, where: string, beforeMs: number): CapturedChunk {
  if (!isObject(message)) throw malformed(where, "an object");
  const { type, time, opcode } = message;
  if (type !== "send" && type !== "receive") throw malformed(`${where}.type`, '"send" or "receive"');
  if (typeof time !== "number" || !Number.isFinite(time)) throw malformed(`${where}.time`, "a number of seconds");
  const timeMs = time < 0 ? beforeMs : time < MAX_SECONDS ? time * 1000 : time;
  if (!Number.isInteger(opcode) || (opcode as number) < 0 || (opcode as number) > 15) {
    throw malformed(`${where}.opcode`, "a number from 0 to 15");
  }
  const data = stringIn(message, "data", where);
  const payload = opcode === Opcode.TEXT ? encodeText(data) : fromBase64(data);
  if (payload === undefined) throw malformed(`${where}.data`, "Base64");
  const output = new OutputQueue();
  const key = type === "send" ? new Uint8Array(4) : undefined;
  writeFrame(output, firstByte(opcode as number, true, 0), payload, key, true);
  return { sender: type === "send" ? "client" : "server", timeMs, bytes: output.take() };
}

function isObject(value: unknown): value is Loose {
  return typeof value === "object" && value !== null;
}

function objectIn(object: Loose, name: string, where: string): Loose {
  const value = object[name];
  if (!isObject(value)) throw malformed(`${where}.${name}`, "an object");
  return value;
}

function stringIn(object: Loose, name: string, where: string): string {
  const value = object[name];
  if (typeof value !== "string") throw malformed(`${where}.${name}`, "a string");
  return value;
}

function malformed(where: string, expected: string): CaptureError {
  return new CaptureError(`${where} is not ${expected}`, "format");
}
