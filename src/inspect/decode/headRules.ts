/** Finds all rules of the opening handshake that a head breaks (RFC 6455 §4, RFC 9112), as a strict reader would. */
import type { AgreedExtension } from "../../core/extension.ts";
import * as rules from "../../core/rules.ts";
import type { Rule } from "../../core/violation.ts";
import { acceptFor, isKey } from "../../handshake/acceptKey.ts";
import { isSeveral, singletons } from "../../handshake/field.ts";
import { isFolded } from "../../handshake/headReader.ts";
import { isFieldValue, isHost, isToken, listHas, parseExtensions, parseTokens } from "../../handshake/headerGrammar.ts";
import { parseTarget, urlOf, type RequestTarget } from "../../handshake/requestTarget.ts";
import type { HeadRecord, Violation } from "../record.ts";
import { broken } from "../broken.ts";

/** What the response must match: the client's offers, if they were captured. */
export interface Offered {
  readonly subprotocols: readonly string[];
  readonly extensions: readonly AgreedExtension[];
}

export function headViolations(head: HeadRecord, offered?: Offered): Violation[] {
  const rules = new HeadRules(head);
  rules.checkLines();
  if (head.message === "request") rules.checkRequest();
  else rules.checkResponse(offered);
  return rules.broken;
}

/** The value of a field, its lines joined as in HTTP; `undefined` if there is none. */
export function fieldValue(head: Pick<HeadRecord, "fields">, key: string): string | undefined {
  const values = head.fields.filter((field) => field.key === key).map(({ value }) => value);
  return values.length === 0 ? undefined : values.join(", ");
}

/** What a request offers, as far as it can be parsed. */
export function offeredIn(request: HeadRecord): Offered {
  return {
    subprotocols: parseTokens(fieldValue(request, "sec-websocket-protocol") ?? "") ?? [],
    extensions: parseExtensions(fieldValue(request, "sec-websocket-extensions") ?? "") ?? [],
  };
}

class HeadRules {
  readonly broken: Violation[] = [];
  readonly #head: HeadRecord;

  constructor(head: HeadRecord) {
    this.#head = head;
  }

  /** RFC 9112 §2.2, §5. */
  checkLines(): void {
    const { bytes, fields, message } = this.#head;
    const bare = bareLineEnd(bytes);
    if (bare >= 0) this.#add(rules.LINE_END, "startLine", bare);
    const blank = /^(\r?\n)*/.exec(String.fromCharCode(...bytes.subarray(0, 8)))![0].length;
    if (blank > (message === "request" ? 2 : 0)) {
      this.#add(rules.START_EMPTY, "startLine", 0, message === "request" ? "request" : "status");
    }
    for (const [i, { name, key, value, start, valueStart }] of fields.entries()) {
      const hasColon = valueStart > start + name.length;
      if (hasColon && isToken(name) && isFieldValue(value)) continue;
      this.#add(isFolded(name) ? rules.FIELD_FOLDED : rules.FIELD_MALFORMED, `header.${key}`, start, i + 1);
    }
  }

