/**
 * The cases of the Autobahn Testsuite, groups 1–7, 9 and 10, by their ids: what the peer sends, what an echoing end must
 * answer, and how the connection ends (RFC 6455 §5–§8). Stricter than Autobahn where it lets an end choose.
 */
import type { Agreement } from "./compressionCases.ts";
import { utf8Strings } from "./utf8Strings.ts";
import { BINARY, CLOSE, PING, PONG, TEXT, type Frame } from "./rawPeer.ts";

/** What is sent in one go, and what must have come back before anything else is sent. */
export interface Exchange {
  readonly sends: readonly Frame[];
  /** By default one write for everything; otherwise one write for each frame, or for each N bytes. */
  readonly chop?: "frames" | number;
  /** A message that is then sent compressed, in fragments of this many compressed bytes. */
  readonly compresses?: { readonly opcode: number; readonly payload: Uint8Array; readonly fragmentBytes: number };
  readonly expects: readonly Reply[];
}

export interface Reply {
  readonly type: "text" | "binary" | "pong";
  readonly data: Uint8Array;
  /** Whether it has to come compressed: `false` if this is missing. */
  readonly compressed?: boolean;
}

export type Ending =
  /** The peer sends a Close frame with this body, and perhaps more, and gets its code back. */
  | { readonly closes: Uint8Array; readonly then?: readonly Frame[] }
  /** What was sent fails the connection: a Close frame with this code comes back. */
  | { readonly fails: number };

export interface Case {
  /** Autobahn's. */
  readonly id: string;
  readonly shows: string;
  /** Made when the case is run, since some are large. */
  readonly exchanges: () => readonly Exchange[];
  readonly ending: Ending;
  /** What is said of compression; nothing if this is missing. */
  readonly deflate?: Agreement;
  /** All is sent before anything is waited for, the close included. */
  readonly inOneGo?: boolean;
}

export const cases: readonly Case[] = [
  ...framing(),
  ...pings(),
  ...reservedBits(),
  ...opcodes(),
  ...fragmentation(),
  ...utf8(),
  ...closing(),
  ...largeMessages(),
  echoCase("10.1.1", "a text message of 65,536 bytes in fragments of 1,300", () => [
    echoed(TEXT, letters(65_536), { fragmentBytes: 1300 }),
  ]),
];

/** §5.2: each way to write a length, at its ends. */
function framing(): Case[] {
  const sizes = [0, 125, 126, 127, 128, 65_535, 65_536];
  return [TEXT, BINARY].flatMap((opcode) => {
    const kind = opcode === TEXT ? "text" : "binary";
    const payload = (size: number): Buffer => (opcode === TEXT ? letters(size) : Buffer.alloc(size, 0xfe));
    return [
      ...sizes.map((size, i) =>
        echoCase(`1.${opcode}.${i + 1}`, `a ${kind} message of ${size} bytes`, () => [echoed(opcode, payload(size))]),
      ),
      echoCase(`1.${opcode}.8`, `a ${kind} message of 65,536 bytes in chops of 997`, () => [
        echoed(opcode, payload(65_536), { chop: 997 }),
      ]),
    ];
  });
}

/** §5.5.2, §5.5.3. */
function pings(): Case[] {
  const ten = Array.from({ length: 10 }, (_, i) => Buffer.from(`payload-${i}`));
  const full = Buffer.alloc(125, 0xfe);
  return [
    echoCase("2.1", "a ping with no payload", () => [pinged([Buffer.alloc(0)])]),
    echoCase("2.2", "a ping with a text payload", () => [pinged([Buffer.from("Hello, world!")])]),
    echoCase("2.3", "a ping with a binary payload", () => [pinged([hex("00 ff fe fd fc fb 00 ff")])]),
    echoCase("2.4", "a ping of 125 bytes, the most there may be", () => [pinged([full])]),
    failCase("2.5", "a ping of 126 bytes", 1002, [frame(PING, Buffer.alloc(126, 0xfe))]),
    echoCase("2.6", "a ping of 125 bytes, octet by octet", () => [pinged([full], 1)]),
    echoCase("2.7", "an unsolicited pong with no payload", () => [{ sends: [frame(PONG)], expects: [] }]),
    echoCase("2.8", "an unsolicited pong with a payload", () => [
      { sends: [frame(PONG, "unsolicited pong payload")], expects: [] },
    ]),
    echoCase("2.9", "an unsolicited pong, then a ping", () => [
      {
        sends: [frame(PONG, "unsolicited pong payload"), frame(PING, "ping payload")],
        expects: [pong("ping payload")],
      },
    ]),
    echoCase("2.10", "10 pings", () => [pinged(ten)]),
    echoCase("2.11", "10 pings, octet by octet", () => [pinged(ten, 1)]),
  ];
}

