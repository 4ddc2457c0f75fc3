/**
 * Codes to paste: a description of data channels in few characters. They are base64url without padding. The bytes:
 *
 * - 1: the version, 1, times 16; plus 1 for an answer, plus 2 for `setup:passive`
 * - 3: when it expires, in minutes since 2025, big-endian
 * - 4, in an answer: the first bytes of the invitation's SHA-256
 * - The ufrag and the password of ICE, each: 1 byte, its length in characters, plus 128 if they are packed as
 *   hexadecimal digits and not as base64; then the packed characters
 * - 32: the SHA-256 fingerprint of the certificate
 * - 1: how many candidates follow, each: 1 byte, its address's kind (0 IPv4, 1 IPv6, 2 mDNS) plus 4 times its type (0
 *   host, 1 srflx, 2 prflx, 3 relay); 2, its port; 4 or 16, its address
 * - 4: the first bytes of the SHA-256 of all before
 *
 * The checksum finds mistakes. Whoever changes a code on purpose can correct it, so compare fingerprints.
 */
import { fingerprintOf, iceOf, valueOf, type IceDescription } from "../transports/sessionDescription.ts";
import { bytesOfHex, hexOf } from "./bytes.ts";
import { RendezvousError } from "./rendezvousError.ts";
import { sha256 } from "./sha256.ts";

/** The most characters of a code. */
export const MAX_CODE_CHARS = 200;

const MAX_CODE_BYTES = (MAX_CODE_CHARS / 4) * 3;
const VERSION = 1;
const CHECKSUM_BYTES = 4;
const MINUTE_MS = 60_000;
/** 2025-01-01 */
const EPOCH_MS = 1_735_689_600_000;
const TYPES = ["host", "srflx", "prflx", "relay"] as const;
const MDNS = /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})\.local$/;

export interface Code {
  readonly type: "offer" | "answer";
  readonly sdp: string;
  readonly candidates: readonly string[];
  /** Of the code itself; an answer's is that of its invitation. */
  readonly id: string;
}

/** Writes a code. `invitation` is the id of the code that an answer is for. */
export function writeCode(sdp: string, expiresMs: number, invitation?: string): string {
  const ice = iceOf(sdp);
  const [hash, print = ""] = (fingerprintOf(sdp) ?? "").split(" ");
  const digits = print.replaceAll(":", "");
  if (ice === undefined || hash !== "sha-256" || !/^[0-9a-f]{64}$/.test(digits)) {
    throw new RendezvousError("failed", "this connection's description does not fit into a code");
  }
  const minutes = Math.min(Math.ceil((expiresMs - EPOCH_MS) / MINUTE_MS), 2 ** 24 - 1);
  const isPassive = valueOf(sdp, "setup") === "passive";
  const head = [
    VERSION * 16 + (invitation === undefined ? 0 : 1) + (isPassive ? 2 : 0),
    ...[16, 8, 0].map((shift) => (minutes >>> shift) & 0xff),
    ...bytesOfHex(invitation ?? ""),
    ...packed(ice.ufrag),
    ...packed(ice.pwd),
    ...bytesOfHex(digits),
  ];
  const room = MAX_CODE_BYTES - head.length - 1 - CHECKSUM_BYTES;
  const chosen = choose(ice, room);
  const bytes = Uint8Array.from([...head, chosen.length, ...chosen.flat()]);
  return toText(Uint8Array.from([...bytes, ...sha256(bytes).subarray(0, CHECKSUM_BYTES)]));
}

/** Reads a code. Throws a `RendezvousError` if the text is not a code, or has expired. */
export function readCode(text: string, nowMs: number): Code {
  const bytes = fromText(text.replaceAll(/\s/g, ""));
  const content = bytes?.subarray(0, -CHECKSUM_BYTES);
  if (bytes === undefined || content === undefined || content.length === 0) throw damaged("this is no code");
  if (hexOf(sha256(content).subarray(0, CHECKSUM_BYTES)) !== hexOf(bytes.subarray(-CHECKSUM_BYTES))) {
    throw damaged("this is no code, or a part of it is missing or was changed: copy it again");
  }
  const reader = new Reader(content);
  const flags = reader.byte();
  if (flags >> 4 !== VERSION) throw damaged(`the code has version ${flags >> 4}, and this end knows ${VERSION}`);
  const expiresMs = EPOCH_MS + reader.number(3) * MINUTE_MS;
  const isAnswer = (flags & 1) === 1;
  const id = isAnswer ? hexOf(reader.take(4)) : idOf(bytes);
  const ufrag = reader.unpack();
  const pwd = reader.unpack();
  const print = hexOf(reader.take(32)).toUpperCase().match(/../g)!.join(":");
  const candidates = Array.from({ length: reader.byte() }, (_, i) => reader.candidate(i));
  reader.expectEnd();
  if (nowMs > expiresMs) throw new RendezvousError("expired", "the code has expired: ask for a new one");
  const setup = isAnswer ? ((flags & 2) === 2 ? "passive" : "active") : "actpass";
  const sdp = descriptionOf(ufrag, pwd, print, setup);
  if (iceOf(sdp) === undefined) throw damaged("the code has no ufrag and password of ICE");
  return { type: isAnswer ? "answer" : "offer", sdp, candidates, id };
}

/** What an answer names its invitation by. */
export function idOfCode(code: string): string {
  return idOf(fromText(code)!);
}

function idOf(bytes: Uint8Array): string {
  return hexOf(sha256(bytes).subarray(0, 4));
}

function damaged(message: string): RendezvousError {
  return new RendezvousError("code", message);
}

