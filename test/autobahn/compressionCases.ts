/**
 * The cases of the Autobahn Testsuite's groups 12 and 13, by their ids and in their sizes: five corpora with the default
 * offer, and JSON with seven agreements (RFC 7692). Stricter than Autobahn: the echo has to be compressed, too.
 */
import { BINARY, TEXT } from "./rawPeer.ts";
import { closeBody, type Case } from "./cases.ts";

/** What the peer says of permessage-deflate. */
export interface Agreement {
  /** As a client: what it offers. */
  readonly offers: string;
  /** As a server: what it answers, if it is offered what it wants. */
  readonly answer: (offers: string) => string | undefined;
}

/** Autobahn sends 1,000 messages in each case: so does `AUTOBAHN_FULL=1`, and takes its time. */
const FULL = process.env.AUTOBAHN_FULL === "1";
const COUNT = 1000;
/** Else as many as are enough to go round the window, in bytes, but not more than are quick. */
const ENOUGH_BYTES = 96 * 1024;
const ENOUGH = 20;

/** Lengths of messages, and of the fragments that their compressed bytes are sent in; 0 for one. */
const sizes: readonly (readonly [length: number, fragmentBytes: number])[] = [
  ...[16, 64, 256, 1024, 4096, 8192, 16_384, 32_768, 65_536, 131_072].map((length) => [length, 0] as const),
  ...[8192, 16_384, 32_768, 65_536, 131_072].map((length) => [length, 256] as const),
  ...[1024, 4096, 32_768].map((fragmentBytes) => [131_072, fragmentBytes] as const),
];

interface Corpus {
  readonly name: string;
  readonly opcode: number;
  readonly data: () => Buffer;
}

const NAME = "permessage-deflate";

/** All that a client can grant is offered by Autobahn, whatever it asks for. */
function offer(requests: string): string {
  return `${NAME}; client_no_context_takeover; client_max_window_bits${requests}`;
}

/** Takes the first offer that grants what is asked for. */
function answer(requests: string): Agreement["answer"] {
  const wanted = requests
    .split(";")
    .map((part) => part.trim().replace(/=.*/, ""))
    .filter((part) => part !== "");
  return (offers) => {
    const granting = offers.split(",").map((each) => each.split(";").map((part) => part.trim().replace(/=.*/, "")));
    return granting.some(([name, ...parameters]) => name === NAME && wanted.every((each) => parameters.includes(each)))
      ? `${NAME}${requests}`
      : undefined;
  };
}

const plain: Agreement = { offers: offer(""), answer: answer("") };

/** Each with what the server is asked for, and what the client is. */
const agreements: readonly (readonly [shows: string, Agreement])[] = [
  ["nothing asked for", plain],
  ...[
    ["no takeover", "no_context_takeover"],
    ["8 bits", "max_window_bits=8"],
    ["15 bits", "max_window_bits=15"],
    ["no takeover, 8 bits", "no_context_takeover;max_window_bits=8"],
    ["no takeover, 15 bits", "no_context_takeover;max_window_bits=15"],
  ].map(([shows = "", parameters = ""]) => {
    const ofThe = (end: string): string =>
      parameters
        .split(";")
        .map((each) => `; ${end}_${each}`)
        .join("");
    return [shows, { offers: offer(ofThe("server")), answer: answer(ofThe("client")) }] as const;
  }),
  [
    "three offers",
    {
      offers: [
        offer("; server_no_context_takeover; server_max_window_bits=8"),
        offer("; server_no_context_takeover"),
        offer(""),
      ].join(", "),
      answer: (offers) =>
        answer("; client_no_context_takeover; client_max_window_bits=8")(offers) ??
        answer("; client_no_context_takeover")(offers) ??
        answer("")(offers),
    },
  ],
];

const corpora: readonly Corpus[] = [
  { name: "JSON", opcode: TEXT, data: json },
  { name: "a picture", opcode: BINARY, data: picture },
  { name: "prose", opcode: BINARY, data: prose },
  { name: "HTML", opcode: TEXT, data: html },
  { name: "a document with compressed parts", opcode: BINARY, data: document },
];

export const compressionCases: readonly Case[] = [
  ...corpora.flatMap((corpus, group) =>
    sizes.map((size, i) => compressionCase(`12.${group + 1}.${i + 1}`, corpus.name, corpus, size, plain)),
  ),
  ...agreements.flatMap(([shows, agreement], group) =>
    sizes.map((size, i) => compressionCase(`13.${group + 1}.${i + 1}`, shows, corpora[0]!, size, agreement)),
  ),
];

function compressionCase(
  id: string,
  what: string,
  { opcode, data }: Corpus,
  [length, fragmentBytes]: (typeof sizes)[number],
  deflate: Agreement,
): Case {
  const count = FULL ? COUNT : Math.min(ENOUGH, Math.max(2, Math.ceil(ENOUGH_BYTES / length)));
  const inFragments = fragmentBytes === 0 ? "" : ` in fragments of ${fragmentBytes}`;
  return {
    id,
    shows: `${what}: ${count} messages of ${length} bytes${inFragments}`,
    deflate,
    exchanges: () => {
      const corpus = data();
      return Array.from({ length: count }, (_, i) => {
        const at = (i * length) % corpus.length;
        const payload = Buffer.concat([corpus.subarray(at), corpus]).subarray(0, length);
        return {
          sends: [],
          compresses: { opcode, payload, fragmentBytes: fragmentBytes === 0 ? Infinity : fragmentBytes },
          expects: [{ type: opcode === TEXT ? "text" : "binary", data: payload, compressed: true }],
        };
      });
    },
    ending: { closes: closeBody(1000) },
  };
}

/** Made, since Autobahn's own are not ours to give away: always the same, and each of about 200 KiB. */
const CORPUS_BYTES = 200_003;

function repeatUntilLong(make: (next: (below: number) => number) => string | Buffer): Buffer {
  let state = 12;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const parts: Buffer[] = [];
  for (let bytes = 0; bytes < CORPUS_BYTES; bytes += parts.at(-1)!.length) parts.push(Buffer.from(make(next)));
  return Buffer.concat(parts).subarray(0, CORPUS_BYTES);
}

const WORDS = "the of and light that never a window in which messages were lost to wind upon water stone by".split(" ");

function sentence(next: (below: number) => number): string {
  return Array.from({ length: 5 + next(12) }, () => WORDS[next(next(WORDS.length) + 1)]).join(" ");
}

function json(): Buffer {
  return repeatUntilLong((next) =>
    JSON.stringify({ id: next(1e9), name: sentence(next), tags: [WORDS[next(9)], WORDS[next(9)]], at: next(1e6) / 7 }),
  );
}

function picture(): Buffer {
  return repeatUntilLong((next) => Buffer.from(Array.from({ length: 512 }, (_, x) => (x >> 2) + next(7))));
}

function prose(): Buffer {
  return repeatUntilLong((next) => `${sentence(next)}. ${sentence(next)},\r\n`);
}

function html(): Buffer {
  return repeatUntilLong(
    (next) => `<tr class="row"><td>${next(1000)}</td><td><a href="/${next(99)}">${sentence(next)}</a></td></tr>\n`,
  );
}

function document(): Buffer {
  return repeatUntilLong((next) =>
    next(4) === 0
      ? `${next(999)} 0 obj\n<< /Length ${next(9999)} /Filter /FlateDecode >>\nstream\n`
      : Buffer.from(Array.from({ length: 300 + next(900) }, () => next(256))),
  );
}
