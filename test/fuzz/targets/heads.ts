/** The opening handshake at either end: heads, header grammar, negotiation and the bodies of rejections (RFC 6455 §4). */
import { permessageDeflate } from "../../../src/deflate/index.ts";
import { WSConnection, type WSEvent } from "../../../src/index.ts";
import { everyByte, join, type Bytes } from "../../support/wire.ts";
import { outcomeOf, someCuts, type Outcome } from "../connectionOracle.ts";
import { compareHandshakes } from "../handshakeDifferences.ts";
import { bytesOf, mutateHeads } from "../mutateHeads.ts";
import { same } from "../same.ts";
import type { Target } from "../target.ts";
import { wsClientAnswer, wsServerAnswer, type Answer } from "../wsHandshake.ts";

/** The first byte of an input: the role of the receiver. */
const SERVER = 1;

/** The example of RFC 6455 §1.3. */
const NONCE = "the sample nonce";
const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const extensions = [permessageDeflate()];
const limits = { maxHeadBytes: 1200, maxHeadLines: 40 };

const connectionFor = (mode: number): WSConnection =>
  (mode & SERVER) !== 0
    ? new WSConnection("server", { extensions, limits })
    : new WSConnection("client", {
        host: "a",
        resource: "/",
        subprotocols: ["chat", "superchat"],
        extensions,
        limits,
        random: (bytes) => bytes.set(bytesOf(NONCE).subarray(0, bytes.length)),
      });

interface Run {
  readonly outcome: Outcome;
  readonly answer: Answer;
}

function run(mode: number, bytes: Bytes, cuts: readonly number[]): Run {
  const connection = connectionFor(mode);
  if ((mode & SERVER) === 0) connection.bytesToSend();
  let answer: Answer = { end: "pending" };
  const outcome = outcomeOf(connection, bytes, cuts, (event: WSEvent) => {
    switch (event.type) {
      case "connectionRequested": {
        const [subprotocol] = event.subprotocols;
        connection.accept(event, { subprotocol });
        answer = { end: "accepted", target: event.target, protocol: subprotocol ?? "" };
        break;
      }
      case "connectionEstablished":
        if ((mode & SERVER) === 0) answer = { end: "accepted", protocol: event.subprotocol ?? "" };
        break;
      case "connectionRejected":
        answer = { end: `rejected ${event.status}` };
        break;
      case "connectionClosed":
        if (event.error !== undefined && answer.end === "pending") answer = { end: "refused", why: event.error.code };
        break;
      default:
    }
  });
  return { outcome, answer };
}

const all = ({ outcome, answer }: Run): object => ({ ...outcome, events: outcome.events(), answer });

const withMode = (mode: number, ...heads: Uint8Array[]): Bytes => join(Uint8Array.of(mode), ...heads);
const head = (...lines: string[]): Bytes => bytesOf(`${lines.join("\r\n")}\r\n\r\n`);

const request = [
  "GET /chat HTTP/1.1",
  "Host: server.example.com",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
];
const answer = [
  "HTTP/1.1 101 Switching Protocols",
  "Upgrade: websocket",
  "Connection: Upgrade",
  `Sec-WebSocket-Accept: ${ACCEPT}`,
];

export const headsTarget: Target = {
  name: "heads",
  seeds: () => [
    withMode(SERVER, head(...request)),
    withMode(SERVER, head(...request, "Sec-WebSocket-Protocol: chat, superchat", "Origin: https://example.com")),
    withMode(SERVER, head(...request, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x; y=1")),
    withMode(SERVER, head("GET http://a:80/b?c HTTP/1.1", ...request.slice(1))),
    withMode(0, head(...answer)),
    withMode(0, head(...answer, "Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Extensions: permessage-deflate")),
    withMode(0, head("HTTP/1.1 404 Not Found", "Content-Length: 2"), bytesOf("no")),
    withMode(0, head("HTTP/1.1 403 Forbidden", "Transfer-Encoding: chunked"), bytesOf("3\r\nabc\r\n0\r\n\r\n")),
    withMode(0, head("HTTP/1.1 103 Early Hints", "Link: <a>"), head(...answer)),
  ],
  mutate: (random, input, other) => withMode((input[0] ?? 0) & 1, mutateHeads(random, input.slice(1), other.slice(1))),
  async run(input) {
    const mode = input[0] ?? 0;
    const bytes = input.slice(1);
    const whole = run(mode, bytes, []);
    same(all(run(mode, bytes, everyByte(bytes))), all(whole), "byte by byte");
    same(all(run(mode, bytes, someCuts(bytes))), all(whole), "in pieces");
    const isServer = (mode & SERVER) !== 0;
    const theirs = isServer ? await wsServerAnswer(bytes) : await wsClientAnswer(bytes, ACCEPT);
    const completed = (): Answer => run(mode, join(bytes, bytesOf("\r\n\r\n\r\n")), []).answer;
    const difference = compareHandshakes(whole.answer, theirs, completed);
    const { fault, end } = whole.outcome;
    return [mode, whole.answer.end, whole.answer.why ?? "", fault ?? end, difference?.name ?? ""].join("|");
  },
};
