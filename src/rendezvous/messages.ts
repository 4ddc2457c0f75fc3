/**
 * The texts that peers send each other through the signals. A text is one JSON object; with a secret it follows 64
 * hexadecimal digits, the HMAC-SHA-256 of the JSON, and a space.
 *
 * Each has `p`, the protocol and its version, and `from`, the sender's id: 32 hexadecimal digits, new for each call of
 * `meet`. All but a first `hello` have `to`. The peer with the greater id offers, so that offers never collide. It
 * names the `session`, of 32 digits, for the pair's later messages, and counts its offers in `round`, from 1.
 *
 * - `hello`: I look for peers. Without `to` it is for everyone; with `to` it answers one without.
 * - `offer` and `answer`: `sdp` without candidates, and the `candidates` known so far; an offer has none until there is
 *   an answer. The same offer is repeated until the pair is connected; each one is answered. With a `proof` both are of
 *   a new connection that replaces the last one. The certificates change then, so the proof is the HMAC-SHA-256 of
 *   `type session round sdp`, with the numbers as its key that the two have told each other over their first connection:
 *   a relay does not know them.
 * - `candidates`: more of them.
 * - `again`: the answering side asks for another round, with ICE restarted.
 * - `refused`: the answering side can't take the offer of this round. Its `proof` is that of a description without `sdp`.
 * - `busy`: I have as many peers as I may have. `bye`: I have given up.
 */
import { faultOf } from "../transports/sessionDescription.ts";
import { bytesOf, hexOf } from "./bytes.ts";
import { hmac } from "./sha256.ts";

const PROTOCOL = "websocket-over/rendezvous/1";

/** An offer with 32 candidates has six thousand characters. */
export const MAX_TEXT_CHARS = 16_384;

/** A peer with several networks and servers has a dozen. */
export const MAX_CANDIDATES = 32;

const MAX_CANDIDATE_CHARS = 400;

export interface Hello {
  readonly type: "hello";
  readonly from: string;
  readonly to?: string | undefined;
}

interface OfPair {
  readonly from: string;
  readonly to: string;
  readonly session: string;
}

/** An offer or an answer. */
export interface Description extends OfPair {
  readonly type: "offer" | "answer";
  readonly round: number;
  readonly sdp: string;
  readonly candidates: readonly string[];
  readonly proof?: string | undefined;
}

export interface Candidates extends OfPair {
  readonly type: "candidates";
  readonly round: number;
  readonly candidates: readonly string[];
}

export interface Word extends OfPair {
  readonly type: "again" | "busy" | "bye";
}

/** The proof of a description or a refusal, by what only the two ends know. */
export function proofOf(
  secret: Uint8Array,
  { type, session, round, sdp = "" }: Pick<Description | Refusal, "type" | "session" | "round"> & { sdp?: string },
): string {
  return hexOf(hmac(secret, bytesOf(`${type} ${session} ${round} ${sdp}`)));
}

export interface Refusal extends OfPair {
  readonly type: "refused";
  readonly round: number;
  readonly proof: string;
}

export type PairMessage = Description | Candidates | Word | Refusal;
export type Message = Hello | PairMessage;

export function writeMessage(message: Message, secret: Uint8Array | undefined): string {
  const json = JSON.stringify({ p: PROTOCOL, ...message });
  return secret === undefined ? json : `${hexOf(hmac(secret, bytesOf(json)))} ${json}`;
}

/** Reads a text. Returns why it is not a message, as a string, or `undefined` for what another protocol may have sent. */
export function readMessage(text: unknown, secret: Uint8Array | undefined): Message | string | undefined {
  if (typeof text !== "string") return "it is not a text";
  if (text.length > MAX_TEXT_CHARS) return `it has more than ${MAX_TEXT_CHARS} characters`;
  let json = text;
  if (secret !== undefined) {
    json = text.slice(65);
    // The time of the comparison tells a guesser nothing: each text has a new code, one of 2^256.
    if (text.slice(0, 65) !== `${hexOf(hmac(secret, bytesOf(json)))} `) return "its sender does not know the secret";
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    return "it is not JSON";
  }
  const given = Object(parsed) as Record<string, unknown>;
  if (given.p !== PROTOCOL) return undefined;
  return messageOf(given) ?? `it is not a message of ${PROTOCOL}`;
}

function messageOf(given: Record<string, unknown>): Message | undefined {
  const { type, from, to, session, round, sdp, candidates, proof } = given;
  if (!isId(from)) return undefined;
  if (type === "hello") return to === undefined || isId(to) ? { type, from, to } : undefined;
  if (!isId(to) || !isId(session)) return undefined;
  const pair = { from, to, session };
  if (type === "again" || type === "busy" || type === "bye") return { type, ...pair };
  if (!Number.isSafeInteger(round) || !((round as number) > 0)) return undefined;
  if (type === "refused") return isHex(proof, 64) ? { type, ...pair, round: round as number, proof } : undefined;
  if (!isCandidates(candidates)) return undefined;
  const counted = { ...pair, round: round as number, candidates };
  if (type === "candidates") return { type, ...counted };
  if ((type !== "offer" && type !== "answer") || typeof sdp !== "string") return undefined;
  if (faultOf(sdp) !== undefined) return undefined;
  if (proof === undefined) return { type, ...counted, sdp };
  return isHex(proof, 64) ? { type, ...counted, sdp, proof } : undefined;
}

function isId(value: unknown): value is string {
  return isHex(value, 32);
}

function isHex(value: unknown, length: number): value is string {
  return typeof value === "string" && value.length === length && /^[0-9a-f]+$/.test(value);
}

function isCandidates(value: unknown): value is string[] {
  return (
    Array.isArray(value) &&
    value.length <= MAX_CANDIDATES &&
    value.every((each) => typeof each === "string" && isCandidate(each))
  );
}

function isCandidate(text: string): boolean {
  return text.length <= MAX_CANDIDATE_CHARS && /^candidate:[ -~]+$/.test(text);
}
