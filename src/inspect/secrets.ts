/** Finds secrets in a head, by their name or their appearance, and overwrites them with text of the same length. */
import { advice, refuse, requireKind, type OptionTable } from "../core/options.ts";
import { isToken, trimSpace } from "../handshake/headerGrammar.ts";

export interface SecretOptions {
  /** The headers whose values to overwrite: a list of names, or a function of a lower-case name. */
  readonly headers?: readonly string[] | ((name: string) => boolean) | undefined;
  /**
   * Overwrites secrets elsewhere in a head: user and password in URLs, query parameters such as `access_token`, and
   * subprotocols that are tokens.
   */
  readonly tokens?: boolean | undefined;
}

export const secretTable: OptionTable<SecretOptions> = { headers: "an object or a function", tokens: "a boolean" };

/** Headers whose values let a reader impersonate someone. */
export const secretHeaders: readonly string[] = [
  "authorization",
  "cookie",
  "proxy-authorization",
  "set-cookie",
  "x-api-key",
  "x-csrf-token",
  "x-xsrf-token",
];

/** Names that mark their value as a secret. */
const SECRET_NAME =
  /token|secret|passw|passphrase|passcode|credential|signature|authori[sz]|authentication|oauth|(access|api|app|auth|licen[cs]e|private|user).?key|csrf|xsrf|session|jwt|bearer|cookie|ticket|assertion|saml/i;
/** Names that mark a secret only as whole words. */
const SECRET_WORD = /^(auth|authn|code|creds?|hmac|key|otp|pass|pin|psk|pw|pwd|sas|sid|sig|sign)$/i;
const SECRET_HEADER_WORD = /(^|-)(auth|dpop|hmac|key|oidc|otp|principal|sig)(-|$)/;
/** Header names that contain such a word but carry no secret. */
const HARMLESS_HEADER = /^(access-control|sec-websocket)-/;

/** Whether a header is one of {@link secretHeaders}, or has a similar name: `X-Auth-Token`, `X-Session-Id`. */
export function isSecretHeader(name: string): boolean {
  requireKind("isSecretHeader() takes the name of a header,", name, "a string");
  const key = name.toLowerCase();
  return !HARMLESS_HEADER.test(key) && (SECRET_NAME.test(key) || SECRET_HEADER_WORD.test(key));
}

/** How many characters at the start of a start line are not secret: method, version, or the beginning of `HTTP/`. */
function shownOfStart(line: string): number {
  const space = line.indexOf(" ") + 1;
  return space > 0 ? space : /^(H(T(T(P\/?)?)?)?)?/.exec(line)![0].length;
}

/** Whether the name of a query parameter, or the subprotocol before a token, marks a secret. */
function namesSecret(name: string): boolean {
  const words = name.replace(/([a-z])([A-Z])/g, "$1 $2").split(/[^a-z]+/i);
  return SECRET_NAME.test(name) || words.some((word) => SECRET_WORD.test(word));
}

