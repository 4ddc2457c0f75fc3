/**
 * Negotiates subprotocol and extensions in headers (RFC 6455 §4, §9). This is the whole handshake over HTTP/2 and
 * HTTP/3 (RFC 8441 §5, RFC 9220 §3), which have no key and accept, and a part of the HTTP/1.1 handshake.
 */
import { orRelease, releaseCodec } from "../core/containedCodec.ts";
import { LocalProtocolError } from "../core/errors.ts";
import type { AgreedExtension, Extension, ExtensionCodec, NegotiatedExtension } from "../core/extension.ts";
import { checkOptions, refuse as refuseValue, requireKind, type OptionTable } from "../core/options.ts";
import {
  CHOSEN_EXTENSION,
  CHOSEN_EXTENSIONS,
  CHOSEN_PARAMETERS,
  CHOSEN_SUBPROTOCOL,
  MISSING,
  NOT_13,
  OFFERED_EXTENSIONS,
  OFFERED_SUBPROTOCOLS,
  REPEATED,
  VERSION,
} from "../core/rules.ts";
import { violation } from "../core/violation.ts";
import { entriesOf, headersOf } from "./headReader.ts";
import { isSeveral, singletons, spell, type Field } from "./field.ts";
import { formatExtensions, isFieldValue, isToken, parseExtensions, parseTokens } from "./headerGrammar.ts";

/** The options of {@link offerHeaders}. */
export interface OfferOptions {
  /** In order of preference. */
  readonly subprotocols?: readonly string[] | undefined;
  /** In order of preference. */
  readonly extensions?: readonly Extension[] | undefined;
  /** The page's origin, as a browser would send it (RFC 6454 §7). */
  readonly origin?: string | undefined;
  /** Additional headers, such as `Cookie` or `Authorization`. */
  readonly headers?: HeadersInit | undefined;
}

export const offerTable: OptionTable<OfferOptions> = {
  subprotocols: "an object",
  extensions: "an object",
  origin: "a string",
  headers: "an object",
};

/**
 * What a client's headers offer.
 *
 * @see {@link readOffer}
 */
export interface Offer {
  readonly origin: string | undefined;
  readonly subprotocols: readonly string[];
  readonly extensions: readonly AgreedExtension[];
}

/** The options of {@link answerOffer}. */
export interface AnswerOptions {
  /** One of the offered subprotocols; none by default. */
  readonly subprotocol?: string | undefined;
  /**
   * The extensions to accept, tried for each offer in the client's order. Those of one name are tried in this order.
   */
  readonly extensions?: readonly Extension[] | undefined;
  /** Additional headers, such as `Set-Cookie`. */
  readonly headers?: HeadersInit | undefined;
}

/** Also the options of a connection's `accept`, whose `extensions` are names. */
export const answerTable: OptionTable<AnswerOptions> = {
  subprotocol: "a string",
  headers: "an object",
  extensions: "an object",
};

/**
 * What both ends agreed on. Pass it to a `WSConnection` with `handshake: "none"`.
 *
 * @see {@link readAnswer}
 */
export interface Agreement {
  readonly subprotocol: string | undefined;
  readonly extensions: readonly NegotiatedExtension[];
}

const OUR_VERSION = "13";

/** Headers that the handshake sets. Applications must not set them, because that would contradict the handshake. */
const SET_BY_HANDSHAKE =
  /^(host|upgrade|connection|content-length|transfer-encoding|sec-websocket-(key|accept|version|protocol|extensions))$/;

/**
 * Client: creates the headers that offer a WebSocket (RFC 8441 §5 with `:method` CONNECT and `:protocol` websocket).
 * Throws `TypeError` if a header, subprotocol or origin is invalid in a header.
 *
 * @example
 * ```ts
 * import { answerOffer, offerHeaders, readAnswer, readOffer } from "websocket-over";
 *
 * const offered = { subprotocols: ["chat", "superchat"], origin: "https://example.com" };
 * const { headers } = answerOffer(readOffer(offerHeaders(offered)), { subprotocol: "superchat" });
 * console.log(readAnswer(offered, headers).subprotocol); // → superchat
 * ```
 */