  checkRequest(): void {
    const { startLine } = this.#head;
    const parts = startLine.split(" ");
    const [method, target = "", version] = parts;
    let parsed: RequestTarget | undefined;
    if (parts.length !== 3) {
      this.#add(rules.REQUEST_LINE, "startLine");
    } else {
      if (method !== "GET") this.#add(rules.METHOD, "startLine");
      if (version !== "HTTP/1.1") this.#add(rules.REQUEST_VERSION, "startLine");
      parsed = parseTarget(target);
      if (parsed === undefined) this.#add(rules.TARGET, "startLine");
    }
    const isRight = (host: string): boolean =>
      isHost(host) && (parsed === undefined || urlOf(parsed, host) !== undefined);
    this.#one("host", rules.HOST, isRight, rules.MALFORMED);
    this.#names("websocket", "upgrade", rules.REQUEST_UPGRADE, rules.NO_WEBSOCKET);
    this.#names("upgrade", "connection", rules.REQUEST_CONNECTION, rules.NO_UPGRADE);
    const codings = fieldValue(this.#head, "transfer-encoding");
    const contentLength = fieldValue(this.#head, "content-length");
    if (codings !== undefined || (contentLength !== undefined && !/^0(, 0)*$/.test(contentLength))) {
      const field = codings === undefined ? "header.content-length" : "header.transfer-encoding";
      this.#add(rules.REQUEST_BODY, field);
    }
    const repeated = singletons.filter(([name, rule]) => !this.#once(name, rule)).map(([name]) => name);
    const webSocketVersion = fieldValue(this.#head, "sec-websocket-version");
    if (webSocketVersion !== "13" && !repeated.includes("sec-websocket-version")) {
      const missing = webSocketVersion === undefined;
      const field = missing ? "startLine" : "header.sec-websocket-version";
      this.#add(rules.VERSION, field, 0, missing ? rules.MISSING : rules.NOT_13);
    }
    this.#list("sec-websocket-protocol", rules.OFFERED_SUBPROTOCOLS, parseTokens);
    this.#list("sec-websocket-extensions", rules.OFFERED_EXTENSIONS, parseExtensions);
    this.#one("sec-websocket-key", rules.KEY, isKey, rules.NO_KEY);
  }

  checkResponse(offered: Offered | undefined): void {
    const { startLine, status, requestKey } = this.#head;
    if (status === undefined) {
      this.#add(rules.STATUS_LINE, "startLine");
      return;
    }
    if (status !== 101) return;
    if (!startLine.startsWith("HTTP/1.1 ")) this.#add(rules.ANSWER_VERSION, "startLine");
    const isWebSocket = (value: string): boolean => value.toLowerCase() === "websocket";
    this.#one("upgrade", rules.ANSWER_UPGRADE, isWebSocket, rules.NOT_WEBSOCKET);
    this.#names("upgrade", "connection", rules.ANSWER_CONNECTION, rules.NO_UPGRADE);
    const answers = (value: string): boolean => requestKey === undefined || value === acceptFor(requestKey);
    this.#one("sec-websocket-accept", rules.ACCEPT, answers, rules.WRONG_ANSWER);
    const subprotocol = fieldValue(this.#head, "sec-websocket-protocol");
    if (subprotocol !== undefined && offered !== undefined && !offered.subprotocols.includes(subprotocol)) {
      this.#add(rules.CHOSEN_SUBPROTOCOL, "header.sec-websocket-protocol");
    }
    const chosen = this.#list("sec-websocket-extensions", rules.CHOSEN_EXTENSIONS, parseExtensions) ?? [];
    for (const { name } of chosen) {
      if (offered === undefined || offered.extensions.some((offer) => offer.name === name)) continue;
      this.#add(rules.CHOSEN_EXTENSION, "header.sec-websocket-extensions", 0, name);
    }
  }

  /** Checks a required list, on one line or several, that must contain a token. */
  #names(token: string, key: string, rule: Rule, otherwise: string): void {
    const value = fieldValue(this.#head, key);
    if (!value) this.#addMissing(key, rule, value);
    else if (!listHas(value, token)) this.#add(rule, `header.${key}`, this.#startOf(key, 0), otherwise);
  }

  /** Checks that a field appears at most once. Returns whether it does. */
  #once(key: string, rule: Rule): boolean {
    const joined = isSeveral(key, fieldValue(this.#head, key) ?? null) ? this.#startOf(key, 0) : undefined;
    const second = this.#startOf(key, 1) ?? joined;
    if (second === undefined) return true;
    this.#add(rule, `header.${key}`, second, rules.REPEATED);
    return false;
  }

  /** Checks a field that must appear exactly once. */
  #one(key: string, rule: Rule, isRight: (value: string) => boolean, otherwise: string): void {
    const value = fieldValue(this.#head, key);
    if (!this.#once(key, rule)) return;
    if (!value) this.#addMissing(key, rule, value);
    else if (!isRight(value)) this.#add(rule, `header.${key}`, this.#startOf(key, 0), otherwise);
  }

  /** Reports a field that is missing or empty. */
  #addMissing(key: string, rule: Rule, value: string | undefined): void {
    this.#add(rule, value === undefined ? "startLine" : `header.${key}`, 0, rules.MISSING);
  }

  /** Where the first, or second, line of a field starts. */
  #startOf(key: string, index: number): number | undefined {
    return this.#head.fields.filter((field) => field.key === key)[index]?.start;
  }

  /** Checks an optional field, which must have an element if present. */
  #list<T>(key: string, rule: Rule, parse: (value: string) => T[] | undefined): T[] | undefined {
    const value = fieldValue(this.#head, key);
    if (value === undefined) return undefined;
    const elements = parse(value);
    if (elements === undefined || elements.length === 0) this.#add(rule, `header.${key}`);
    return elements;
  }

  #add(rule: Rule, field: string, at = 0, ...values: unknown[]): void {
    this.broken.push({ ...broken(rule, ...values), offset: this.#head.offset + at, field });
  }
}

/** Position of the first CR or LF on its own; −1 if there is none. */
function bareLineEnd(bytes: Uint8Array): number {
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === 0x0a && bytes[at - 1] !== 0x0d) return at;
    if (bytes[at] === 0x0d && at + 1 < bytes.length && bytes[at + 1] !== 0x0a) return at;
  }
  return -1;
}
