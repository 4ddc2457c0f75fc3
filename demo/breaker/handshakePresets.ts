/** Handshakes that break a rule: requests for our server, answers for our client. */
import type { Role } from "../../src/inspect/index.ts";

export interface HandshakePreset {
  readonly name: string;
  readonly clause: string;
  /** Who says it. */
  readonly from: Role;
  /** With LF for CR LF, unless `bare`. `{accept}` stands for the right answer to the key. */
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

/** Lines that begin with a name are replaced, or left out; those with a new one are added. */
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

function asking(name: string, clause: string, change: Change): HandshakePreset {
  return { name, clause, from: "client", text: changed(request, change) };
}

function answering(name: string, clause: string, change: Change): HandshakePreset {
  return { name, clause, from: "server", text: changed(answer, change) };
}

const SERVER = "RFC 6455 §4.2.1";
const CLIENT = "RFC 6455 §4.1";

export const handshakePresets: readonly HandshakePreset[] = [
  asking("A right request, by hand", SERVER, {}),
  asking("POST", SERVER, { GET: "POST /chat HTTP/1.1" }),
  asking("HTTP/1.0", SERVER, { GET: "GET /chat HTTP/1.0" }),
  asking("No Host", SERVER, { Host: undefined }),
  asking("No Upgrade", SERVER, { Upgrade: undefined }),
  asking("Connection: keep-alive", SERVER, { Connection: "Connection: keep-alive" }),
  asking("No key", SERVER, { "Sec-WebSocket-Key": undefined }),
  asking("Key of 8 bytes", SERVER, { "Sec-WebSocket-Key": "Sec-WebSocket-Key: c2hvcnRrZXk=" }),
  asking("Version 8", "RFC 6455 §4.4", { "Sec-WebSocket-Version": "Sec-WebSocket-Version: 8" }),
  asking("Extensions that are malformed", "RFC 6455 §9.1", { new: "Sec-WebSocket-Extensions: permessage-deflate; =" }),
  asking("Folded line", "RFC 9112 §2.2", { Host: "Host: server.example\n folded" }),
  asking("Request with a body", CLIENT, { new: "Content-Length: 5" }),
  {
    name: "Lines that end in LF alone",
    clause: "RFC 9112 §2.2",
    from: "client",
    text: changed(request, {}),
    bare: true,
  },
  answering("A right answer, by hand", CLIENT, {}),
  answering("Wrong accept key", CLIENT, {
    "Sec-WebSocket-Accept": "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
  }),
  answering("No accept key", CLIENT, { "Sec-WebSocket-Accept": undefined }),
  answering("200 OK", CLIENT, { HTTP: "HTTP/1.1 200 OK\nContent-Length: 0" }),
  answering("Upgrade to something else", CLIENT, { Upgrade: "Upgrade: h2c" }),
  answering("Subprotocol that nobody offered", CLIENT, { new: "Sec-WebSocket-Protocol: chat" }),
  answering("Extension that nobody offered", CLIENT, { new: "Sec-WebSocket-Extensions: permessage-deflate" }),
];

/** As it goes on the wire. */
export function wireText(text: string, bare: boolean): string {
  return bare ? text : text.replaceAll(/\r?\n/g, "\r\n");
}
