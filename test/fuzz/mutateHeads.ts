/** Changes to HTTP heads (RFC 9112 §2.1) and the values of their fields: lines, names, lists, quotes, spaces. */
import type { Random } from "../support/random.ts";
import { join, type Bytes } from "../support/wire.ts";
import { mutateBytes } from "./mutateBytes.ts";

/** One character a byte, so that anything may be written. */
export const bytesOf = (text: string): Bytes => Uint8Array.from(text, (character) => character.charCodeAt(0));
export const textOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");

const LINES = [
  "GET / HTTP/1.1",
  "GET http://a/b?c HTTP/1.1",
  "GET WSS://a:1?b HTTP/1.1",
  "POST / HTTP/1.1",
  "GET / HTTP/1.0",
  "PRI * HTTP/2.0",
  "HTTP/1.1 101 Switching Protocols",
  "HTTP/1.1 200 OK",
  "HTTP/1.1 204 No Content",
  "HTTP/1.1 401 Unauthorized",
  "HTTP/1.1 103 Early Hints",
  "HTTP/1.0 404",
  "Host: a",
  "Upgrade: websocket",
  "Upgrade: h2c, WebSocket",
  "Connection: keep-alive, Upgrade",
  "Connection: close",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Key: AAAA",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Version: 8",
  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
  "Sec-WebSocket-Protocol: chat, superchat",
  "Sec-WebSocket-Protocol: chat",
  "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
  "Sec-WebSocket-Extensions: permessage-deflate",
  "Origin: https://example.com",
  "Origin: null",
  "Content-Length: 3",
  "Content-Length: 3, 3",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: gzip, chunked",
  "Set-Cookie: a=b",
  "__proto__: 1",
  " folded",
  "No-Colon",
  "",
];

const PIECES = [
  ",",
  ";",
  "=",
  '"',
  "\\",
  " ",
  "\t",
  "\r\n",
  "\n",
  "\r",
  "\0",
  ":",
  "\u0080",
  "\u00ff",
  "\u007f",
  "a",
  "chat",
  "permessage-deflate",
  "client_max_window_bits",
  "server_max_window_bits=10",
  "server_no_context_takeover",
  "constructor",
  "__proto__",
  '"8"',
  "15",
  "1;x",
  "ffffffffffffffff\r\n",
  "3\r\nabc\r\n0\r\n\r\n",
  "0\r\n\r\n",
  "websocket",
  "UPGRADE",
  "%",
];

type TextMutator = (random: Random, text: string) => string;

const onLines =
  (change: (random: Random, lines: string[], at: number) => void): TextMutator =>
  (random, text) => {
    const lines = text.split("\r\n");
    change(random, lines, random.below(lines.length));
    return lines.join("\r\n");
  };

/** Replacements for each kind of element. */
const swaps = [
  [/\r\n/, "\n"],
  [/: /, ":"],
  [/: /, " : "],
  [/, /, ",,"],
  [/;/, " ;\t"],
  [/\d+/, "0"],
  [/\d+/, "99999999999999999999"],
  [/\d+/, "-1"],
  [/=/, "=="],
  [/HTTP\/1\.1/, "HTTP/1.10"],
] as const;

const mutators: readonly TextMutator[] = [
  onLines((_, lines, at) => void lines.splice(at, 1)),
  onLines((_, lines, at) => void lines.splice(at, 0, lines[at]!)),
  onLines((random, lines, at) => void lines.splice(at, 0, random.pick(LINES))),
  onLines((random, lines, at) => void lines.splice(at, 1, random.pick(LINES))),
  onLines((random, lines, at) => void lines.splice(at, 0, ...lines.splice(random.below(lines.length), 1))),
  onLines((random, lines, at) => {
    const line = lines[at]!;
    const cut = random.below(line.length + 1);
    lines[at] = line.slice(0, cut) + random.pick(PIECES) + line.slice(cut);
  }),
  onLines((random, lines, at) => {
    lines[at] = random.oneIn(2) ? lines[at]!.toUpperCase() : lines[at]!.toLowerCase();
  }),
  onLines((random, lines, at) => void (lines[at] = lines[at]! + random.pick(PIECES))),
  onLines((random, lines, at) => {
    const piece = random.pick(PIECES);
    lines[at] = lines[at]! + piece.repeat(1 + random.size(200));
  }),
  (random, text) => {
    const [pattern, replacement] = random.pick(swaps);
    return text.replace(new RegExp(pattern, "g"), (found) => (random.oneIn(2) ? replacement : found));
  },
];

export function mutateHeads(random: Random, input: Bytes, other: Bytes): Bytes {
  if (random.oneIn(6)) return mutateBytes(random, input, other);
  if (random.oneIn(12)) return join(input, other);
  return bytesOf(random.pick(mutators)(random, textOf(input)));
}