export function offerHeaders(options: OfferOptions): Headers {
  checkOptions("offerHeaders()", options, offerTable);
  requireExtensions(options.extensions);
  return headersOf(offerFields(options));
}

/** Like {@link offerHeaders}, as fields. */
export function offerFields(options: OfferOptions): Field[] {
  const { subprotocols = [], extensions = [], origin } = options;
  const application = applicationFields(options.headers);
  if (!subprotocols.every((name) => typeof name === "string" && isToken(name))) {
    throw new TypeError("a subprotocol must be a token (RFC 6455 §4.1)");
  }
  if (new Set(subprotocols).size < subprotocols.length) throw new TypeError("a subprotocol is offered twice");
  const fields: Field[] = [];
  if (origin !== undefined) {
    if (application.some(([name]) => name === "Origin")) throw givenTwice("origin");
    fields.push(["Origin", requireFieldValue("origin", origin)]);
  }
  pushAgreement(fields, subprotocols, extensions.flatMap(offersOf));
  fields.push(["Sec-WebSocket-Version", OUR_VERSION], ...application);
  return fields;
}

/**
 * Server: reads the offer in a client's headers. Throws `RemoteProtocolError` with the `status` to answer.
 *
 * @example
 * ```ts
 * import { readOffer } from "websocket-over";
 *
 * const headers = { Origin: "https://app.example", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Protocol": "a, b" };
 * const { origin, subprotocols } = readOffer(new Headers(headers));
 * console.log(origin, subprotocols.join(" or ")); // → https://app.example a or b
 * ```
 */
export function readOffer(headers: Pick<Headers, "get">): Offer {
  requireKind("readOffer() takes Headers,", headers, "{ get }");
  for (const [name, rule] of singletons) {
    if (isSeveral(name, headers.get(name))) throw violation(rule, undefined, REPEATED);
  }
  const version = headers.get("sec-websocket-version");
  if (version !== OUR_VERSION) throw violation(VERSION, undefined, version === null ? MISSING : NOT_13);
  const subprotocols = readList(headers.get("sec-websocket-protocol"), parseTokens);
  if (subprotocols === undefined) throw violation(OFFERED_SUBPROTOCOLS);
  const extensions = readList(headers.get("sec-websocket-extensions"), parseExtensions);
  if (extensions === undefined) throw violation(OFFERED_EXTENSIONS);
  return { origin: headers.get("origin") ?? undefined, subprotocols, extensions };
}

/**
 * Server: answers an offer (with `:status` 200 in RFC 8441 §5). Throws `LocalProtocolError` if the subprotocol was not
 * offered, `TypeError` if a header can't be sent.
 *
 * @example
 * ```ts
 * import { answerOffer, offerHeaders, readOffer } from "websocket-over";
 *
 * const offer = readOffer(offerHeaders({ subprotocols: ["chat.v2", "chat.v1"] })); // the headers of an HTTP/2 request
 * const subprotocol = offer.subprotocols.find((name) => name === "chat.v1");
 * const { headers } = answerOffer(offer, { subprotocol, headers: { "Set-Cookie": "visits=1" } });
 * console.log(headers.get("Sec-WebSocket-Protocol"), headers.get("Set-Cookie")); // → chat.v1 visits=1
 * ```
 */
export function answerOffer(offer: Offer, options: AnswerOptions = {}): Agreement & { readonly headers: Headers } {
  requireKind("answerOffer() takes what readOffer() returns,", offer, "{ subprotocols, extensions }");
  checkOptions("answerOffer()", options, answerTable);
  requireExtensions(options.extensions);
  const { fields, ...agreement } = answerFields(offer, options);
  return { headers: headersOf(fields), ...agreement };
}