/** §5.2: RSV1–3 are 0 unless an extension gives them a meaning. */
function reservedBits(): Case[] {
  const hello = "Hello, world!";
  const afterText = (rsv: number): Frame[] => [frame(TEXT, hello), frame(TEXT, hello, { rsv }), frame(PING)];
  return [
    failCase("3.1", "a text message with RSV 1", 1002, [frame(TEXT, hello, { rsv: 1 })]),
    failCase("3.2", "text, then text with RSV 2, then a ping", 1002, afterText(2), { echoes: [text(hello)] }),
    failCase("3.3", "text, then text with RSV 3, then a ping, frame by frame", 1002, afterText(3), {
      echoes: [text(hello)],
      chop: "frames",
    }),
    failCase("3.4", "text, then text with RSV 4, then a ping, octet by octet", 1002, afterText(4), {
      echoes: [text(hello)],
      chop: 1,
    }),
    failCase("3.5", "a binary message with RSV 5", 1002, [frame(BINARY, Buffer.alloc(8, 0xff), { rsv: 5 })]),
    failCase("3.6", "a ping with RSV 6", 1002, [frame(PING, hello, { rsv: 6 })]),
    failCase("3.7", "a close with RSV 7", 1002, [frame(CLOSE, closeBody(1000), { rsv: 7 })]),
  ];
}

/** §5.2: opcodes 3–7 and 11–15 are reserved. */
function opcodes(): Case[] {
  return [3, 11].flatMap((first, i) => {
    const id = (n: number): string => `4.${i + 1}.${n}`;
    const kind = i === 0 ? "reserved opcode" : "reserved control opcode";
    const hello = "Hello, world!";
    const afterText = (reserved: Frame): Frame[] => [frame(TEXT, hello), reserved, frame(PING)];
    const echoes = [text(hello)];
    return [
      failCase(id(1), `${kind} ${first}, no payload`, 1002, [frame(first)]),
      failCase(id(2), `${kind} ${first + 1}, with a payload`, 1002, [frame(first + 1, "reserved opcode payload")]),
      failCase(id(3), `text, then ${kind} ${first + 2}, then a ping`, 1002, afterText(frame(first + 2)), { echoes }),
      failCase(
        id(4),
        `text, then ${kind} ${first + 3} with a payload, then a ping`,
        1002,
        afterText(frame(first + 3, "payload")),
        { echoes },
      ),
      failCase(
        id(5),
        `text, then ${kind} ${first + 4} with a payload, then a ping, octet by octet`,
        1002,
        afterText(frame(first + 4, "payload")),
        { echoes, chop: 1 },
      ),
    ];
  });
}

