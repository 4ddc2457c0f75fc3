/**
 * The table of rules: what a connection throws when a peer breaks one, and what the decoder reports for the same bytes.
 */
import { describe, expect, test } from "vitest";
import * as rules from "../../../src/core/rules.ts";
import { inWords, type Rule } from "../../../src/core/violation.ts";
import { WSConnection, type ConnectionClosed } from "../../../src/index.ts";
import { decode, type Violation } from "../../../src/inspect/index.ts";
import { feed, head, hex, join, open, type Bytes } from "../../support/wire.ts";

type Name = { [Key in keyof typeof rules]: (typeof rules)[Key] extends string ? never : Key }[keyof typeof rules];
type Told = Pick<Violation, "code" | "message" | "section">;

/** What breaks each rule of frames and messages, and from whom; with the values in its words. */
const inFrames: readonly [Name, sender: "client" | "server", bytes: string, ...values: unknown[]][] = [
  ["RESERVED_BITS", "server", "a1 00", "RSV2"],
  ["RESERVED_OPCODE", "server", "83 00", "3"],
  ["CONTROL_FRAGMENTED", "server", "09 00"],
  ["CONTROL_TOO_LONG", "server", "89 7e 00 7e"],
  ["MASK_MISSING", "client", "81 00"],
  ["MASK_UNEXPECTED", "server", "81 80 00 00 00 00"],
  ["LENGTH_NOT_MINIMAL", "server", "82 7e 00 7d"],
  ["LENGTH_OF_64_BITS", "server", "82 7f 80 00 00 00 00 00 00 00"],
  ["LENGTH_UNSAFE", "server", "82 7f 00 20 00 00 00 00 00 00"],
  ["CONTINUATION_WITHOUT_START", "server", "80 00"],
  ["MESSAGE_INTERRUPTED", "server", "01 00 81 00"],
  ["TEXT_INVALID", "server", "81 01 ff"],
  ["CLOSE_BODY_TOO_SHORT", "server", "88 01 03"],
  ["CLOSE_CODE_INVALID", "server", "88 02 03 ed", 1005],
  ["CLOSE_REASON_INVALID", "server", "88 03 03 e8 ff"],
];

const REQUEST = {
  line: "GET / HTTP/1.1",
  Host: "a",
  Upgrade: "websocket",
  Connection: "Upgrade",
  "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
  "Sec-WebSocket-Version": "13",
};
const ANSWER = {
  line: "HTTP/1.1 101 Switching Protocols",
  Upgrade: "websocket",
  Connection: "Upgrade",
  "Sec-WebSocket-Accept": "ICX+Yqv66kxgM0FcWaLWlFLwTAI=",
};
type Change = Readonly<Record<string, string | undefined>>;

