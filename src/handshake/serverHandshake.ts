/** The server's side of the opening handshake over HTTP/1.1 (RFC 6455 §4.2). */
import type { ByteQueue } from "../core/byteQueue.ts";
import { concat, latin1, viewOf, type Bytes } from "../core/bytes.ts";
import type { RemoteProtocolError } from "../core/errors.ts";
import type { ConnectionRequested } from "../core/events.ts";
import type { Limits } from "../core/limits.ts";
import type { OptionTable } from "../core/options.ts";
import {
  GIVEN_FIELD,
  HOST,
  KEY,
  MALFORMED,
  METHOD,
  NO_KEY,
  NO_UPGRADE,
  NO_WEBSOCKET,
  REQUEST_BODY,
  REQUEST_CONNECTION,
  REQUEST_LINE,
  REQUEST_UPGRADE,
  REQUEST_VERSION,
  TARGET,
} from "../core/rules.ts";
import { violation } from "../core/violation.ts";
import { encodeText } from "../core/utf8.ts";
import { acceptFor, isKey } from "./acceptKey.ts";
import { entriesOf, Head, HeadReader, makeField, type GivenHeaders } from "./headReader.ts";
import { singletons, type Field } from "./field.ts";
import { formatHead, statusLine } from "./headWriter.ts";
import { isHost, listHas } from "./headerGrammar.ts";
import { parseTarget, urlOf, type RequestTarget } from "./requestTarget.ts";
import { answerFields, applicationFields, readOffer, type Agreement, type AnswerOptions } from "./negotiation.ts";

/**
 * A request that has already been parsed, for example by Node's `http` module. The pseudo-headers of an HTTP/2 request
 * (`:method`, `:path`, `:authority` and `:protocol`, RFC 8441 §4) replace method, target, host and upgrade, and are not
 * treated as headers.
 *
 * @see {@link ServerConnection}
 */
export interface ParsedRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: GivenHeaders;
}

/** The options of `reject()` of a {@link ServerConnection}. */
export interface RejectOptions {
  /** 200 to 599; 403 by default. */
  readonly status?: number | undefined;
  /** Additional headers, such as `Location`. The length or coding of the body is set automatically. */
  readonly headers?: HeadersInit | undefined;
  /** The body: a string is sent as UTF-8. Bytes have been read when the call returns. No body by default. */
  readonly body?: string | ArrayBuffer | ArrayBufferView | undefined;
  /** The body, or the rest of it, follows in calls of `sendRejectionData`. */
  readonly streamed?: boolean | undefined;
}

export const rejectTable: OptionTable<RejectOptions> = {
  status: "a number",
  headers: "an object",
  body: "a string or an object",
  streamed: "a boolean",
};

export class ServerHandshake {
  readonly #head: HeadReader;
  /** The pending request. */
  request: ConnectionRequested | undefined;
  #key = "";

  constructor(limits: Limits) {
    this.#head = new HeadReader(limits, "request line");
  }

  /**
   * Reads the request. Returns `undefined` until it is complete. Throws `RemoteProtocolError` with the `status` to
   * answer.
   */
  read(input: ByteQueue): ConnectionRequested | undefined {
    const head = this.#head.read(input);
    return head === undefined ? undefined : this.#receiveHead(head);
  }

  /** Whether any part of a request has arrived. */
  get started(): boolean {
    return this.#head.started || this.request !== undefined;
  }

  /** Takes a request that has already been parsed, and checks it by the same rules. */
  receiveRequest(request: ParsedRequest): ConnectionRequested {
    const { method, target, headers } = asHttp1(request);
    return this.#receiveHead(new Head(`${method} ${target} HTTP/1.1`, fieldsOf(headers)));
  }

