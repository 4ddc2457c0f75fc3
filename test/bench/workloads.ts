/** Workloads for the connection alone: messages of all sizes, both roles, received and sent, whole and streamed. */
import { bareReceiver } from "./bareParsers.ts";
import { messageOf, wireTo, type Message, type MessageType, type Wire } from "./inputs.ts";
import { receivingLimit, sendingLimit } from "./limitSides.ts";
import type { Names, Role, Side, Sides, Workload } from "./measure.ts";
import { ourReceiver, ourSender } from "./ourSides.ts";
import { BATCH_BYTES, WS_IN_A_PAGE, type Bench, type Peer } from "./peers.ts";
import { countingSocket, type Batch } from "./sockets.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** A chunk has many small messages, as from a busy socket. */
export const CHUNK_BYTES = 64 * KIB;

/** The name of the lower bound of any implementation. */
export const LIMIT = "limit";

/** The name of a minimal parser, which does little more than create the events. */
const BARE_PARSER = "bare parser";

/** The peers that are shown beside a missed goal. */
export const BOUNDS: readonly string[] = [LIMIT, BARE_PARSER];

export const lengthName = (bytes: number): string =>
  bytes < KIB ? `${bytes} B` : bytes < MIB ? `${bytes / KIB} KiB` : `${bytes / MIB} MiB`;

interface Shape {
  readonly name: string;
  readonly size: number;
  readonly type: MessageType;
  readonly streamed?: boolean;
  readonly chunkBytes?: number;
  readonly fragmentBytes?: number;
  readonly handOver?: boolean;
  /** Number of messages at a time, instead of a batch. */
  readonly count?: number;
}

const whole = (size: number, type: MessageType): Shape => ({ name: `${lengthName(size)} ${type}`, size, type });

const SMALL: readonly Shape[] = [
  whole(16, "binary"),
  whole(16, "text"),
  whole(125, "binary"),
  whole(125, "text"),
  whole(125, "non-ASCII text"),
  whole(512, "text"),
  whole(4 * KIB, "binary"),
  whole(4 * KIB, "text"),
  whole(64 * KIB, "binary"),
  whole(64 * KIB, "text"),
];

const RECEIVED: readonly Shape[] = [
  ...SMALL,
  { ...whole(64 * KIB, "binary"), name: "64 KiB binary, streamed", streamed: true },
  ...[16, 64].flatMap((kib) =>
    (["binary", "text"] as const).map((type): Shape => {
      const name = `16 MiB ${type} in ${kib} KiB chunks, streamed`;
      return { name, size: 16 * MIB, type, chunkBytes: kib * KIB, streamed: true };
    }),
  ),
  { ...whole(16 * MIB, "binary"), name: "16 MiB binary, assembled" },
  { ...whole(16 * MIB, "text"), name: "16 MiB text, assembled" },
  { ...whole(MIB, "binary"), name: "1 MiB binary in 1 KiB fragments", fragmentBytes: KIB },
  { ...whole(MIB, "binary"), name: "1 MiB binary in 1 KiB fragments, streamed", fragmentBytes: KIB, streamed: true },
  { ...whole(125, "binary"), name: "125 B binary, one byte at a time", chunkBytes: 1, count: 64 },
];

const SENT: readonly Shape[] = [
  ...SMALL,
  { ...whole(4 * KIB, "binary"), name: "4 KiB binary, handed over", handOver: true },
  { ...whole(64 * KIB, "binary"), name: "64 KiB binary, handed over", handOver: true },
  ...[16, 64].map((kib): Shape => {
    const name = `16 MiB binary in ${kib} KiB fragments, handed over`;
    return { name, size: 16 * MIB, type: "binary", fragmentBytes: kib * KIB, handOver: true };
  }),
];

export function workloads(bench: Bench): Workload[] {
  const roles = ["server", "client"] as const;
  return roles.flatMap((role) => [
    ...RECEIVED.map((shape) => receiving(bench, role, shape)),
    ...SENT.map((shape) => sending(bench, role, shape)),
  ]);
}

