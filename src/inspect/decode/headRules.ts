/** Which rules of the opening handshake a captured head breaks (RFC 6455 §4, RFC 9112), all of them, in a reader's order. */
import type { ProtocolErrorCode } from "../../core/errors.ts";
import type { AgreedExtension } from "../../core/extension.ts";
import { acceptFor, isKey } from "../../handshake/acceptKey.ts";
import { isFieldValue, isHost, isToken, listHas, parseExtensions, parseTokens } from "../../handshake/headerGrammar.ts";
import { spell } from "../../handshake/field.ts";
import { parseTarget, urlOf, type RequestTarget } from "../../handshake/requestTarget.ts";
import type { HeadRecord, Violation } from "../record.ts";

/** What the answer has to fit: the client's offers, where they were seen. */
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

/** The value of a field, its lines joined as HTTP has it; `undefined` if there is none. */
export function fieldValue(head: Pick<HeadRecord, "fields">, key: string): string | undefined {
  const values = head.fields.filter((field) => field.key === key).map(({ value }) => value);
  return values.length === 0 ? undefined : values.join(", ");
}

/** What a request offers, as far as it can be read. */
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
    if (bare >= 0) this.#add("headMalformed", "line that does not end in CR LF", "RFC 9112 §2.2", "startLine", bare);
    const blank = /^(\r?\n)*/.exec(String.fromCharCode(...bytes.subarray(0, 8)))![0].length;
    if (blank > (message === "request" ? 2 : 0)) {
      this.#add("headMalformed", "empty line before the start line", "RFC 9112 §2.2", "startLine");
    }
    for (const { name, key, value, start } of fields) {
      if (isToken(name) && isFieldValue(value)) continue;
      const folded = /^[ \t]/.test(name);
      const message = folded ? "folded header line" : "malformed header line";
      this.#add("headMalformed", message, folded ? "RFC 9112 §5.2" : "RFC 9112 §5", `header.${key}`, start);
    }
  }

  checkRequest(): void {
    const { startLine } = this.#head;
    const section = "RFC 6455 §4.2.1";
    const parts = startLine.split(" ");
    const [method, target = "", version] = parts;
    let parsed: RequestTarget | undefined;
    if (parts.length !== 3) {
      this.#add("headMalformed", "malformed request line", "RFC 6455 §4.1", "startLine");
    } else {
      if (method !== "GET") this.#add("methodInvalid", "method other than GET", section, "startLine");
      if (version !== "HTTP/1.1") this.#add("httpVersionInvalid", "HTTP version other than 1.1", section, "startLine");
      parsed = parseTarget(target);
      if (parsed === undefined) this.#add("targetInvalid", "malformed request target", section, "startLine");
    }
    const isRight = (host: string): boolean =>
      isHost(host) && (parsed === undefined || urlOf(parsed, host) !== undefined);
    this.#one("host", "hostInvalid", section, isRight, "is malformed");
    this.#names("websocket", "upgrade", "upgradeInvalid", section);
    this.#names("upgrade", "connection", "connectionInvalid", section);
    const codings = fieldValue(this.#head, "transfer-encoding");
    const contentLength = fieldValue(this.#head, "content-length");
    if (codings !== undefined || (contentLength !== undefined && !/^0(, 0)*$/.test(contentLength))) {
      const field = codings === undefined ? "header.content-length" : "header.transfer-encoding";
      this.#add("requestBody", "a request to upgrade has no body", "RFC 6455 §4.1", field);
    }
    this.#once("origin", "headMalformed", "RFC 6454 §7.3");
    const webSocketVersion = fieldValue(this.#head, "sec-websocket-version");
    if (webSocketVersion !== "13") {
      const missing = webSocketVersion === undefined;
      const message = missing ? "Sec-WebSocket-Version is missing" : "Sec-WebSocket-Version other than 13";
      this.#add("versionInvalid", message, "RFC 6455 §4.4", missing ? "startLine" : "header.sec-websocket-version");
    }
    this.#list("sec-websocket-protocol", "subprotocolInvalid", parseTokens, "RFC 6455 §4.1");
    this.#list("sec-websocket-extensions", "extensionsInvalid", parseExtensions, "RFC 6455 §9.1");
    this.#one("sec-websocket-key", "keyInvalid", section, isKey, "is not 16 bytes in Base64");
  }

  checkResponse(offered: Offered | undefined): void {
    const { startLine, status, requestKey } = this.#head;
    const section = "RFC 6455 §4.1";
    if (status === undefined) {
      this.#add("headMalformed", "malformed status line", section, "startLine");
      return;
    }
    if (status !== 101) return;
    if (!startLine.startsWith("HTTP/1.1 ")) {
      this.#add("httpVersionInvalid", "HTTP version other than 1.1", section, "startLine");
    }
    const isWebSocket = (value: string): boolean => value.toLowerCase() === "websocket";
    this.#one("upgrade", "upgradeInvalid", section, isWebSocket, "is to something else than websocket");
    this.#names("upgrade", "connection", "connectionInvalid", section);
    const answers = (value: string): boolean => requestKey === undefined || value === acceptFor(requestKey);
    this.#one("sec-websocket-accept", "acceptInvalid", section, answers, "does not answer the key");
    const subprotocol = fieldValue(this.#head, "sec-websocket-protocol");
    if (subprotocol !== undefined && offered !== undefined && !offered.subprotocols.includes(subprotocol)) {
      const message = "the server chose a subprotocol that was not offered";
      this.#add("subprotocolInvalid", message, section, "header.sec-websocket-protocol");
    }
    const chosen = this.#list("sec-websocket-extensions", "extensionsInvalid", parseExtensions, "RFC 6455 §9.1") ?? [];
    for (const { name } of chosen) {
      if (offered === undefined || offered.extensions.some((offer) => offer.name === name)) continue;
      const message = `the server chose the extension ${name}, which was not offered`;
      this.#add("extensionsInvalid", message, section, "header.sec-websocket-extensions");
    }
  }

  /** A required list, on one line or several, and a token that it must have. */
  #names(token: string, key: string, code: ProtocolErrorCode, section: string): void {
    const value = fieldValue(this.#head, key);
    if (!value) {
      this.#add(code, `${spell(key)} is missing`, section, value === undefined ? "startLine" : `header.${key}`);
    } else if (!listHas(value, token)) {
      const shown = key === "connection" ? spell(token) : token;
      this.#add(code, `${spell(key)} does not name ${shown}`, section, `header.${key}`, this.#startOf(key, 0));
    }
  }

  /** A field that may not appear more than once. Returns whether that is so. */
  #once(key: string, code: ProtocolErrorCode, section: string): boolean {
    const second = this.#startOf(key, 1);
    if (second === undefined) return true;
    this.#add(code, `${spell(key)} appears more than once`, section, `header.${key}`, second);
    return false;
  }

  /** A field that must appear exactly once. */
  #one(
    key: string,
    code: ProtocolErrorCode,
    section: string,
    isRight: (value: string) => boolean,
    otherwise: string,
  ): void {
    const value = fieldValue(this.#head, key);
    if (!this.#once(key, code, section)) return;
    if (!value) {
      this.#add(code, `${spell(key)} is missing`, section, value === undefined ? "startLine" : `header.${key}`);
    } else if (!isRight(value)) {
      this.#add(code, `${spell(key)} ${otherwise}`, section, `header.${key}`, this.#startOf(key, 0));
    }
  }

  /** Where the line begins that names a field for the first time, or the second. */
  #startOf(key: string, index: number): number | undefined {
    return this.#head.fields.filter((field) => field.key === key)[index]?.start;
  }

  /** A field that may be missing, but has an element if it is there. */
  #list<T>(
    key: string,
    code: ProtocolErrorCode,
    parse: (value: string) => T[] | undefined,
    section: string,
  ): T[] | undefined {
    const value = fieldValue(this.#head, key);
    if (value === undefined) return undefined;
    const elements = parse(value);
    if (elements === undefined || elements.length === 0) {
      this.#add(code, `${spell(key)} is malformed`, section, `header.${key}`);
    }
    return elements;
  }

  #add(code: ProtocolErrorCode, message: string, section: string, field: string, at = 0): void {
    this.broken.push({ code, message, section, offset: this.#head.offset + at, field });
  }
}

/** The first CR or LF that stands alone; -1 if there is none. */
function bareLineEnd(bytes: Uint8Array): number {
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === 0x0a && bytes[at - 1] !== 0x0d) return at;
    if (bytes[at] === 0x0d && at + 1 < bytes.length && bytes[at + 1] !== 0x0a) return at;
  }
  return -1;
}
