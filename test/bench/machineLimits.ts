/**
 * What the machine and the platform can do at best, each beside memcpy of the same number of bytes: the basis of the
 * goals.
 */
import { mask } from "./limitSides.ts";
import { messageOf } from "./inputs.ts";
import type { Environment, Side, Workload } from "./measure.ts";
import { BATCH_BYTES } from "./peers.ts";
import { lengthName } from "./workloads.ts";

const KIB = 1024;
const MEMCPY = "memcpy";

/** Work on a number of bytes. */
interface Feat {
  readonly name: string;
  readonly bytes: number;
  readonly make: (bytes: number) => () => unknown;
}

/** `more`: what only this platform has. */
export function machineLimits(environment: Environment, more: Readonly<Record<string, Unmask>> = {}): Workload[] {
  const unmasking = Object.entries({ ...UNMASKING, ...more }).map(([name, unmask]): Feat => ({
    name: `unmask in place, ${name}`,
    bytes: 64 * KIB,
    make: (bytes) => {
      const buffer = new Uint8Array(bytes);
      return unmask(buffer, Uint8Array.of(1, 2, 3, 4));
    },
  }));
  return [...FEATS, ...unmasking].map(({ name, bytes, make }): Workload => {
    const sides = () => ({ ours: repeated(bytes, make), peers: { [MEMCPY]: repeated(bytes, copy) } });
    const workload = `${name}, ${lengthName(bytes)}`;
    return { environment, workload, role: "client", kind: "limit", bytes, peerNames: [MEMCPY], sides };
  });
}

/** Makes what unmasks these bytes, in place. */
export type Unmask = (bytes: Uint8Array<ArrayBuffer>, key: Uint8Array) => () => void;

function repeated(bytes: number, make: Feat["make"]): Side {
  const act = make(bytes);
  const times = Math.max(1, Math.min(10_000, Math.floor(BATCH_BYTES / bytes)));
  return {
    run() {
      for (let i = 0; i < times; i++) kept = act();
      return times;
    },
  };
}

/** So that nothing is left out. */
export let kept: unknown;

function copy(bytes: number): () => unknown {
  const [from, to] = [new Uint8Array(bytes).fill(7), new Uint8Array(bytes)];
  return () => to.set(from);
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

const decode =
  (type: "text" | "non-ASCII text") =>
  (size: number): (() => unknown) => {
    const { bytes } = messageOf(type, size);
    return () => decoder.decode(bytes);
  };

const encode = (size: number): (() => unknown) => {
  const text = messageOf("text", size).data as string;
  const to = new Uint8Array(size);
  return () => encoder.encodeInto(text, to);
};

const view = (size: number): (() => unknown) => {
  const { buffer } = new Uint8Array(64 * KIB);
  return () => new Uint8Array(buffer, 16, size);
};

const viewAndEvent = (size: number): (() => unknown) => {
  const make = view(size) as () => Uint8Array;
  return () => ({ type: "bytesReceived", data: make(), frameFinished: true, messageFinished: true });
};

const fresh = (size: number): (() => unknown) => {
  const from = new Uint8Array(size).fill(7);
  return () => from.slice();
};

const byteByByte = (size: number): (() => unknown) => {
  const bytes = new Uint8Array(size).fill(7);
  return () => {
    let sum = 0;
    for (let i = 0; i < bytes.length; i++) sum += bytes[i]!;
    return sum;
  };
};

const FEATS: readonly Feat[] = [
  { name: "copied into fresh memory", bytes: 64 * KIB, make: fresh },
  { name: "copied into fresh memory", bytes: 16 * KIB * KIB, make: fresh },
  { name: "each byte looked at", bytes: 64 * KIB, make: byteByByte },
  { name: "TextDecoder, ASCII", bytes: 64 * KIB, make: decode("text") },
  { name: "TextDecoder, non-ASCII", bytes: 64 * KIB, make: decode("non-ASCII text") },
  { name: "TextDecoder, ASCII", bytes: 16, make: decode("text") },
  { name: "TextDecoder, ASCII", bytes: 125, make: decode("text") },
  { name: "encodeInto, ASCII", bytes: 64 * KIB, make: encode },
  { name: "encodeInto, ASCII", bytes: 16, make: encode },
  { name: "a view", bytes: 16, make: view },
  { name: "a view and an event", bytes: 16, make: viewAndEvent },
];

const UNMASKING: Record<string, Unmask> = {
  "byte by byte": (bytes, key) => () => {
    for (let i = 0; i < bytes.length; i++) bytes[i]! ^= key[i & 3]!;
  },
  "32 bits": (bytes, key) => {
    const words = new Int32Array(bytes.buffer);
    const [word] = new Int32Array(Uint8Array.from(key).buffer);
    return () => {
      for (let i = 0; i < words.length; i += 4) {
        words[i]! ^= word!;
        words[i + 1]! ^= word!;
        words[i + 2]! ^= word!;
        words[i + 3]! ^= word!;
      }
    };
  },
  "64 bits": (bytes, key) => {
    const words = new BigInt64Array(bytes.buffer);
    const [word] = new BigInt64Array(Uint8Array.of(...key, ...key).buffer);
    return () => mask(words, word);
  },
};