function receiving(bench: Bench, role: Role, shape: Shape): Workload {
  const { size, type, streamed = false, chunkBytes = CHUNK_BYTES, fragmentBytes = Infinity } = shape;
  const peers = bench.peers.filter((peer) => canPlay(peer, role) && (peer.major || size <= MIB));
  const sides = async (names: readonly string[]): Promise<Sides> => {
    const message = messageOf(type, size);
    const wires = new Map<number, Wire>();
    const wire = (batchBytes: number): Wire => {
      const count = shape.count ?? Math.max(1, Math.floor(batchBytes / size));
      if (!wires.has(count)) wires.set(count, wireTo(role, message, { count, chunkBytes, fragmentBytes }));
      return wires.get(count)!;
    };
    const ours = await ourReceiver(role, wire(BATCH_BYTES), streamed, bench.wrap);
    const bounds = {
      [LIMIT]: () => receivingLimit(role, wire(BATCH_BYTES), streamed),
      [BARE_PARSER]: () => bareReceiver(role, wire(BATCH_BYTES), streamed, bench.wrap),
    };
    const of = (peer: Peer): Promise<Side> => peer.receiver(role, wire(peer.batchBytes));
    return { ours, peers: await madeOf(peers, names, of, bounds) };
  };
  const chunks = Math.ceil(size / Math.min(chunkBytes, fragmentBytes));
  const { environment } = bench;
  const named = namesOf(peers, shape);
  // For other texts a parser would have to count the characters of each message.
  const hasBareParser = type !== "non-ASCII text";
  return {
    environment,
    workload: shape.name,
    role,
    kind: "receive",
    bytes: size,
    chunks,
    ...named,
    peerNames: hasBareParser ? [...named.peerNames, BARE_PARSER] : named.peerNames,
    sides,
  };
}

function sending(bench: Bench, role: Role, shape: Shape): Workload {
  const { size, type, fragmentBytes = size, handOver = false } = shape;
  const inOne = fragmentBytes === size;
  const peers = bench.peers.filter((peer) => canPlay(peer, role) && (peer.major || (inOne && size <= MIB)));
  const batch = (message: Message, batchBytes: number): Batch => {
    const pieces: (string | Uint8Array<ArrayBuffer>)[] = [];
    for (let at = 0; at < size; at += fragmentBytes) pieces.push(message.bytes.subarray(at, at + fragmentBytes));
    const count = Math.max(1, Math.floor(batchBytes / size));
    const perFlush = Math.max(1, Math.floor(CHUNK_BYTES / size));
    return { role, message, pieces: inOne ? [message.data] : pieces, count, perFlush };
  };
  const sides = async (names: readonly string[]): Promise<Sides> => {
    const message = messageOf(type, size);
    const socket = () => countingSocket(bench.Writable);
    const ours = await ourSender(batch(message, BATCH_BYTES), handOver, socket());
    const bounds = { [LIMIT]: () => sendingLimit(batch(message, BATCH_BYTES), handOver, socket(), bench.wrap) };
    const of = (peer: Peer): Promise<Side> => peer.sender(batch(message, peer.batchBytes), socket());
    return { ours, peers: await madeOf(peers, names, of, bounds) };
  };
  const chunks = Math.ceil(size / fragmentBytes);
  const { environment } = bench;
  return {
    environment,
    workload: shape.name,
    role,
    kind: "send",
    bytes: size,
    chunks,
    ...namesOf(peers, shape),
    sides,
  };
}

const canPlay = (peer: Peer, role: Role): boolean => peer.role === undefined || peer.role === role;

function namesOf(
  peers: readonly Peer[],
  { size, type, streamed = false }: Shape,
): Pick<Names, "peerNames" | "minorPeers"> {
  const peerNames = [...peers.map(({ name }) => name), LIMIT];
  const isLongText = size > MIB && type !== "binary";
  // With polyfills these take seconds each. Streamed, no peer differs from another.
  const isSlow = (peer: Peer): boolean => !peer.major || (isLongText && peer.name === WS_IN_A_PAGE);
  const minorPeers = isLongText && streamed ? peerNames : peers.filter(isSlow).map(({ name }) => name);
  return { peerNames, minorPeers };
}

async function madeOf(
  peers: readonly Peer[],
  names: readonly string[],
  make: (peer: Peer) => Promise<Side>,
  bounds: Readonly<Record<string, () => Side | Promise<Side>>>,
): Promise<Record<string, Side>> {
  const made: Record<string, Side> = {};
  for (const peer of peers) if (names.includes(peer.name)) made[peer.name] = await make(peer);
  for (const [name, bound] of Object.entries(bounds)) if (names.includes(name)) made[name] = await bound();
  return made;
}
