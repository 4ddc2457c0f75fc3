/** Finds secrets in a head, by their name or their appearance, and overwrites them with text of the same length. */
import { advice, refuse, requireKind, type OptionTable } from "../core/options.ts";
import { isToken, trimSpace } from "../handshake/headerGrammar.ts";

export interface SecretOptions {
  /** The headers whose values to overwrite: a list of names, or a function of a lower-case name. */
  readonly headers?: readonly string[] | ((name: string) => boolean) | undefined;
  /**
   * Overwrites secrets elsewhere in a head: user and password in URLs, query parameters such as `access_token`,
   * subprotocols that are tokens, and text that looks like a token, such as `Bearer …`, in any header.
   */
  readonly tokens?: boolean | undefined;
}

export const secretTable: OptionTable<SecretOptions> = { headers: "an object or a function", tokens: "a boolean" };

/**
 * Headers whose values let a reader impersonate someone.
 *
 * @example
 * ```ts
 * import { WSConnection } from "websocket-over";
 * import { secretHeaders, tap } from "websocket-over/inspect";
 *
 * const headers = { "X-Tenant": "acme", Cookie: "id=42" };
 * const client = new WSConnection("client", { host: "example.com", resource: "/", headers });
 * const trace = tap(client, { redact: { headers: [...secretHeaders, "x-tenant"] } });
 * client.bytesToSend();
 * const [head] = trace.records;
 * console.log(head?.kind === "head" && head.fields.slice(-2).map(({ value }) => value).join()); // → xx=xx,xxxx
 * ```
 */
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

/**
 * Whether a header is one of {@link secretHeaders}, or has a similar name: `X-Auth-Token`, `X-Session-Id`.
 *
 * @example
 * ```ts
 * import { isSecretHeader } from "websocket-over/inspect";
 *
 * const names = ["Authorization", "X-Session-Id", "Accept-Language"];
 * console.log(names.filter(isSecretHeader).join()); // → Authorization,X-Session-Id
 * ```
 */
export function isSecretHeader(name: string): boolean {
  requireKind("isSecretHeader() takes the name of a header,", name, "a string");
  const key = name.toLowerCase();
  return !HARMLESS_HEADER.test(key) && (SECRET_NAME.test(key) || SECRET_HEADER_WORD.test(key));
}

/** The start of a request line with a usual method, or of a status line: what follows it may be secret. */
const START = /^(?:(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|PRI) +|HTTP\/\d\.\d \d{3}(?: |$))/;
/** As much of a status line as a reader needs to tell that it is one. */
const START_OF_HTTP = /^(H(T(T(P(\/(\d(\.(\d( )?)?)?)?)?)?)?)?)?/;
const END_OF_REQUEST_LINE = / +HTTP\/\d\.\d$/;

/** Whether the name of a query parameter, or the subprotocol before a token, marks a secret. */
function namesSecret(name: string): boolean {
  const words = name.replace(/([a-z])([A-Z])/g, "$1 $2").split(/[^a-z]+/i);
  return SECRET_NAME.test(name) || words.some((word) => SECRET_WORD.test(word));
}

/** Tokens that are known by how they begin: JSON in Base64 as in a JWT, and the keys of some well-known services. */
const TOKEN =
  /ey[JA](?:[\w-]{8,}|[\w-]*(?=\.|%))(?:(?:\.|%(?:25)*2[eE])[\w-]*)*|\b(?:gh[pousr]_|github_pat_|glpat-|xox[a-z]-|sk[-_]|AIza|AKIA)[\w-]{10,}/g;
