/** Writes the head of an HTTP/1.1 message (RFC 9112 §3, §4, §5). */
import { latin1, type Bytes } from "../core/bytes.ts";
import type { Field } from "./field.ts";

/** Formats a start line and its fields, with names as spelled. */
export function formatHead(startLine: string, fields: readonly Field[]): Bytes {
  let text = `${startLine}\r\n`;
  for (const [name, value] of fields) text += `${name}: ${value}\r\n`;
  return latin1(`${text}\r\n`);
}

export function statusLine(status: number): string {
  return `HTTP/1.1 ${status} ${REASONS[status] ?? ""}`;
}

/** Reason phrases, for people only: programs ignore them (RFC 9112 §4). */
const REASONS: Readonly<Record<number, string>> = {
  101: "Switching Protocols",
  200: "OK",
  204: "No Content",
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  304: "Not Modified",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  426: "Upgrade Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
};