/** §5.4. */
function fragmentation(): Case[] {
  const two = [frame(TEXT, "fragment1", { fin: false }), frame(0, "fragment2")];
  const [first, second] = two as [Frame, Frame];
  const whole = text("fragment1fragment2");
  const ping = frame(PING, "ping payload");
  const inThree = [first, ping, second];
  const orphan = (fin: boolean): Frame => frame(0, "non-continuation payload", { fin });
  const ways = [
    { how: "in one write", chop: undefined },
    { how: "frame by frame", chop: "frames" as const },
    { how: "octet by octet", chop: 1 },
  ];
  const inWays = (from: number, make: (id: string, how: string, chop: "frames" | number | undefined) => Case): Case[] =>
    ways.map(({ how, chop }, i) => make(`5.${from + i}`, how, chop));
  const orphanThenText = (fin: boolean): Frame[] => [orphan(fin), frame(TEXT, "Hello, world!")];
  return [
    failCase("5.1", "a ping in two fragments", 1002, [frame(PING, "fragment1", { fin: false }), frame(0, "fragment2")]),
    failCase("5.2", "a pong in two fragments", 1002, [frame(PONG, "fragment1", { fin: false }), frame(0, "fragment2")]),
    ...inWays(3, (id, how, chop) =>
      echoCase(id, `text in two fragments, ${how}`, () => [withChop(chop, { sends: two, expects: [whole] })]),
    ),
    ...inWays(6, (id, how, chop) =>
      echoCase(id, `text in two fragments with a ping between them, ${how}`, () => [
        withChop(chop, { sends: inThree, expects: [pong("ping payload"), whole] }),
      ]),
    ),
    ...inWays(9, (id, how, chop) =>
      failCase(id, `a last continuation of nothing, then text, ${how}`, 1002, orphanThenText(true), { chop }),
    ),
    ...inWays(12, (id, how, chop) =>
      failCase(id, `a continuation of nothing, then text, ${how}`, 1002, orphanThenText(false), { chop }),
    ),
    failCase(
      "5.15",
      "text in two fragments, then a continuation of nothing, then text",
      1002,
      [...two, orphan(false), frame(TEXT, "Hello, world!")],
      { echoes: [whole] },
    ),
    failCase("5.16", "twice: a continuation of nothing, then text in two fragments", 1002, [
      ...[orphan(false), ...two],
      ...[orphan(false), ...two],
    ]),
    failCase("5.17", "twice: a last continuation of nothing, then text in two fragments", 1002, [
      ...[orphan(true), ...two],
      ...[orphan(true), ...two],
    ]),
    failCase("5.18", "two fragments that are both marked as text", 1002, [first, frame(TEXT, "fragment2")]),
    echoCase("5.19", "text in five fragments with pings after the second and the fourth, and a wait", () => {
      const { before, after } = fiveFragments();
      return [
        { sends: before, expects: [pong("ping 1")] },
        { sends: after, expects: [pong("ping 2"), text("12345")] },
      ];
    }),
    echoCase("5.20", "text in five fragments with pings after the second and the fourth, frame by frame", () => {
      const { before, after } = fiveFragments();
      return [
        { sends: [...before, ...after], chop: "frames", expects: [pong("ping 1"), pong("ping 2"), text("12345")] },
      ];
    }),
  ];
}

function fiveFragments(): { before: Frame[]; after: Frame[] } {
  const more = { fin: false };
  return {
    before: [frame(TEXT, "1", more), frame(0, "2", more), frame(PING, "ping 1")],
    after: [frame(0, "3", more), frame(0, "4", more), frame(PING, "ping 2"), frame(0, "5")],
  };
}

/** §8.1, with the strings of Markus Kuhn's UTF-8 decoder stress test. */
function utf8(): Case[] {
  const mixed = Buffer.from("Hello-µ@ßöäüàá-UTF-8!!");
  const more = { fin: false };
  const valid = hex("ceba e1bdb9 cf83 cebc ceb5"); // the Greek word κόσμε
  const tooLarge = hex("f4 90 80 80"); // U+110000
  const edited = Buffer.from("edited");
  const invalid = Buffer.concat([valid, hex("ed a0 80"), edited]);
  const halves = [frame(TEXT, mixed.subarray(0, 12), more), frame(0, mixed.subarray(12))];
  const whole = Buffer.concat([valid, tooLarge, edited]);
  /** Sends the beginning, sees that it is borne, sends on, and never sends the rest. */
  const failFast = (id: string, shows: string, beginning: Frame[], breach: Frame[]): Case => ({
    id,
    shows,
    exchanges: () => [
      { sends: [...beginning, frame(PING, "still there?")], expects: [pong("still there?")] },
      { sends: breach, expects: [] },
    ],
    ending: { fails: 1007 },
  });
  return [
    echoCase("6.1.1", "text of no bytes", () => [echoed(TEXT, Buffer.alloc(0))]),
    echoCase("6.1.2", "text in three fragments of no bytes", () => [
      { sends: [frame(TEXT, "", more), frame(0, "", more), frame(0)], expects: [text("")] },
    ]),
    echoCase("6.1.3", "text in three fragments, only the middle one with bytes", () => [
      {
        sends: [frame(TEXT, "", more), frame(0, "middle frame payload", more), frame(0)],
        expects: [text("middle frame payload")],
      },
    ]),
    echoCase("6.2.1", "text in UTF-8, whole", () => [echoed(TEXT, mixed)]),
    echoCase("6.2.2", "text in UTF-8, cut between characters", () => [
      { sends: halves, expects: [{ type: "text", data: mixed }] },
    ]),
    echoCase("6.2.3", "text in UTF-8, a fragment for each octet", () => [echoed(TEXT, mixed, { fragmentBytes: 1 })]),
    echoCase("6.2.4", "text of nothing but long characters, a fragment for each octet", () => [
      echoed(TEXT, valid, { fragmentBytes: 1 }),
    ]),
    failCase("6.3.1", "text that is not UTF-8, whole", 1007, [frame(TEXT, invalid)]),
    failCase("6.3.2", "text that is not UTF-8, a fragment for each octet", 1007, inFragments(TEXT, invalid, 1)),
    failFast(
      "6.4.1",
      "text whose second fragment is not UTF-8 is refused before the third",
      [frame(TEXT, valid, more)],
      [frame(0, tooLarge, more)],
    ),
    failFast(
      "6.4.2",
      "text whose second fragment ends in the octet that can't be is refused before the third",
      [frame(TEXT, whole.subarray(0, 12), more)],
      [frame(0, whole.subarray(12, 13), more)],
    ),
    failFast(
      "6.4.3",
      "text that is not UTF-8 is refused before its frame is complete",
      [],
      [frame(TEXT, whole, { sentBytes: 15 })],
    ),
    failFast(
      "6.4.4",
      "text is refused at the octet that can't be, before its frame is complete",
      [],
      [frame(TEXT, whole, { sentBytes: 13 })],
    ),
    ...utf8Strings.flatMap(({ group, shows, strings }) =>
      strings.map((string, i) => {
        const id = `6.${group}.${i + 1}`;
        const octets = string.replace("!", "");
        const payload = hex(octets);
        if (!string.startsWith("!")) return echoCase(id, `${shows}: ${octets}`, () => [echoed(TEXT, payload)]);
        return failCase(id, `${shows}: ${octets.slice(0, 60)}`, 1007, [frame(TEXT, payload)]);
      }),
    ),
  ];
}

