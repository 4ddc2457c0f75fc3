/** The texts that peers send each other: what is one, and what is not. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesOf } from "../../src/rendezvous/bytes.ts";
import { readMessage, writeMessage, type Message } from "../../src/rendezvous/messages.ts";
import { description } from "./world.ts";

const [from, to, session] = ["1", "2", "3"].map((digit) => digit.repeat(32)) as [string, string, string];
const sdp = description("offer", "ufrg", "AB");
const candidates = ["candidate:1 1 udp 1 192.0.2.1 40000 typ host"];
const messages: Message[] = [
  { type: "hello", from, to: undefined },
  { type: "hello", from, to },
  { type: "offer", from, to, session, round: 1, sdp, candidates },
  { type: "answer", from, to, session, round: 2, sdp, candidates: [] },
  { type: "offer", from, to, session, round: 3, sdp, candidates: [], proof: "0f".repeat(32) },
  { type: "candidates", from, to, session, round: 1, candidates },
  { type: "again", from, to, session },
  { type: "busy", from, to, session },
  { type: "bye", from, to, session },
  { type: "refused", from, to, session, round: 2, proof: "0f".repeat(32) },
];
const secret = bytesOf("secret");

describe("a message", () => {
  test.each(messages)("$type is read as it was written, with a secret and without", (message) => {
    expect(readMessage(writeMessage(message, undefined), undefined)).toEqual(message);
    expect(readMessage(writeMessage(message, secret), secret)).toEqual(message);
  });
  test("is JSON that others can write, and more members do no harm", () => {
    const text = JSON.stringify({ p: "websocket-over/rendezvous/1", type: "hello", from, colour: "red" });
    expect(readMessage(text, undefined)).toEqual({ type: "hello", from, to: undefined });
  });
  test("with a secret counts only if nothing of it was changed", () => {
    const text = writeMessage(messages[2]!, secret);
    for (let at = 0; at < text.length; at += 7) {
      const changed = text.slice(0, at) + (text[at] === "0" ? "1" : "0") + text.slice(at + 1);
      expect(readMessage(changed, secret)).toBe("its sender does not know the secret");
    }
    expect(readMessage(text, bytesOf("Secret"))).toBe("its sender does not know the secret");
  });
});

test("texts of other protocols are nobody's fault", () => {
  for (const text of ["{}", "[]", "null", "1", '"hello"', '{"p":"websocket-over/rendezvous/2","type":"hello"}']) {
    expect(readMessage(text, undefined)).toBeUndefined();
  }
});

describe("what is refused, with the reason", () => {
  const refused = (change: object): void => {
    const text = JSON.stringify({ p: "websocket-over/rendezvous/1", ...messages[2], ...change });
    expect(readMessage(text, undefined), text).toBe("it is not a message of websocket-over/rendezvous/1");
  };
  test.each<[string, object]>([
    ["another type", { type: "shout" }],
    ["ids that are none", { from: "me" }],
    ["no id", { from: undefined }],
    ["an id that is not a text", { to: 5 }],
    ["a session with capitals", { session: "A".repeat(32) }],
    ["round 0", { round: 0 }],
    ["half a round", { round: 1.5 }],
    ["a round beyond the safe ones", { round: 2 ** 53 }],
    ["a description that is none", { sdp: "hello" }],
    ["a description with media", { sdp: `${sdp}m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n` }],
    ["a description with two fingerprints", { sdp: `${sdp}a=fingerprint:sha-256 CD\r\n` }],
    ["a proof that is too short", { proof: "0f" }],
    ["a refusal without a proof", { type: "refused", proof: undefined }],
    ["a refusal of no round", { type: "refused", proof: "0f".repeat(32), round: undefined }],
    ["no candidates", { candidates: undefined }],
    ["33 candidates", { candidates: Array(33).fill(candidates[0]) }],
    ["a candidate with a line break", { candidates: [`${candidates[0]!}\r\na=setup:active`] }],
    ["a long candidate", { candidates: [`candidate:${"x".repeat(400)}`] }],
    ["something else as a candidate", { candidates: [{}] }],
  ])("%s", (_, change) => refused(change));
  test("texts that are too long, no texts, and no JSON", () => {
    expect(readMessage("x".repeat(16_385), undefined)).toBe("it has more than 16384 characters");
    expect(readMessage(new ArrayBuffer(8), undefined)).toBe("it is not a text");
    expect(readMessage("{", undefined)).toBe("it is not JSON");
  });
  test("anything at all, without an exception", () => {
    fc.assert(fc.property(fc.anything(), (value) => void readMessage(value, undefined)));
    fc.assert(fc.property(fc.json(), (text) => void readMessage(text, secret)));
  });
});
