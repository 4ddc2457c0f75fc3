/** What is secret in a head, by its name or by its looks, and what takes its place: text of the same length. */
import { advice, refuse, requireKind, type OptionTable } from "../core/options.ts";
import { isToken, trimSpace } from "../handshake/headerGrammar.ts";

export interface SecretOptions {
  /** Which headers' values are overwritten: their names, or a function of a name in lower case. */
  readonly headers?: readonly string[] | ((name: string) => boolean) | undefined;
  /**
   * Overwrites what is secret elsewhere in a head: user and password in URLs, query parameters such as `access_token`, and
   * subprotocols that are tokens.
   */
  readonly tokens?: boolean | undefined;
}

export const secretTable: OptionTable<SecretOptions> = { headers: "an object or a function", tokens: "a boolean" };

/** Headers whose values let a reader act for somebody else. */
export const secretHeaders: readonly string[] = [
  "authorization",
  "cookie",
  "proxy-authorization",
  "set-cookie",
  "x-api-key",
  "x-csrf-token",
  "x-xsrf-token",
];

/** Names that call their value a secret. */
const SECRET_NAME =
  /token|secret|passw|passphrase|credential|signature|authori[sz]|authentication|api.?key|access.?key|csrf|xsrf|session|jwt|bearer|cookie|ticket/i;
/** Such names that count only as whole words. */
const SECRET_WORD = /^(auth|code|hmac|key|otp|pass|pin|pwd|sas|sid|sig)$/i;
const SECRET_HEADER_WORD = /(^|-)(auth|hmac|key|otp|sig)(-|$)/;
/** What such names are a part of, too. */
const HARMLESS_HEADER = /^(access-control|sec-websocket)-/;

/** Whether a header is one of {@link secretHeaders}, or is named like one: `X-Auth-Token`, `X-Session-Id`. */
export function isSecretHeader(name: string): boolean {
  requireKind("isSecretHeader() takes the name of a header,", name, "a string");
  const key = name.toLowerCase();
  return !HARMLESS_HEADER.test(key) && (SECRET_NAME.test(key) || SECRET_HEADER_WORD.test(key));
}

/** Of a query parameter, or of a subprotocol in front of a token. */
function namesSecret(name: string): boolean {
  const words = name.replace(/([a-z])([A-Z])/g, "$1 $2").split(/[^a-z]+/i);
  return SECRET_NAME.test(name) || words.some((word) => SECRET_WORD.test(word));
}

/**
 * A URL, a request-target or any text that has some in it, with user, password and the query parameters that are secrets
 * overwritten by as many characters.
 */
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

/** The subprotocols of a request. Those that look like tokens are overwritten, different ones by different text of the same length. */
export function redactSubprotocols(subprotocols: readonly string[]): string[] {
  if (!Array.isArray(subprotocols)) refuse("redactSubprotocols() takes an array of subprotocols", subprotocols);
  return new Secrets({ tokens: true }).subprotocols(subprotocols);
}

/** Overwrites what is secret in the heads of one conversation, the same secret by the same text each time. */
export class Secrets {
  readonly #hides: ((name: string) => boolean) | undefined;
  readonly #tokens: boolean;
  /** What takes the place of each subprotocol that is a token. */
  readonly #standIns = new Map<string, string>();

  constructor({ headers, tokens = false }: SecretOptions) {
    const names = typeof headers === "function" ? undefined : new Set(headers?.map((name) => name.toLowerCase()));
    this.#hides = names === undefined ? (headers as (name: string) => boolean) : (name) => names.has(name);
    if (names?.size === 0) this.#hides = undefined;
    this.#tokens = tokens;
  }

  /** Whether anything is overwritten. */
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
   * A head, or as much of it as has come, one character for each byte. Line by line, whatever a line ends in. Of one whose
   * name can't be read nothing is shown, and of one that has not ended only its name or method: what would say that it is a
   * secret may be still to come.
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
      // A start line or a folded one is not a field, but it may have been meant as one.
      const isField = own !== "unreadable" && !(goesOn && (kind !== "plain" || own === "plain"));
      if (isField) kind = own;
      else if (!goesOn) kind = this.hidesHeaders ? "secret" : "plain";
      const shown = isField ? colon + 1 : isStart ? line.indexOf(" ") + 1 : 0;
      isStart = false;
      let rest = line.slice(shown);
      if (kind === "secret" || at + line.length === text.length) rest = overwrite(rest);
      else if (kind === "plain") rest = this.text(rest);
      else [rest, entry] = this.#list(rest, entry);
      return line.slice(0, shown) + rest;
    });
  }

  /** The value of a field, or those of several lines, joined. */
  value(name: string, value: string): string {
    const kind = this.#kindOf(name);
    if (kind === "subprotocols") return this.#list(value, "")[0];
    return kind === "plain" ? this.text(value) : this.hidesHeaders ? overwrite(value) : value;
  }

  headers(headers: readonly (readonly [name: string, value: string])[]): [name: string, value: string][] {
    return headers.map(([name, value]) => [name, this.value(name, value)]);
  }

  /** Text that may have URLs in it, such as a request-target. */
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

  /** A list of subprotocols, and the last one of it. `before` is the one in front of it. */
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
    // Two of them that looked the same would break a rule (RFC 6455 §4.1) that the real ones do not.
    const taken = new Set(this.#standIns.values());
    const filler = overwrite(entry);
    let standIn = filler;
    for (let i = 1; taken.has(standIn) && i < MAX_STAND_INS; i++) standIn = numbered(filler, i.toString(36));
    this.#standIns.set(entry, standIn);
    return standIn;
  }
}

/** What a line of a head has: a value that is a secret, a list of subprotocols, or text that may have URLs in it. */
type Kind = "secret" | "subprotocols" | "plain";

/** Of a subprotocol that says what the next one is, such as `bearer`. */
const LONGEST_NAME = 32;
const MAX_STAND_INS = 1000;

/** Whether a subprotocol has a word in it that nobody would make up, or says itself that a secret follows. */
function isTokenLike(entry: string): boolean {
  return (
    /(api.?key|authorization|bearer|credentials?|jwt|passw(or)?d|secret|token)[^a-z0-9]+.{6}/i.test(entry) ||
    entry.split(/[^a-z0-9]+/i).some(isRandom)
  );
}

/** Digits among letters, or capitals where no word begins: `ocpp201`, `utf16le` and `graphqlTransport` have none of them. */
function isRandom(word: string): boolean {
  if (word.length < 8) return false;
  const digitsInside = /\d[a-z]/i.test(word) && !/^[a-z]+\d{1,3}[a-z]{1,4}$/i.test(word);
  return digitsInside || /^\d+$/.test(word) || /[a-z][A-Z].*[a-z][A-Z]/.test(word) || word.length >= 32;
}

/** Writes a number over the last of the letters that overwrite something. */
function numbered(filler: string, number: string): string {
  let left = number.length;
  return Array.from(filler)
    .reverse()
    .map((character) => (character === "x" && left > 0 ? number[--left]! : character))
    .reverse()
    .join("");
}

/**
 * Writes `x` for each character of a token, and `ø` for each one beyond ASCII. Spaces, separators and control characters
 * stay, so that a parser takes or refuses the text as before.
 */
export function overwrite(text: string): string {
  return text.replace(/[!#$%&'*+\-.^_`|~0-9A-Za-z]/g, "x").replace(/[^\0-\x7f]/g, "\xf8");
}

function percentDecoded(text: string): string {
  return text.replace(/%([\da-f]{2})/gi, (_, byte: string) => String.fromCharCode(parseInt(byte, 16)));
}
