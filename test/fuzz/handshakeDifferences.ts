/**
 * Where Node's `http` with ws and this library may differ on the same handshake, each with the RFC section that allows
 * it.
 */
import type { Answer } from "./wsHandshake.ts";

export interface HandshakeDifference {
  readonly name: string;
  readonly clause: string;
  /** Whether it explains these two. `completed` is what we answer had the head come to its end. */
  readonly explains: (ours: Answer, theirs: Answer, completed: () => Answer) => boolean;
}

/** We refuse by one of these codes what ws accepts. */
const stricter = (ours: Answer, theirs: Answer, ...codes: string[]): boolean =>
  ours.end === "refused" && codes.includes(ours.why ?? "") && theirs.end !== "refused";

export const handshakeDifferences: readonly HandshakeDifference[] = [
  {
    name: "a head is judged when it is whole; Node looks at each byte",
    clause: "RFC 9112 §2.2: nothing says when",
    explains: (ours, theirs, completed) =>
      ours.end === "pending" && theirs.end === "refused" && completed().end !== "accepted",
  },
  {
    name: "the limits of a head are lower here",
    clause: "RFC 6585 §5: a server may refuse",
    explains: (ours, theirs) => stricter(ours, theirs, "headTooLarge", "headTooManyLines"),
  },
  {
    name: "an answer of 101 that opens nothing is a fault; ws tells it like any other status",
    clause: 'RFC 6455 §4.1: "the client MUST _Fail the WebSocket Connection_"',
    explains: (ours, theirs) => ours.end === "refused" && theirs.end === "rejected 101",
  },
  {
    name: "the status of a rejection is reported before its body is read; Node refuses both",
    clause: "RFC 6455 §4.1: the answer is handled by its status",
    explains: (ours, theirs) => ours.end.startsWith("rejected") && theirs.end === "refused",
  },
  {
    name: "a server that chooses none of the subprotocols is one to talk to; ws wants one",
    clause: "RFC 6455 §4.2.2: if it agrees to none, it sends no Sec-WebSocket-Protocol",
    explains: (ours, theirs) => ours.end === "accepted" && theirs.why === "Server sent no subprotocol",
  },
  {
    name: "a request without one well-formed Host is refused; Node lets an upgrade be without",
    clause: "RFC 9112 §3.2: a server MUST respond with 400",
    explains: (ours, theirs) => stricter(ours, theirs, "hostInvalid"),
  },
  {
    name: "a head must follow its grammar: spaces, line breaks, control characters",
    clause: "RFC 9112 §2.2, §3, §4, §5",
    explains: (ours, theirs) => stricter(ours, theirs, "headMalformed", "targetInvalid"),
  },
  {
    name: "an extension or a subprotocol stands once in an answer, as it was offered",
    clause: "RFC 6455 §4.1, §9.1",
    explains: (ours, theirs) => stricter(ours, theirs, "extensionsInvalid", "subprotocolInvalid"),
  },
  {
    name: "a request that says it has a body is refused, for its body would be read as frames",
    clause: "RFC 6455 §4.1, RFC 9112 §6.3",
    explains: (ours, theirs) => stricter(ours, theirs, "requestBody"),
  },
  {
    name: "HTTP/1.0 can't be upgraded",
    clause: 'RFC 6455 §4.2.1: "An HTTP/1.1 or higher GET request"',
    explains: (ours, theirs) => stricter(ours, theirs, "httpVersionInvalid"),
  },
  {
    name: "the version is 13; ws speaks 8, too, of a draft",
    clause: "RFC 6455 §4.4",
    explains: (ours, theirs) => stricter(ours, theirs, "versionInvalid"),
  },
  {
    name: "Upgrade is a list that may name other protocols, too; to ws it is one word",
    clause: "RFC 9110 §7.8",
    explains: (ours, theirs) => ours.end === "accepted" && theirs.why === "Invalid Upgrade header",
  },
  {
    name: "a list may have empty elements",
    clause: "RFC 9110 §5.6.1.2: a recipient MUST parse and ignore them",
    explains: (ours, theirs) =>
      ours.end === "accepted" && /^Invalid .*Sec-WebSocket-(Protocol|Extensions) header$/.test(theirs.why ?? ""),
  },
  {
    name: "an answer of 1xx ends with its head, whatever it says of a length or a close; Node reads that first",
    clause: "RFC 9112 §6.3: regardless of the header fields present in the message",
    explains: (ours, theirs) =>
      ours.end !== "refused" && /Content-Length|Transfer-Encoding|Connection: close/.test(theirs.why ?? ""),
  },
];

/** The difference that explains the two: `undefined` if they are the same. Throws if none does. */
export function compareHandshakes(
  ours: Answer,
  theirs: Answer,
  completed: () => Answer,
): HandshakeDifference | undefined {
  const alike = ours.end === theirs.end && ours.target === theirs.target && ours.protocol === theirs.protocol;
  if (alike) return undefined;
  const found = handshakeDifferences.find(({ explains }) => explains(ours, theirs, completed));
  if (found !== undefined) return found;
  throw new Error(`not the answer of ws\nours: ${JSON.stringify(ours)}\nws:   ${JSON.stringify(theirs)}`);
}

/** What is read here of Sec-WebSocket-Extensions, and refused by ws. */
export const grammarDifferences: readonly { readonly name: string; readonly clause: string; readonly shows: RegExp }[] =
  [
    {
      name: "the list of extensions may have empty elements",
      clause: "RFC 9110 §5.6.1.2: a recipient MUST parse and ignore them",
      shows: /(^|,)[ \t]*(,|$)/,
    },
    {
      name: "there may be spaces around the = of a parameter",
      clause: "RFC 6455 §9.1, by the grammar of RFC 2616 §2.1: implied *LWS",
      shows: /[ \t]=|=[ \t]/,
    },
  ];