function changed(lines: Change, change: Change): Bytes {
  const { line, ...fields } = { ...lines, ...change };
  return head(
    line!,
    ...Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`])),
  );
}

const inRequests: readonly [Name, Change | Bytes, ...values: unknown[]][] = [
  ["LINE_END", { Host: "a\nX: y" }],
  ["START_EMPTY", join(hex("0d 0a 0d 0a"), changed(REQUEST, {})), "request"],
  ["FIELD_MALFORMED", { Host: "a\r\nnonsense" }, 2],
  ["FIELD_FOLDED", { Host: "a\r\n b" }, 2],
  ["REQUEST_LINE", { line: "GET / x HTTP/1.1" }],
  ["METHOD", { line: "POST / HTTP/1.1" }],
  ["REQUEST_VERSION", { line: "GET / HTTP/1.0" }],
  ["TARGET", { line: "GET a HTTP/1.1" }],
  ["HOST", { Host: undefined }, rules.MISSING],
  ["HOST", { Host: "a\r\nHost: a" }, rules.REPEATED],
  ["HOST", { Host: "a b" }, rules.MALFORMED],
  ["REQUEST_UPGRADE", { Upgrade: undefined }, rules.MISSING],
  ["REQUEST_UPGRADE", { Upgrade: "h2c" }, rules.NO_WEBSOCKET],
  ["REQUEST_CONNECTION", { Connection: "close" }, rules.NO_UPGRADE],
  ["REQUEST_BODY", { "Content-Length": "5" }],
  ["ORIGIN", { Origin: "a\r\nOrigin: b" }, rules.REPEATED],
  ["ORIGIN", { Origin: "a, b" }, rules.REPEATED],
  ["AUTHORIZATION", { Authorization: "a\r\nAuthorization: b" }, rules.REPEATED],
  ["CONTENT_LENGTH", { "Content-Length": "0\r\nContent-Length: 0" }, rules.REPEATED],
  ["VERSIONS", { "Sec-WebSocket-Version": "13\r\nSec-WebSocket-Version: 13" }, rules.REPEATED],
  ["VERSIONS", { "Sec-WebSocket-Version": "13, 13" }, rules.REPEATED],
  ["VERSION", { "Sec-WebSocket-Version": undefined }, rules.MISSING],
  ["VERSION", { "Sec-WebSocket-Version": "8" }, rules.NOT_13],
  ["KEY", { "Sec-WebSocket-Key": undefined }, rules.MISSING],
  ["KEY", { "Sec-WebSocket-Key": "c2hvcnQ=" }, rules.NO_KEY],
  ["OFFERED_SUBPROTOCOLS", { "Sec-WebSocket-Protocol": "a, a" }],
  ["OFFERED_EXTENSIONS", { "Sec-WebSocket-Extensions": "a; =" }],
];

const inAnswers: readonly [Name, Change, ...values: unknown[]][] = [
  ["STATUS_LINE", { line: "HTTP/1.1 ok" }],
  ["ANSWER_VERSION", { line: "HTTP/1.0 101 Switching Protocols" }],
  ["ANSWER_UPGRADE", { Upgrade: "h2c" }, rules.NOT_WEBSOCKET],
  ["ANSWER_CONNECTION", { Connection: "close" }, rules.NO_UPGRADE],
  ["ACCEPT", { "Sec-WebSocket-Accept": undefined }, rules.MISSING],
  ["ACCEPT", { "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" }, rules.WRONG_ANSWER],
  ["CHOSEN_SUBPROTOCOL", { "Sec-WebSocket-Protocol": "chat" }],
  ["CHOSEN_EXTENSIONS", { "Sec-WebSocket-Extensions": "a; =" }],
  ["CHOSEN_EXTENSION", { "Sec-WebSocket-Extensions": "x" }, "x"],
];

/** A connection's own limits and deadlines, and what only it looks at. */
const notDecoded: readonly Name[] = [
  "FRAME_TOO_LARGE",
  "TOO_MANY_FRAGMENTS",
  "MESSAGE_TOO_LARGE",
  "HEAD_TOO_MANY_LINES",
  "GIVEN_FIELD",
  "EARLY_DATA",
  "CHOSEN_PARAMETERS",
  "BODY",
];
/** Of both, with a limit of each one's own; and of the decoder alone. */
const elsewhere: readonly Name[] = ["HEAD_TOO_LARGE", "FRAME_AFTER_CLOSE"];

/** What both have to say. */
function told(name: Name, values: readonly unknown[]): Told {
  const [code, section, words] = rules[name] as Rule;
  return { code, section: section!, message: inWords(words, values) };
}

const faultOf = (closed: unknown): unknown => (closed as ConnectionClosed).error;
const decoded = (...args: Parameters<typeof decode>): Told[] =>
  decode(...args).flatMap((record) =>
    record.violations.map(({ code, message, section }) => ({ code, message, section })),
  );

describe("a broken rule is thrown by the connection and reported by the decoder, in the same words", () => {
  test.each(inFrames)("%s by a %s: %s", (name, sender, text, ...values) => {
    const bytes = hex(text);
    const [, , , closeCode] = rules[name];
    const expected = told(name, values);
    const closed = feed(open(sender === "client" ? "server" : "client"), bytes).at(-1);
    expect(faultOf(closed)).toMatchObject({ ...expected, closeCode });
    expect(decoded({ [sender]: bytes }, { handshake: "none", agreed: [] })).toContainEqual(expected);
  });

  test.each(inRequests)("%s in a request: %j", (name, change, ...values) => {
    const bytes = change instanceof Uint8Array ? change : changed(REQUEST, change);
    const [, , , , status] = rules[name];
    const expected = told(name, values);
    const closed = feed(new WSConnection("server"), bytes).at(-1);
    expect(faultOf(closed)).toMatchObject({ ...expected, status });
    expect(decoded({ client: bytes }, { handshake: "http1" })).toContainEqual(expected);
  });

  test.each(inAnswers)("%s in an answer: %j", (name, change, ...values) => {
    const expected = told(name, values);
    const client = new WSConnection("client", { host: "a", resource: "/", random: (bytes) => bytes.fill(0) });
    const request = client.bytesToSend();
    const bytes = changed(ANSWER, change);
    expect(faultOf(feed(client, bytes).at(-1))).toMatchObject(expected);
    expect(decoded({ client: request, server: bytes }, { handshake: "http1" })).toContainEqual(expected);
  });

  test("HEAD_TOO_LARGE, each by its own limit", () => {
    const bytes = changed(REQUEST, { "X-Long": "x".repeat(300) });
    const expected = told("HEAD_TOO_LARGE", [256]);
    const closed = feed(new WSConnection("server", { limits: { maxHeadBytes: 256 } }), bytes).at(-1);
    expect(faultOf(closed)).toMatchObject({ ...expected, status: 431 });
    expect(decoded({ client: bytes }, { handshake: "http1", maxHeadBytes: 256 })).toContainEqual(expected);
  });

  test("FRAME_AFTER_CLOSE only by the decoder, because a connection reads no further", () => {
    const bytes = hex("88 00 81 00");
    expect(faultOf(feed(open("client"), bytes).at(-1))).toBeUndefined();
    expect(decoded({ server: bytes }, { handshake: "none", agreed: [] })).toContainEqual(told("FRAME_AFTER_CLOSE", []));
  });

  test("each rule of the table is among these, or does not concern the decoder", () => {
    const tested = [...inFrames, ...inRequests, ...inAnswers].map(([name]) => name);
    // A capture does not show the deadlines.
    const isForDecoder = (name: string): boolean =>
      typeof rules[name as Name] !== "string" && !name.endsWith("_TIMEOUT");
    const names = Object.keys(rules).filter(isForDecoder);
    expect([...new Set([...tested, ...notDecoded, ...elsewhere])].sort()).toEqual(names.sort());
  });
});