/** Like {@link answerOffer}, as fields. */
export function answerFields(offer: Offer, options: AnswerOptions): Agreement & { readonly fields: Field[] } {
  const { subprotocol } = options;
  const application = applicationFields(options.headers);
  if (subprotocol !== undefined && !offer.subprotocols.includes(subprotocol)) {
    throw new LocalProtocolError("the client did not offer that subprotocol", {
      code: "subprotocolNotOffered",
      section: "RFC 6455 §4.2.2",
    });
  }
  const extensions = acceptExtensions(offer.extensions, options.extensions ?? []);
  const fields: Field[] = [];
  orRelease(codecsOf(extensions), () => {
    pushAgreement(fields, subprotocol === undefined ? [] : [subprotocol], extensions);
  });
  fields.push(...application);
  return { fields, subprotocol, extensions };
}

/**
 * Client: reads the server's answer. Throws `RemoteProtocolError` if the answer contains something that was not offered
 * (RFC 6455 §4.1).
 *
 * @example
 * ```ts
 * import { readAnswer, WSConnection } from "websocket-over";
 *
 * const offered = { subprotocols: ["chat"] };
 * const agreement = readAnswer(offered, new Headers({ "Sec-WebSocket-Protocol": "chat" })); // from an HTTP/2 response
 * const client = new WSConnection("client", { handshake: "none", ...agreement });
 * console.log(client.subprotocol, client.state); // → chat open
 * ```
 */
export function readAnswer(offered: OfferOptions, headers: Pick<Headers, "get">): Agreement {
  requireKind("readAnswer() takes the offer,", offered, "an object");
  requireKind("readAnswer() takes Headers,", headers, "{ get }");
  const subprotocol = headers.get("sec-websocket-protocol") ?? undefined;
  if (subprotocol !== undefined && !(offered.subprotocols ?? []).includes(subprotocol)) {
    throw violation(CHOSEN_SUBPROTOCOL);
  }
  const answers = readList(headers.get("sec-websocket-extensions"), parseExtensions);
  if (answers === undefined) throw violation(CHOSEN_EXTENSIONS);
  return { subprotocol, extensions: confirmExtensions(answers, offered.extensions ?? []) };
}

function confirmExtensions(
  answers: readonly AgreedExtension[],
  offered: readonly Extension[],
): readonly NegotiatedExtension[] {
  const extensions: NegotiatedExtension[] = [];
  const made: ExtensionCodec[] = [];
  orRelease(made, () => {
    for (const { name, parameters } of answers) {
      const candidates = offered.filter((candidate) => candidate.name === name);
      if (candidates.length === 0 || extensions.some((agreed) => agreed.name === name)) {
        throw violation(CHOSEN_EXTENSION, undefined, name);
      }
      const codec = first(candidates, (candidate) => candidate.confirm(parameters));
      if (codec !== undefined) made.push(codec);
      if (codec === undefined || sharesBits(codec.reservedBits, extensions)) {
        throw violation(CHOSEN_PARAMETERS, undefined, name);
      }
      extensions.push({ name, parameters, codec });
    }
  });
  return extensions;
}

/**
 * Both ends, without headers: what each extension would agree on with itself. Extensions that are already negotiated
 * stay as they are. Throws `TypeError` if two claim the same reserved bit.
 */
export function agreeBeforehand(
  role: "client" | "server",
  extensions: readonly (Extension | NegotiatedExtension)[],
): NegotiatedExtension[] {
  const agreed: NegotiatedExtension[] = [];
  const made: ExtensionCodec[] = [];
  orRelease(made, () => {
    for (const extension of extensions) {
      const given = "codec" in extension ? extension : undefined;
      const own = given ?? agreeAlone(role, extension as Extension);
      if (own === undefined) continue;
      if (given === undefined) made.push(own.codec);
      if (sharesBits(own.codec.reservedBits, agreed)) {
        throw new TypeError(`${own.name} claims a reserved bit that is in use`);
      }
      agreed.push(own);
    }
  });
  return agreed;
}

function agreeAlone(role: "client" | "server", extension: Extension): NegotiatedExtension | undefined {
  const [agreed] = acceptExtensions(offersOf(extension), [extension]);
  if (role === "server" || agreed === undefined) return agreed;
  releaseCodec(agreed.codec); // the server's
  const codec = extension.confirm(agreed.parameters);
  return codec === undefined ? undefined : { ...agreed, codec };
}

