/** How much memory idle connections use, in Node and in a page, and the peak for a large message. */
import { Writable } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Page } from "playwright";
import { MessageAssembler } from "../../src/stream/messageAssembler.ts";
import type { Entry } from "./entries.ts";
import { headerLength } from "./inputs.ts";
import { median, type Duration, type Environment, type Names, type Role, type Row } from "./measure.ts";
import { CONNECTIONS, hold, maker, wsAtRest, type Make, type Subject } from "./memorySubjects.ts";
import { loadWs } from "./nodePeers.ts";
import { openConnection } from "./ourSides.ts";
import { WS_IN_A_PAGE } from "./peers.ts";
import type { WsBuild } from "./wsSides.ts";

const ROLES = ["server", "client"] as const;
const KIB = 1024;
const FACES: Subject = "WebSocket and server over a pipe";
const MESSAGE_BYTES = 16 * KIB * KIB;
const CHUNK_BYTES = 64 * KIB;

export function memoryEntries(openPage: () => Promise<Page>): Entry[] {
  const ws = loadWs(false);
  const atRest = (["no handshake", "http1"] as const).flatMap((subject) =>
    ROLES.flatMap((role) => [
      inNode(subject, role, "ws", () => wsAtRest(ws, Writable, role)),
      inChromium(openPage, subject, role),
    ]),
  );
  return [
    ...atRest,
    inNode(FACES, "client", "a connection alone", () => maker("http1", "client")),
    inChromium(openPage, FACES, "client"),
    ...[true, false].map((streamed) => peakOf(ws, streamed)),
  ];
}

const nameOf = (subject: Subject): string => `memory at rest of one in ${CONNECTIONS}, ${subject}`;

function namesOf(environment: Environment, workload: string, role: Role, peerName: string): Names {
  // Opening this many takes a minute, and connections without a handshake weigh the same.
  const minorPeers = workload === nameOf(FACES) || workload === nameOf("no handshake") ? [peerName] : [];
  return { environment, workload, role, kind: "memory", bytes: 0, peerNames: [peerName], minorPeers };
}

/** Two weights in one row: bytes, where other rows have messages per second. */
async function weigh(
  { environment, workload, role, kind, bytes, peerNames }: Names,
  { rounds }: Duration,
  ours: () => Promise<number>,
  peer: () => Promise<number>,
): Promise<Row[]> {
  const [mine, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round < Math.min(rounds, 3); round++) {
    mine.push(await ours());
    theirs.push(await peer());
    if (rounds < 3) break;
  }
  const [medianOfOurs, medianOfPeer] = [median(mine), median(theirs)];
  const ratios = mine.map((weight, i) => weight / theirs[i]!);
  return [
    {
      ...{ environment, workload, role, kind, bytes, chunks: 1, ours: medianOfOurs, peer: medianOfPeer },
      peerName: peerNames[0]!,
      ratio: medianOfOurs / medianOfPeer,
      spread: [Math.min(...ratios), Math.max(...ratios)],
    },
  ];
}

function inNode(subject: Subject, role: Role, peerName: string, peer: () => Make): Entry {
  const names = namesOf("node", nameOf(subject), role, peerName);
  return {
    names,
    measure: (_, duration) =>
      weigh(
        names,
        duration,
        () => weightInNode(maker(subject, role)),
        () => weightInNode(peer()),
      ),
  };
}

async function weightInNode(make: Make): Promise<number> {
  await hold(make, 100);
  const before = await heapBytes();
  const held = await hold(make, CONNECTIONS);
  const after = await heapBytes();
  return (after - before) / held.length;
}