  #receiveHead(head: Head): ConnectionRequested {
    const { target, parsed } = parseRequestLine(head.startLine);
    const place = placeOf(head, parsed);
    if (!listHas(head.list("upgrade", REQUEST_UPGRADE), "websocket")) {
      throw violation(REQUEST_UPGRADE, undefined, NO_WEBSOCKET);
    }
    if (!listHas(head.list("connection", REQUEST_CONNECTION), "upgrade")) {
      throw violation(REQUEST_CONNECTION, undefined, NO_UPGRADE);
    }
    const request = describe(head, target, place);
    this.#key = head.one("sec-websocket-key", KEY);
    if (!isKey(this.#key)) throw violation(KEY, undefined, NO_KEY);
    return (this.request = request);
  }

  /** Creates the answer that opens the connection (§4.2.2). */
  accept(request: ConnectionRequested, options: AnswerOptions): Agreement & { head: Head; bytes: Bytes } {
    const { fields, subprotocol, extensions } = answerFields(request, options);
    const head = new Head(statusLine(101), [
      ["Connection", "Upgrade"],
      ["Sec-WebSocket-Accept", acceptFor(this.#key)],
      ["Upgrade", "websocket"],
      ...fields,
    ]);
    return { head, subprotocol, extensions, bytes: formatHead(head.startLine, head.fields) };
  }
}

/** The request of a connection that is already open, so that no handshake runs. Throws `RemoteProtocolError`. */
export function openedBy(request: ParsedRequest): ConnectionRequested {
  const { target, headers } = asHttp1(request);
  const head = new Head("", fieldsOf(headers));
  return describe(head, target, placeOf(head, targetOf(target)));
}

/** Converts a request to the form of HTTP/1.1, without pseudo-headers (RFC 9113 §8.3.1). */
export function asHttp1(request: ParsedRequest): ParsedRequest & { headers: [name: string, value: string][] } {
  const entries = entriesOf(request.headers);
  const pseudo = Object.fromEntries(entries.filter(([name]) => name.startsWith(":")));
  const { ":method": method = request.method, ":path": target = request.target, ":authority": authority } = pseudo;
  const { ":protocol": protocol } = pseudo;
  const headers = entries.filter(([name]) => {
    return !name.startsWith(":") && (authority === undefined || name.toLowerCase() !== "host");
  });
  if (authority !== undefined) headers.unshift(["host", authority]);
  if (method !== "CONNECT" || protocol === undefined) return { method, target, headers };
  headers.push(["connection", "Upgrade"], ["upgrade", protocol]);
  return { method: "GET", target, headers };
}

function fieldsOf(headers: [name: string, value: string][]): Field[] {
  return headers.map(([name, value], i) => {
    const field = makeField(name, value);
    if (field === undefined) throw violation(GIVEN_FIELD, undefined, i + 1);
    return field;
  });
}

/** The host and URL of a request. */
function placeOf(head: Head, parsed: RequestTarget): Pick<ConnectionRequested, "host" | "url"> {
  const host = head.one("host", HOST);
  const url = isHost(host) ? urlOf(parsed, host) : undefined;
  if (url === undefined) throw violation(HOST, undefined, MALFORMED);
  return { host: parsed.authority ?? host, url };
}

/** The event for a request, however the connection opens. */
function describe(
  head: Head,
  target: string,
  { host, url }: Pick<ConnectionRequested, "host" | "url">,
): ConnectionRequested {
  if (head.get("transfer-encoding") !== null || head.all("content-length").some((length) => length !== "0")) {
    throw violation(REQUEST_BODY);
  }
  for (const [name, rule] of singletons) head.requireSingle(name, rule);
  const { origin, subprotocols, extensions } = readOffer(head);
  return {
    type: "connectionRequested",
    target,
    url,
    host,
    get headers() {
      return head.headers;
    },
    origin,
    subprotocols,
    extensions,
  };
}

/** The response that rejects a request, with its body unless that is streamed. */
export function rejection(options: RejectOptions): Bytes {
  const { status = 403, body = "", streamed = false } = options;
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new RangeError(`a rejection's status must be 200 to 599, not ${String(status)}`);
  }
  const bytes = bodyBytes(body);
  const bodiless = status === 204 || status === 304;
  if (bodiless && (streamed || bytes.length > 0)) throw new RangeError(`a ${status} response can't have a body`);
  const fields: Field[] = [["Connection", status === 426 ? "Upgrade, close" : "close"]];
  if (streamed) fields.push(["Transfer-Encoding", "chunked"]);
  else if (!bodiless) fields.push(["Content-Length", String(bytes.length)]);
  // RFC 6455 §4.4 and RFC 9110 §15.5.22.
  if (status === 426) fields.push(["Upgrade", "websocket"], ["Sec-WebSocket-Version", "13"]);
  fields.push(...applicationFields(options.headers));
  return concat([formatHead(statusLine(status), fields), streamed ? chunk(bytes) : bytes]);
}

/** The response to a request that broke a rule; its body names the rule. */
export function refusal({ status = 400, message }: RemoteProtocolError): Bytes {
  return rejection({ status, headers: { "content-type": "text/plain; charset=utf-8" }, body: `${message}\n` });
}

/** A piece of a streamed body (RFC 9112 §7.1), or its end. */
export function rejectionPiece(data: string | ArrayBuffer | ArrayBufferView, finished: boolean): Bytes {
  const piece = chunk(bodyBytes(data));
  return finished ? concat([piece, latin1("0\r\n\r\n")]) : piece;
}

function parseRequestLine(line: string): { target: string; parsed: RequestTarget } {
  const parts = line.split(" ");
  const [method, target = "", version = ""] = parts;
  if (parts.length !== 3) throw violation(REQUEST_LINE);
  if (method !== "GET") throw violation(METHOD);
  if (version !== "HTTP/1.1") throw violation(REQUEST_VERSION);
  return { target, parsed: targetOf(target) };
}

function targetOf(target: string): RequestTarget {
  const parsed = parseTarget(target);
  if (parsed === undefined) throw violation(TARGET);
  return parsed;
}

function chunk(bytes: Uint8Array): Bytes {
  if (bytes.length === 0) return new Uint8Array(0);
  return concat([latin1(`${bytes.length.toString(16)}\r\n`), bytes, latin1("\r\n")]);
}

function bodyBytes(body: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  return typeof body === "string" ? encodeText(body) : viewOf(body);
}