function offersOf(extension: Extension): AgreedExtension[] {
  return extension.offer().map((parameters) => ({ name: extension.name, parameters }));
}

/** Throws `TypeError` unless `extensions` is an array of extensions, negotiated or not. */
export function requireExtensions(extensions: unknown = []): void {
  if (!Array.isArray(extensions)) refuseValue("extensions must be an array, as in [permessageDeflate()]", extensions);
  for (const extension of extensions as readonly unknown[]) {
    if ("codec" in Object(extension)) continue;
    requireKind("an extension, such as permessageDeflate(), must be", extension, "{ offer, accept, confirm }");
  }
}

/** Accepts the client's offers in order: each extension once, and none whose reserved bit is already in use (§9.1). */
function acceptExtensions(offers: readonly AgreedExtension[], supported: readonly Extension[]): NegotiatedExtension[] {
  const agreed: NegotiatedExtension[] = [];
  const made: ExtensionCodec[] = [];
  orRelease(made, () => {
    for (const { name, parameters } of offers) {
      if (agreed.some((extension) => extension.name === name)) continue;
      const candidates = supported.filter((candidate) => candidate.name === name);
      const accepted = first(candidates, (candidate) => candidate.accept(parameters));
      if (accepted === undefined) continue;
      made.push(accepted.codec);
      if (sharesBits(accepted.codec.reservedBits, agreed)) releaseCodec(made.pop()!);
      else agreed.push({ name, ...accepted });
    }
  });
  return agreed;
}

function codecsOf(extensions: readonly NegotiatedExtension[]): ExtensionCodec[] {
  return extensions.map(({ codec }) => codec);
}

/** Returns the first result that is not `undefined`. Several extensions of the same name are in order of preference. */
function first<T>(candidates: readonly Extension[], use: (candidate: Extension) => T | undefined): T | undefined {
  for (const candidate of candidates) {
    const made = use(candidate);
    if (made !== undefined) return made;
  }
  return undefined;
}

function sharesBits(bits: number, agreed: readonly NegotiatedExtension[]): boolean {
  return agreed.some(({ codec }) => (codec.reservedBits & bits) !== 0);
}

function pushAgreement(fields: Field[], subprotocols: readonly string[], extensions: readonly AgreedExtension[]): void {
  if (extensions.length > 0) fields.push(["Sec-WebSocket-Extensions", formatExtensions(extensions)]);
  if (subprotocols.length > 0) fields.push(["Sec-WebSocket-Protocol", subprotocols.join(", ")]);
}

/** The application's headers, checked: no line breaks, and none that the handshake sets. */
export function applicationFields(init: HeadersInit | undefined): Field[] {
  const fields: Field[] = [];
  if (init === undefined) return fields;
  const entries = entriesOf(init);
  const names = entries.map(([name]) => name.toLowerCase());
  for (const [name] of singletons) {
    if (names.indexOf(name) !== names.lastIndexOf(name)) throw givenTwice(name);
  }
  headersOf(entries).forEach((value, name) => {
    if (SET_BY_HANDSHAKE.test(name)) throw new TypeError(`the handshake sets ${name}: leave it out`);
    fields.push([spell(name), requireFieldValue(name, value)]);
  });
  return fields;
}

function givenTwice(name: string): TypeError {
  return new TypeError(`${name} is given twice: send it once`);
}

function requireFieldValue(name: string, value: string): string {
  if (typeof value !== "string" || !isFieldValue(value)) throw new TypeError(`invalid header value for ${name}`);
  return value;
}

/** Reads an optional header, which must have an element if present (RFC 6455 §4.3, §9.1). */
function readList<T>(value: string | null, parse: (value: string) => T[] | undefined): T[] | undefined {
  if (value === null) return [];
  const elements = parse(value);
  return elements?.length === 0 ? undefined : elements;
}