/** Everything but the five things that vary. Both browsers and libdatachannel take this. */
function descriptionOf(ufrag: string, pwd: string, print: string, setup: string): string {
  return [
    "v=0",
    "o=- 1 1 IN IP4 127.0.0.1",
    "s=-",
    "t=0 0",
    "a=group:BUNDLE 0",
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
    "c=IN IP4 0.0.0.0",
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${pwd}`,
    "a=ice-options:trickle",
    `a=fingerprint:sha-256 ${print}`,
    `a=setup:${setup}`,
    "a=mid:0",
    "a=sctp-port:5000",
    "a=max-message-size:262144",
    "",
  ].join("\r\n");
}

/** The candidates that fit, the most promising first. */
function choose({ candidates }: IceDescription, room: number): number[][] {
  const ranks = ["srflx 0", "host 0", "host 2", "relay 0", "host 1", "srflx 1", "relay 1"];
  const known = new Map<string, { readonly rank: number; readonly bytes: number[] }>();
  for (const candidate of candidates) {
    const [, address = "", port = "", type = ""] =
      /^candidate:\S+ 1 udp \d+ (\S+) (\d+) typ (\w+)/i.exec(candidate) ?? [];
    const found = addressOf(address.toLowerCase());
    const typeAt = TYPES.indexOf(type as (typeof TYPES)[number]);
    if (found === undefined || typeAt < 0) continue;
    const bytes = [found.kind + typeAt * 4, Number(port) >> 8, Number(port) & 0xff, ...found.bytes];
    known.set(bytes.join(), { rank: ranks.indexOf(`${type} ${found.kind}`), bytes });
  }
  let left = room;
  return [...known.values()]
    .sort((a, b) => (a.rank >>> 0) - (b.rank >>> 0)) // those without a rank come last
    .map(({ bytes }) => bytes)
    .filter(({ length }) => {
      if (length > left) return false;
      left -= length;
      return true;
    });
}

/** `undefined` for addresses that nobody else can reach: loopback and link-local ones. */
function addressOf(address: string): { readonly kind: 0 | 1 | 2; readonly bytes: readonly number[] } | undefined {
  const uuid = MDNS.exec(address);
  if (uuid !== null) return { kind: 2, bytes: [...bytesOfHex(uuid.slice(1).join(""))] };
  if (/^\d+(\.\d+){3}$/.test(address)) {
    return address.startsWith("127.") ? undefined : { kind: 0, bytes: address.split(".").map(Number) };
  }
  if (!/^[0-9a-f:]*:[0-9a-f:]*$/.test(address) || /^(fe[89ab]|::1$)/.test(address)) return undefined;
  const [before = "", after] = address.split("::");
  const groups = (part = ""): string[] => (part === "" ? [] : part.split(":"));
  const [head, tail] = [groups(before), groups(after)];
  const gap = after === undefined ? 0 : 8 - head.length - tail.length;
  const all = [...head, ...Array<string>(Math.max(gap, 0)).fill("0"), ...tail];
  return all.length === 8
    ? { kind: 1, bytes: [...bytesOfHex(all.map((group) => group.padStart(4, "0")).join(""))] }
    : undefined;
}

function packed(text: string): number[] {
  if (text.length > 127) throw new RendezvousError("failed", "ufrag or password of ICE do not fit into a code");
  if (text.length % 2 === 0 && /^[0-9a-f]+$/.test(text)) return [text.length + 128, ...bytesOfHex(text)];
  return [
    text.length,
    ...bytesOfBase64(text.padEnd(Math.ceil(text.length / 4) * 4, "A"), Math.ceil((text.length * 6) / 8)),
  ];
}

function bytesOfBase64(text: string, count: number): number[] {
  return Array.from(atob(text).slice(0, count), (char) => char.charCodeAt(0));
}

function base64Of(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function toText(bytes: Uint8Array): string {
  return base64Of(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=*$/, "");
}

function fromText(text: string): Uint8Array | undefined {
  if (text.length > MAX_CODE_CHARS || !/^[\w-]+$/.test(text) || text.length % 4 === 1) return undefined;
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
  // The spare bits of the last character must be 0, so that a code has only one text.
  return toText(bytes) === text ? bytes : undefined;
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  take(count: number): Uint8Array {
    this.#at += count;
    if (this.#at > this.#bytes.length) throw damaged("the code is too short");
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  number(count: number): number {
    return this.take(count).reduce((value, byte) => value * 256 + byte, 0);
  }

  byte(): number {
    return this.number(1);
  }

  unpack(): string {
    const length = this.byte();
    if (length > 128) return hexOf(this.take(Math.floor((length - 128) / 2)));
    return base64Of(this.take(Math.ceil((length * 6) / 8))).slice(0, length);
  }

  candidate(i: number): string {
    const flags = this.byte();
    const kind = flags & 3;
    const type = TYPES[(flags >> 2) & 3]!;
    const port = this.number(2);
    if (kind === 3 || flags > 15 || port === 0) throw damaged("the code has a candidate of an unknown kind");
    const address = kind === 0 ? this.take(4).join(".") : addressText(hexOf(this.take(16)), kind === 2);
    // RFC 8839 §5.1.2.1
    const priority = (type === "host" ? 126 : type === "relay" ? 0 : 100) * 2 ** 24 + (65_535 - i) * 256 + 255;
    const related = type === "host" ? "" : " raddr 0.0.0.0 rport 9";
    return `candidate:${i + 1} 1 udp ${priority} ${address} ${port} typ ${type}${related}`;
  }

  expectEnd(): void {
    if (this.#at !== this.#bytes.length) throw damaged("the code is too long");
  }
}

function addressText(digits: string, isName: boolean): string {
  if (!isName) return digits.match(/.{4}/g)!.join(":");
  return `${digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.*)$/, "$1-$2-$3-$4-$5")}.local`;
}
