/** Handshakes that break a rule: requests for our server, answers for our client. */
import { rules, type Role, type Rule } from "../../src/inspect/index.ts";

export interface HandshakePreset {
  readonly name: string;
  readonly clause: string;
  /** The sender. */
  readonly from: Role;
  /** With LF for CR LF, unless `bare`. `{accept}` is replaced by the right answer to the key. */
  readonly text: string;
  readonly bare?: boolean;
}

const request: readonly string[] = [
  "GET /chat HTTP/1.1",
  "Host: server.example",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
];
const answer: readonly string[] = [
  "HTTP/1.1 101 Switching Protocols",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Accept: {accept}",
];

type Change = Readonly<Record<string, string | undefined>>;

/** Lines with the same name are replaced or removed; lines with a new name are added. */
function changed(lines: readonly string[], change: Change): string {
  const left = { ...change };
  const kept = lines.flatMap((line) => {
    const name = Object.keys(change).find((name) => line.startsWith(name));
    if (name === undefined) return [line];
    const { [name]: replacement } = change;
    left[name] = undefined;
    return replacement === undefined ? [] : [replacement];
  });
  const added = Object.values(left).filter((line) => line !== undefined);
  return `${[...kept, ...added].join("\n")}\n\n`;
}

/** A request, and the rule that it breaks, or the section that it follows. */
function asking(name: string, rule: Rule | string, change: Change): HandshakePreset {
  return { name, clause: clauseOf(rule), from: "client", text: changed(request, change) };
}

/** The same for an answer. */
function answering(name: string, rule: Rule | string, change: Change): HandshakePreset {
  return { name, clause: clauseOf(rule), from: "server", text: changed(answer, change) };
}

function clauseOf(rule: Rule | string): string {
  return typeof rule === "string" ? rule : rule[1]!;
}

const SERVER = "RFC 6455 §4.2.1";
const CLIENT = "RFC 6455 §4.1";

export const handshakePresets: readonly HandshakePreset[] = [
  asking("A valid request, by hand", SERVER, {}),
  asking("POST", rules.METHOD, { GET: "POST /chat HTTP/1.1" }),
  asking("HTTP/1.0", rules.REQUEST_VERSION, { GET: "GET /chat HTTP/1.0" }),
  asking("No Host", rules.HOST, { Host: undefined }),
  asking("No Upgrade", rules.REQUEST_UPGRADE, { Upgrade: undefined }),
  asking("Connection: keep-alive", rules.REQUEST_CONNECTION, { Connection: "Connection: keep-alive" }),
  asking("No key", rules.KEY, { "Sec-WebSocket-Key": undefined }),
  asking("Key of 8 bytes", rules.KEY, { "Sec-WebSocket-Key": "Sec-WebSocket-Key: c2hvcnRrZXk=" }),
  asking("Version 8", rules.VERSION, { "Sec-WebSocket-Version": "Sec-WebSocket-Version: 8" }),
  asking("Malformed extensions", rules.OFFERED_EXTENSIONS, {
    new: "Sec-WebSocket-Extensions: permessage-deflate; =",
  }),
  asking("Folded line", rules.FIELD_FOLDED, { Host: "Host: server.example\n folded" }),
  asking("Request with a body", rules.REQUEST_BODY, { new: "Content-Length: 5" }),
  {
    name: "Lines that end in a bare LF",
    clause: clauseOf(rules.LINE_END),
    from: "client",
    text: changed(request, {}),
    bare: true,
  },
  answering("A valid answer, by hand", CLIENT, {}),
  answering("Wrong accept key", rules.ACCEPT, {
    "Sec-WebSocket-Accept": "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
  }),
  answering("No accept key", rules.ACCEPT, { "Sec-WebSocket-Accept": undefined }),
  answering("200 OK", CLIENT, { HTTP: "HTTP/1.1 200 OK\nContent-Length: 0" }),
  answering("Upgrade to something else", rules.ANSWER_UPGRADE, { Upgrade: "Upgrade: h2c" }),
  answering("Subprotocol that was not offered", rules.CHOSEN_SUBPROTOCOL, { new: "Sec-WebSocket-Protocol: chat" }),
  answering("Extension that was not offered", rules.CHOSEN_EXTENSION, {
    new: "Sec-WebSocket-Extensions: permessage-deflate",
  }),
];

/** The text as it is sent. */
export function wireText(text: string, bare: boolean): string {
  return bare ? text : text.replaceAll(/\r?\n/g, "\r\n");
}
