/** The grammar of header values (RFC 9110 §5.6, RFC 6455 §9.1). Linear in time: no regular expression backtracks. */
import type { AgreedExtension, ExtensionParameters } from "../core/extension.ts";

/** A token (RFC 9110 §5.6.2). */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const TOKEN_AT = new RegExp(TOKEN.source.slice(1, -1), "y");

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** Visible characters, space, tab and the upper half of Latin-1 (RFC 9110 §5.5). */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Whether `text` is a name or address with an optional port (RFC 9110 §7.2). Checks the characters of RFC 3986 §3.2.2.
 */
export function isHost(text: string): boolean {
  return /^[\w.~!$&'()*+;=:[\]%-]+$/.test(text);
}

export function isFieldValue(text: string): boolean {
  return FIELD_VALUE.test(text);
}

/** The elements of a comma-separated list, trimmed. Skips empty ones (RFC 9110 §5.6.1.2). */
export function listElements(value: string): string[] {
  return value
    .split(",")
    .map(trimSpace)
    .filter((element) => element !== "");
}

/** Whether a list contains a token, ignoring case. Most lists contain only that token. */
export function listHas(value: string, token: string): boolean {
  return value.toLowerCase() === token || listElements(value).some((element) => element.toLowerCase() === token);
}

/** Removes spaces and tabs at both ends. */
export function trimSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** Parses a list of distinct tokens. Returns `undefined` for anything else. */
export function parseTokens(value: string): string[] | undefined {
  const tokens = listElements(value);
  return tokens.every(isToken) && new Set(tokens).size === tokens.length ? tokens : undefined;
}

/** Parses the value of a `Sec-WebSocket-Extensions` header (RFC 6455 §9.1). Returns `undefined` if it is malformed. */
export function parseExtensions(value: string): AgreedExtension[] | undefined {
  const scanner = new Scanner(value);
  const extensions: AgreedExtension[] = [];
  for (;;) {
    while (scanner.skip(","));
    if (scanner.atEnd) return extensions;
    const name = scanner.token();
    if (name === undefined) return undefined;
    const parameters: [string, string?][] = [];
    while (scanner.skip(";")) {
      const parameter = scanner.token();
      if (parameter === undefined) return undefined;
      if (!scanner.skip("=")) {
        parameters.push([parameter]);
        continue;
      }
      const given = scanner.tokenOrQuoted();
      if (given === undefined) return undefined;
      parameters.push([parameter, given]);
    }
    extensions.push({ name, parameters });
    if (!scanner.atEnd && !scanner.skip(",")) return undefined;
  }
}

export function formatExtensions(extensions: readonly AgreedExtension[]): string {
  return extensions.map(({ name, parameters }) => [name, ...parameters.map(formatParameter)].join("; ")).join(", ");
}

function formatParameter([name, value]: ExtensionParameters[number]): string {
  return value === undefined ? name : `${name}=${value}`;
}

/** Reads tokens and quoted strings in turn, with optional space between them. */
class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#skipSpace();
  }

  get atEnd(): boolean {
    return this.#at === this.#text.length;
  }

  skip(separator: string): boolean {
    if (this.#text[this.#at] !== separator) return false;
    this.#at++;
    this.#skipSpace();
    return true;
  }

  token(): string | undefined {
    TOKEN_AT.lastIndex = this.#at;
    const token = TOKEN_AT.exec(this.#text)?.[0];
    if (token === undefined) return undefined;
    this.#at += token.length;
    this.#skipSpace();
    return token;
  }

  /** §9.1: a quoted value must be a token after unquoting. */
  tokenOrQuoted(): string | undefined {
    if (this.#text[this.#at] !== '"') return this.token();
    const characters: string[] = [];
    for (this.#at++; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at]!;
      if (character === '"') {
        this.#at++;
        this.#skipSpace();
        const value = characters.join("");
        return isToken(value) ? value : undefined;
      }
      if (character === "\\") this.#at++;
      characters.push(this.#text[this.#at] ?? "");
    }
    return undefined;
  }

  #skipSpace(): void {
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at++;
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
