/** Failures of the command: what each says in one line, and its exit status. */
import { DialError } from "../transports/dialError.ts";
import { WebSocketError, type Rejection } from "../stream/webSocketError.ts";
import { textOf } from "../transports/textOf.ts";
import { visible } from "./visible.ts";

export const ExitStatus = { DONE: 0, FAILED: 1, USAGE: 2 } as const;
export type ExitStatus = (typeof ExitStatus)[keyof typeof ExitStatus];

/** The arguments are wrong. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What went wrong, in words for the user. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** One line that says what happened, and no stack. */
export function complaint(error: unknown): string {
  const text = sentence(error);
  return text.replace(/\s*[\r\n]+\s*/g, " ").trim() || "it failed, and nothing says why";
}

function sentence(error: unknown): string {
  if (error instanceof WebSocketError) {
    if (error.rejection !== undefined) return `${error.message}${bodyOf(error.rejection)}`;
    // The dial's own error says more than the one around it.
    return error.cause instanceof DialError ? sentence(error.cause) : error.message;
  }
  if (error instanceof DialError) return inWordsOfTheCommand(error.message);
  return systemError(error) ?? textOf(error);
}

/** A dial's advice names options of the library. */
function inWordsOfTheCommand(message: string): string {
  return message
    .replace("pass its CA's certificate as tls.ca", "trust its CA with --ca FILE")
    .replace(LIBRARY_OPTION, "");
}

const LIBRARY_OPTION = /; see the option \w+$/;

/** The most that is shown of a body, in characters. */
const SHOWN = 200;

/** What the body of a refusal says, if it is text. */
function bodyOf({ headers, body }: Rejection): string {
  const type = headers.get("content-type") ?? "";
  const location = headers.get("location");
  if (location !== null) return `, to ${printable(location)}: redirects are not followed`;
  if (body.length === 0) return "";
  const text = new TextDecoder().decode(body.subarray(0, 64 * 1024));
  // ws says of every body that it is HTML.
  if (/^\s*<[!a-z]/i.test(text) && (/html/i.test(type) || /^\s*<(!doctype|html)/i.test(text))) {
    const title = /<title[^>]*>([^<]*)/i.exec(text)?.[1]?.trim();
    return `: it answers with a web page${title ? `, "${printable(title)}"` : ""}; is the path of the URL right?`;
  }
  const isText = /^text\/|json|xml/i.test(type) || (type === "" && !text.includes("\ufffd"));
  return isText ? `: ${printable(text.trim())}` : "";
}

/** The start of a text in one line. */
function printable(text: string): string {
  const line = visible(text.replace(/\s+/g, " "));
  return line.length > SHOWN ? `${line.slice(0, SHOWN)} …` : line;
}

const isText = (value: unknown): value is string => typeof value === "string";

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program listens there already; choose another port",
  EADDRNOTAVAIL: "this machine has no such address",
  EACCES: "that is not allowed to this user",
  ENOENT: "there is no such file",
  ENOTFOUND: "the name has no address",
  EISDIR: "that is a folder",
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "the other end broke the connection",
  EPIPE: "the other end broke the connection",
};

function systemError(error: unknown): string | undefined {
  const { code, path, address, port } = Object(error) as Record<string, unknown>;
  const words = typeof code === "string" ? SYSTEM_ERRORS[code] : undefined;
  if (words === undefined) return undefined;
  const where = [path, typeof port === "number" ? `${String(address)}:${port}` : address].find(isText);
  return where === undefined ? words : `${where}: ${words}`;
}