/** A scheme of authorization, and what follows it unless that is a parameter: `Bearer realm="a"`. */
const CREDENTIALS = /\b(?:bearer|basic)(?:\s|\+|%(?:25)*20)+(?![\w-]+=["\w])[^\s,;&#]+/gi;
/** User and password. Like all that follows, also percent-encoded, once or several times. */
const USER_INFO = /(?:^|\s|\/\/|(?:%(?:25)*2f){2})(?:[^\s/?#%]|%(?!(?:25)*(?:2f|40)))*(?:@|%(?:25)*40)/gi;
/** Separates a name from its value, as in a query or in JSON. Its group matches the end of a name. */
const MARK =
  /=|%(?:25)*3d|"\s*:|%(?:25)*22(?:%(?:25)*20)*%(?:25)*3a|([?&#;,/{"'<\s]|%(?:25)*(?:2[2367cf]|3[bcf]|7b))/gi;

/**
 * Overwrites what is secret in a URL, or any text with URLs: user, password, secret query parameters, and tokens such as
 * JWTs. Also in a URL within a parameter. Keeps the length.
 *
 * @example
 * ```ts
 * import { redactURL } from "websocket-over/inspect";
 *
 * console.log(redactURL("wss://ada:lovelace@example.com/chat?room=1&access_token=abc123"));
 * // → wss://xxx:xxxxxxxx@example.com/chat?room=1&access_token=xxxxxx
 * ```
 */
export function redactURL(text: string): string {
  requireKind("redactURL() takes", text, "a string", advice({ href: "give it its href" }));
  return redactText(text, /\s*[^&#\s]*/y);
}

/** `value` matches the rest of a parameter. */
function redactText(given: string, value: RegExp): string {
  const text = given.replace(TOKEN, overwrite).replace(CREDENTIALS, overwriteBehind).replace(USER_INFO, overwrite);
  let shown = "";
  let nameStart = 0;
  for (const { 0: mark, 1: boundary, index } of text.matchAll(MARK)) {
    if (index < shown.length) continue; // in a value
    const end = index + mark.length;
    if (boundary === undefined && namesSecret(percentDecoded(text.slice(nameStart, index)))) {
      value.lastIndex = end;
      shown += text.slice(shown.length, end) + overwrite(value.exec(text)![0]);
    }
    nameStart = end;
  }
  return shown + text.slice(shown.length);
}

/** Overwrites everything but the first word. */
function overwriteBehind(text: string): string {
  return text.replace(/^\w+|[^]+/g, (part, at: number) => (at === 0 ? part : overwrite(part)));
}

/**
 * Overwrites the subprotocols of a request that look like tokens. Different tokens get different text of the same
 * length.
 *
 * @example
 * ```ts
 * import { redactSubprotocols } from "websocket-over/inspect";
 *
 * console.log(redactSubprotocols(["graphql-ws", "bearer.eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl"]).join("\n"));
 * // → graphql-ws
 * // → xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
 * ```
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
  /** How many tokens would have the same replacement, if they were not numbered. */
  readonly #alike = new Map<string, number>();

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
   * are. If a line's name can't be read, hides the whole line. If a line is incomplete, or the first line is not
   * HTTP, shows only its name, its method or that it is HTTP, because the part that marks a secret may still be missing.
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
      const isField = own !== "unreadable" && !(goesOn && (kind !== "plain" || own === "plain" || own === "proof"));
      if (isField) kind = own;
      else if (!goesOn) kind = this.hidesHeaders ? "secret" : "plain";
      const isIncomplete = at + line.length === text.length;
      if (isStart && !isField) {
        isStart = false;
        return this.#startLine(line, isIncomplete);
      }
      isStart = false;
      const shown = isField ? colon + 1 : 0;
      let rest = line.slice(shown);
      if (kind === "secret" || isIncomplete) rest = overwrite(rest);
      else if (kind === "subprotocols") [rest, entry] = this.#list(rest, entry);
      else if (kind === "plain" || !isProof(rest)) rest = this.text(rest);
      if (kind === "proof") kind = "plain"; // what goes on behind it is none
      return line.slice(0, shown) + rest;
    });
  }

  /** Shows what is HTTP, and overwrites the rest: somebody may have sent a secret where HTTP was expected. */
  #startLine(line: string, isIncomplete: boolean): string {
    const start = START.exec(line)?.[0];
    if (start === undefined || isIncomplete) {
      const shown = (start ?? START_OF_HTTP.exec(line)![0]).length;
      return line.slice(0, shown) + overwrite(line.slice(shown));
    }
    if (start.startsWith("HTTP")) return start + this.text(line.slice(start.length));
    const end = END_OF_REQUEST_LINE.exec(line)?.[0] ?? "";
    const [target, more = ""] = split(line.slice(start.length, line.length - end.length), " ");
    return start + this.text(target) + overwrite(more) + end;
  }

  /** Redacts the value of a field, or the joined values of several lines. */
  value(name: string, value: string): string {
    const kind = this.#kindOf(name);
    if (kind === "subprotocols") return this.#list(value, "")[0];
    if (kind === "plain") return this.text(value);
    if (kind === "proof") return isProof(value) ? value : this.text(value);
    return this.hidesHeaders ? overwrite(value) : value;
  }

  headers(headers: readonly (readonly [name: string, value: string])[]): [name: string, value: string][] {
    return headers.map(([name, value]) => [name, this.value(name, value)]);
  }

  /** Redacts text that may contain URLs, such as a request-target. */
  text(text: string): string {
    return this.#tokens ? redactText(text, /[^&#]*/y) : text;
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
    if (/^sec-websocket-(key|accept)$/i.test(name)) return "proof";
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
    if (!this.#tokens || !(announcesToken(before) || isTokenLike(entry))) return entry;
    // Two equal replacements would break a rule (RFC 6455 §4.1) that the real values do not break.
    const filler = overwrite(entry);
    const alike = this.#alike.get(filler) ?? 0;
    this.#alike.set(filler, alike + 1);
    const standIn = alike === 0 ? filler : numbered(filler, alike.toString(33)); // up to w
    this.#standIns.set(entry, standIn);
    return standIn;
  }
}

/**
 * What a line of a head contains: a secret value, a list of subprotocols, text that may contain URLs, or the proof of
 * the handshake.
 */
type Kind = "secret" | "subprotocols" | "plain" | "proof";

/** Whether this is Base64 as in a key or its answer: that is random, and may look like a token. */
function isProof(value: string): boolean {
  return /^[\w+/]{22,27}={0,2}$/.test(trimSpace(value));
}

/** Longest subprotocol that can announce a token, such as `bearer`. */
const LONGEST_NAME = 32;

/** Starts a subprotocol that carries its token within itself: `auth-hunter2`, `bearer.x`, `my-token_x`. */
const NAMED_TOKEN =
  /(^|[^a-z])(authn?|key|otp|pass|pwd|sid|sig)[^a-z0-9]+.|(api.?key|auth(oriz|entic)ation|credentials?|jwt|passw(or)?d|secret|token)[^a-z0-9]+.|bearer./i;

/** Whether the next subprotocol is a token. A subprotocol that carries its own, `bearer.x`, announces no other. */
function announcesToken(entry: string): boolean {
  if (entry.length > LONGEST_NAME) return false;
  return [entry, /[a-z]*$/i.exec(entry)![0]].some((name) => namesSecret(name) && !isTokenLike(name));
}

/** Whether a subprotocol is a token by its looks, or announces a secret within itself. */
function isTokenLike(entry: string): boolean {
  return NAMED_TOKEN.test(entry) || entry.search(TOKEN) >= 0 || entry.split(/[^a-z0-9]+/i).some(isRandom);
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

/** Decoded as often as it was encoded. */
function percentDecoded(text: string): string {
  return text.replace(/%(?:25)*([\da-f]{2})/gi, (_, byte: string) => String.fromCharCode(parseInt(byte, 16)));
}

/** The text up to the separator, and the rest, which starts with it. */
function split(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at)];
}