function inChromium(openPage: () => Promise<Page>, subject: Subject, role: Role): Entry {
  const peer = subject === FACES ? "http1" : "ws";
  const names = namesOf("chromium", nameOf(subject), role, subject === FACES ? "a connection alone" : WS_IN_A_PAGE);
  const weight = async (subject: Subject | "ws"): Promise<number> => {
    const page = await openPage();
    const session = await page.context().newCDPSession(page);
    const heap = async (): Promise<number> => {
      await session.send("HeapProfiler.collectGarbage");
      await session.send("HeapProfiler.collectGarbage");
      const { usedSize, backingStorageSize = 0 } = (await session.send("Runtime.getHeapUsage")) as {
        usedSize: number;
        backingStorageSize?: number;
      };
      return usedSize + backingStorageSize;
    };
    const holdInPage = (count: number) =>
      page.evaluate((given) => globalThis.inPage.hold(...given), [subject, role, count] as const);
    await holdInPage(100);
    const before = await heap();
    await holdInPage(CONNECTIONS);
    const after = await heap();
    await page.evaluate(() => globalThis.inPage.letGo());
    await session.detach();
    return (after - before) / CONNECTIONS;
  };
  return {
    names,
    measure: (_, duration) =>
      weigh(
        names,
        duration,
        () => weight(subject),
        () => weight(peer),
      ),
  };
}

/** Peak memory while 16 MiB arrive in chunks of 64 KiB. Each chunk is released once it has been passed in. */
function peakOf(ws: WsBuild, streamed: boolean): Entry {
  const workload = `memory at its peak, 16 MiB binary in 64 KiB chunks${streamed ? ", streamed" : ", assembled"}`;
  const names = { ...namesOf("node", workload, "client", "ws"), bytes: MESSAGE_BYTES };
  return {
    names,
    measure: (_, duration) =>
      weigh(
        names,
        duration,
        () => peak(() => ourReader(streamed)),
        () => peak(() => wsReader(ws)),
      ),
  };
}

/** Given a chunk; returns the message once it is complete. */
type Reader = (chunk: Buffer) => unknown;

function ourReader(streamed: boolean): Reader {
  const connection = openConnection("client");
  const assembler = new MessageAssembler(connection);
  return (chunk) => {
    let message: unknown;
    connection.receiveBytes(chunk);
    for (const event of connection.events()) {
      if (event.type !== "bytesReceived") throw new Error(`unexpected ${event.type}`);
      if (!streamed) message = assembler.add(event);
      else if (event.messageFinished) message = event.data;
    }
    return message;
  };
}

function wsReader({ Receiver }: WsBuild): Reader {
  const receiver = new Receiver({ isServer: false, maxPayload: 0, maxFragments: 0, maxBufferedChunks: 0 });
  let message: unknown;
  receiver.on("message", (data: unknown) => (message = data));
  return (chunk) => {
    receiver.write(chunk);
    return message;
  };
}

async function peak(open: () => Reader): Promise<number> {
  const read = open();
  const before = await heapBytes();
  let highest = 0;
  const look = (): void => void (highest = Math.max(highest, liveBytes() - before));
  // Where parts are joined, they and the whole are alive at once: looks when the first of them is copied.
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is put back as it was
  const { set } = Uint8Array.prototype;
  let last: ArrayBufferLike | undefined;
  Uint8Array.prototype.set = function (...given) {
    if (this.length > CHUNK_BYTES && this.buffer !== last) {
      last = this.buffer;
      look();
    }
    set.apply(this, given);
  };
  try {
    const header = Uint8Array.of(0x82, 127, 0, 0, 0, 0, MESSAGE_BYTES >>> 24, (MESSAGE_BYTES >> 16) & 0xff, 0, 0);
    const wireBytes = headerLength(MESSAGE_BYTES, false) + MESSAGE_BYTES;
    for (let at = 0; at < wireBytes; at += CHUNK_BYTES) {
      const chunk = Buffer.from(new Uint8Array(Math.min(CHUNK_BYTES, wireBytes - at)).fill(97).buffer);
      if (at === 0) set.call(chunk, header);
      const message = read(chunk);
      if (at % (64 * CHUNK_BYTES) === 0 || message !== undefined) look();
      // Callbacks that were put off hold what was given.
      await new Promise((resolve) => setImmediate(resolve));
      if (message !== undefined) return highest;
    }
  } finally {
    Uint8Array.prototype.set = set;
  }
  throw new Error("no message came");
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function liveBytes(): number {
  // The second waits for what the first has left to other threads.
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** What is alive when nothing is under way. */
async function heapBytes(): Promise<number> {
  collectGarbage();
  await new Promise((resolve) => setTimeout(resolve, 5));
  return liveBytes();
}