/** Overwrites user, password and secret query parameters in a URL, or any text with URLs. Keeps the length. */
export function redactURL(text: string): string {
  requireKind("redactURL() takes", text, "a string", advice({ href: "give it its href" }));
  return text.replace(/(^|\s|\/\/)[^\s/?#]*@/g, overwrite).replace(/[?&#;][^&#\s]*/g, (part) => {
    for (const match of part.matchAll(/[?&#;]([^?&#;=]*)=/g)) {
      const valueStart = match.index + match[0].length;
      if (namesSecret(percentDecoded(match[1]!))) return part.slice(0, valueStart) + overwrite(part.slice(valueStart));
    }
    return part;
  });
}

/**
 * Overwrites the subprotocols of a request that look like tokens. Different tokens get different text of the same
 * length.
 */
export function redactSubprotocols(subprotocols: readonly string[]): string[] {
  if (!Array.isArray(subprotocols)) refuse("redactSubprotocols() takes an array of subprotocols", subprotocols);
  return new Secrets({ tokens: true }).subprotocols(subprotocols);
}

/** Overwrites the secrets in the heads of one conversation. The same secret always gets the same text. */
export class Secrets {
  readonly #hides: ((name: string) => boolean) | undefined;
  readonly #tokens: boolean;
  /** The replacement of each subprotocol that is a token. */
  readonly #standIns = new Map<string, string>();

  constructor({ headers, tokens = false }: SecretOptions) {
    const names = typeof headers === "function" ? undefined : new Set(headers?.map((name) => name.toLowerCase()));
    this.#hides = names === undefined ? (headers as (name: string) => boolean) : (name) => names.has(name);
    if (names?.size === 0) this.#hides = undefined;
    this.#tokens = tokens;
  }

  get any(): boolean {
    return this.#tokens || this.hidesHeaders;
  }

  get hidesHeaders(): boolean {
    return this.#hides !== undefined;
  }

  hides(name: string): boolean {
    return this.#hides?.(name.toLowerCase()) === true;
  }

  /**
   * Redacts a head, or the start of one, with one character for each byte. Works line by line, whatever the line ends
   * are. If a line's name can't be read, hides the whole line. If a line is incomplete, shows only its name, its method
   * or that it is HTTP, because the part that marks a secret may still be missing.
   */
  head(text: string): string {
    if (!this.any) return text;
    let isStart = true;
    let kind: Kind = "plain";
    let entry = "";
    return text.replace(/[^\r\n]+/g, (line, at: number) => {
      const colon = line.indexOf(":");
      const own = this.#kindOf(trimSpace(line.slice(0, Math.max(colon, 0))));
      const goesOn = isStart || /^[ \t]/.test(line);
      // A start line or a folded line is not a field, but the sender may have meant it as one.
      const isField = own !== "unreadable" && !(goesOn && (kind !== "plain" || own === "plain"));
      if (isField) kind = own;
      else if (!goesOn) kind = this.hidesHeaders ? "secret" : "plain";
      const shown = isField ? colon + 1 : isStart ? shownOfStart(line) : 0;
      isStart = false;
      let rest = line.slice(shown);
      if (kind === "secret" || at + line.length === text.length) rest = overwrite(rest);
      else if (kind === "plain") rest = this.text(rest);
      else [rest, entry] = this.#list(rest, entry);
      return line.slice(0, shown) + rest;
    });
  }

  /** Redacts the value of a field, or the joined values of several lines. */
  value(name: string, value: string): string {
    const kind = this.#kindOf(name);
    if (kind === "subprotocols") return this.#list(value, "")[0];
    return kind === "plain" ? this.text(value) : this.hidesHeaders ? overwrite(value) : value;
  }

  headers(headers: readonly (readonly [name: string, value: string])[]): [name: string, value: string][] {
    return headers.map(([name, value]) => [name, this.value(name, value)]);
  }

  /** Redacts text that may contain URLs, such as a request-target. */
  text(text: string): string {
    return this.#tokens ? redactURL(text) : text;
  }

  subprotocols(list: readonly string[]): string[] {
    let before = "";
    return list.map((entry) => {
      const shown = this.#entry(entry, before);
      before = entry;
      return shown;
    });
  }

  #kindOf(name: string): Kind | "unreadable" {
    if (!isToken(name)) return "unreadable";
    if (this.hides(name)) return "secret";
    return this.#tokens && name.toLowerCase() === "sec-websocket-protocol" ? "subprotocols" : "plain";
  }

  /** Redacts a list of subprotocols. `before` is the subprotocol before it; `last` is its last one. */
  #list(text: string, before: string): [shown: string, last: string] {
    let last = before;
    const shown = text.replace(/[^\s,](?:[^,]*[^\s,])?/g, (entry) => {
      const standIn = this.#entry(entry, last);
      last = entry;
      return standIn;
    });
    return [shown, last];
  }

  #entry(entry: string, before: string): string {
    const known = this.#standIns.get(entry);
    if (known !== undefined) return known;
    const isNamed = before.length <= LONGEST_NAME && namesSecret(before) && !isTokenLike(before);
    if (!this.#tokens || !(isNamed || isTokenLike(entry))) return entry;
    // Two equal replacements would break a rule (RFC 6455 §4.1) that the real values do not break.
    const taken = new Set(this.#standIns.values());
    const filler = overwrite(entry);
    let standIn = filler;
    for (let i = 1; taken.has(standIn) && i < MAX_STAND_INS; i++) standIn = numbered(filler, i.toString(36));
    this.#standIns.set(entry, standIn);
    return standIn;
  }
}

/** What a line of a head contains: a secret value, a list of subprotocols, or text that may contain URLs. */
type Kind = "secret" | "subprotocols" | "plain";

/** Longest subprotocol that can announce a token, such as `bearer`. */
const LONGEST_NAME = 32;
const MAX_STAND_INS = 1000;

/** Whether a subprotocol contains a word that looks random, or announces a secret within itself. */
function isTokenLike(entry: string): boolean {
  return (
    /(api.?key|authorization|bearer|credentials?|jwt|passw(or)?d|secret|token)[^a-z0-9]+.{6}/i.test(entry) ||
    entry.split(/[^a-z0-9]+/i).some(isRandom)
  );
}

/**
 * Looks for digits among letters, or capitals within words. `ocpp201`, `utf16le` and `graphqlTransport` have neither.
 */
function isRandom(word: string): boolean {
  if (word.length < 8) return false;
  const digitsInside = /\d[a-z]/i.test(word) && !/^[a-z]+\d{1,3}[a-z]{1,4}$/i.test(word);
  return digitsInside || /^\d+$/.test(word) || /[a-z][A-Z].*[a-z][A-Z]/.test(word) || word.length >= 32;
}

/** Writes a number over the last filler letters. */
function numbered(filler: string, number: string): string {
  let left = number.length;
  return Array.from(filler)
    .reverse()
    .map((character) => (character === "x" && left > 0 ? number[--left]! : character))
    .reverse()
    .join("");
}

/**
 * Replaces each token character with `x`, and each character beyond ASCII with `ø`. Keeps spaces, separators and
 * control characters, so that a parser accepts or rejects the text as before.
 */
export function overwrite(text: string): string {
  return text.replace(/[!#$%&'*+\-.^_`|~0-9A-Za-z]/g, "x").replace(/[^\0-\x7f]/g, "\xf8");
}

function percentDecoded(text: string): string {
  return text.replace(/%([\da-f]{2})/gi, (_, byte: string) => String.fromCharCode(parseInt(byte, 16)));
}