/** §5.5.1, §7. */
function closing(): Case[] {
  const hello = frame(TEXT, "Hello, world!");
  const normal = closeBody(1000);
  const closeCase = (id: string, shows: string, closes: Uint8Array, then: readonly Frame[] = []): Case => ({
    id,
    shows,
    exchanges: () => [],
    ending: { closes, then },
  });
  return [
    echoCase("7.1.1", "a message, then a close", () => [{ sends: [hello], expects: [text("Hello, world!")] }]),
    closeCase("7.1.2", "a second close is not answered", normal, [frame(CLOSE, normal)]),
    closeCase("7.1.3", "a ping after the close is not answered", normal, [frame(PING, "ping after close")]),
    closeCase("7.1.4", "text after the close is not echoed", normal, [hello]),
    {
      id: "7.1.5",
      shows: "a close between two fragments",
      exchanges: () => [{ sends: [frame(TEXT, "fragment1", { fin: false })], expects: [] }],
      ending: { closes: normal, then: [frame(0, "fragment2")] },
    },
    {
      id: "7.1.6",
      shows: "256 KiB of text, a message, a close and a ping in one go: all that came before the close is echoed",
      exchanges: () => [
        {
          sends: [frame(TEXT, letters(256 * 1024)), hello],
          expects: [{ type: "text", data: letters(256 * 1024) }, text("Hello, world!")],
        },
      ],
      ending: { closes: normal, then: [frame(PING)] },
      inOneGo: true,
    },
    closeCase("7.3.1", "a close with no body", Buffer.alloc(0)),
    failCase("7.3.2", "a close with a body of one byte", 1002, [frame(CLOSE, "a")]),
    closeCase("7.3.3", "a close with a code", normal),
    closeCase("7.3.4", "a close with a code and a reason", closeBody(1000, "Hello, world!")),
    closeCase("7.3.5", "a close with the longest reason", closeBody(1000, "*".repeat(123))),
    failCase("7.3.6", "a close with a reason of 124 bytes", 1002, [frame(CLOSE, closeBody(1000, "*".repeat(124)))]),
    failCase("7.5.1", "a close with a reason that is not UTF-8", 1007, [
      frame(CLOSE, Buffer.concat([normal, hex("ceba e1bdb9 cf83 cebc ceb5 eda080 656469746564")])),
    ]),
    ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999].map((code, i) =>
      closeCase(`7.7.${i + 1}`, `a close with the code ${code}`, closeBody(code)),
    ),
    ...[0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999].map((code, i) =>
      failCase(`7.9.${i + 1}`, `a close with the code ${code}, which may not be sent`, 1002, [
        frame(CLOSE, closeBody(code)),
      ]),
    ),
    failCase("7.13.1", "a close with the code 5000", 1002, [frame(CLOSE, closeBody(5000))]),
    failCase("7.13.2", "a close with the code 65535", 1002, [frame(CLOSE, closeBody(65_535))]),
  ];
}

/** §10.4: large is no reason to fail. */
function largeMessages(): Case[] {
  const KiB = 1024;
  const MiB = 1024 * KiB;
  const payload = (opcode: number, size: number): Buffer =>
    opcode === TEXT ? letters(size) : Buffer.alloc(size, hex("00 ff fe 01 02"));
  return [TEXT, BINARY].flatMap((opcode, i) => {
    const kind = opcode === TEXT ? "text" : "binary";
    return [
      ...[64 * KiB, 256 * KiB, MiB, 4 * MiB, 8 * MiB, 16 * MiB].map((size, n) =>
        echoCase(`9.${1 + i}.${n + 1}`, `a ${kind} message of ${size / KiB} KiB`, () => [
          echoed(opcode, payload(opcode, size)),
        ]),
      ),
      ...[64, 256, KiB, 4 * KiB, 16 * KiB, 64 * KiB, 256 * KiB, MiB, 4 * MiB].map((fragmentBytes, n) =>
        echoCase(`9.${3 + i}.${n + 1}`, `a ${kind} message of 4 MiB in fragments of ${fragmentBytes} bytes`, () => [
          echoed(opcode, payload(opcode, 4 * MiB), { fragmentBytes }),
        ]),
      ),
      ...[64, 128, 256, 512, 1024, 2048].map((chop, n) =>
        echoCase(`9.${5 + i}.${n + 1}`, `a ${kind} message of 1 MiB in chops of ${chop} bytes`, () => [
          echoed(opcode, payload(opcode, MiB), { chop }),
        ]),
      ),
      ...[0, 16, 64, 256, 1024, 4096].map((size, n) =>
        echoCase(`9.${7 + i}.${n + 1}`, `1,000 ${kind} messages of ${size} bytes, one after the other`, () =>
          Array.from({ length: 1000 }, () => echoed(opcode, payload(opcode, size))),
        ),
      ),
    ];
  });
}

/** A case that ends with a normal close by the peer. */
function echoCase(id: string, shows: string, exchanges: () => readonly Exchange[]): Case {
  return { id, shows, exchanges, ending: { closes: closeBody(1000) } };
}

function failCase(
  id: string,
  shows: string,
  code: number,
  sends: readonly Frame[],
  options: { echoes?: readonly Reply[]; chop?: "frames" | number | undefined } = {},
): Case {
  const exchange = withChop(options.chop, { sends, expects: options.echoes ?? [] });
  return { id, shows, exchanges: () => [exchange], ending: { fails: code } };
}

function echoed(opcode: number, payload: Uint8Array, how: { fragmentBytes?: number; chop?: number } = {}): Exchange {
  const sends = inFragments(opcode, payload, how.fragmentBytes ?? Infinity);
  return withChop(how.chop, { sends, expects: [{ type: opcode === TEXT ? "text" : "binary", data: payload }] });
}

function pinged(payloads: readonly Buffer[], chop?: number): Exchange {
  return withChop(chop, {
    sends: payloads.map((payload) => frame(PING, payload)),
    expects: payloads.map((data) => ({ type: "pong", data })),
  });
}

function withChop(chop: "frames" | number | undefined, exchange: Exchange): Exchange {
  return chop === undefined ? exchange : { ...exchange, chop };
}

function inFragments(opcode: number, payload: Uint8Array, fragmentBytes: number): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < payload.length || at === 0; at += fragmentBytes) {
    const fin = at + fragmentBytes >= payload.length;
    frames.push(frame(at === 0 ? opcode : 0, payload.subarray(at, at + fragmentBytes), { fin }));
  }
  return frames;
}

function frame(opcode: number, payload: string | Uint8Array = "", options: Partial<Frame> = {}): Frame {
  return { opcode, payload: typeof payload === "string" ? Buffer.from(payload) : payload, ...options };
}

function text(data: string): Reply {
  return { type: "text", data: Buffer.from(data) };
}

function pong(data: string): Reply {
  return { type: "pong", data: Buffer.from(data) };
}

export function closeBody(code: number, reason = ""): Buffer {
  return Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]);
}

function letters(size: number): Buffer {
  return Buffer.alloc(size, "BAsd7&jh23");
}

function hex(octets: string): Buffer {
  return Buffer.from(octets.replaceAll(" ", ""), "hex");
}
