/**
 * Two sessions that talk at random, over a transport that fails at random, and what must hold in the end. The network
 * must keep the promise that a sender relies on: once a ping sent after a message is answered, or the echo of this
 * end's Close has arrived, the message has arrived, once and in order. Otherwise the sender learns that it does not
 * know: its end was not clean, or the other side closed.
 */
import { permessageDeflate } from "../../src/deflate/index.ts";
import type { SharedOptions } from "../../src/index.ts";
import { accept, connect, WebSocketError, type CloseInfo, type WebSocketSession } from "../../src/stream/index.ts";
import type { ByteTransport } from "../../src/transports/byteTransport.ts";
import { Random } from "../support/random.ts";
import type { Bytes } from "../support/wire.ts";
import { chooseFaults, fates, faultyTransport, type Fate } from "./faultyTransport.ts";

type Message = string | Bytes;

const CLOSE_CODE = 3000;

/** How long an end may take to see that the other one is gone, in milliseconds. */
const patienceMs = (fate: Fate): number => (fate === "stall" ? 300 : 20_000);

const timing = (ms: number): SharedOptions => ({
  handshakeTimeoutMs: ms,
  closeTimeoutMs: ms,
  keepalive: { intervalMs: ms / 2, timeoutMs: ms },
});

/** What one end did and saw. */
interface End {
  /** Messages whose `send` was fulfilled, in order. */
  readonly sent: Message[];
  /** How many of them came before the last ping that was answered. */
  confirmed: number;
  readonly received: Message[];
  readonly closed: CloseInfo | WebSocketError;
}

export interface Outcome {
  readonly fate: Fate;
  /** Whether the fault had its chance before the end. */
  readonly failed: boolean;
  readonly opened: boolean;
  readonly clean: boolean;
  readonly messages: number;
}

/** Talks over the two ends of a transport. Throws if something does not hold. */
export async function converse(seed: number, [near, far]: readonly [ByteTransport, ByteTransport]): Promise<Outcome> {
  const random = new Random(seed);
  const fate = random.pick(fates);
  const wire = faultyTransport(near, chooseFaults(random, fate), new Random(seed + 0.5));
  const extensions = random.oneIn(3) ? [permessageDeflate()] : [];
  const handshake = random.oneIn(3) ? "none" : "http1";
  const options = {
    ...timing(patienceMs(fate)),
    extensions: handshake === "none" ? [] : extensions,
    handshake,
  } as const;
  const talkers = [new Talker(new Random(random.uint32())), new Talker(new Random(random.uint32()))] as const;
  const closer = random.below(2);
  const opened = await Promise.allSettled([
    connect(wire, options).then((session) => talkers[0].talk(session, closer === 0)),
    accept(far, options)
      .then((request) => request.accept())
      .then((session) => talkers[1].talk(session, closer === 1)),
  ]);
  for (const { reason } of opened.filter((each) => each.status === "rejected")) requireTyped(reason);
  const ends = opened.map((each) => (each.status === "fulfilled" ? each.value : undefined));
  const [client, server] = ends;
  if (fate !== "corrupt") {
    if (client !== undefined) check(client, server, fate);
    if (server !== undefined) check(server, client, fate);
  }
  const clean = ends.every((end) => end !== undefined && !(end.closed instanceof WebSocketError));
  if (fate === "none" && !clean)
    throw new Error(
      `nothing was wrong, and it failed: ${opened.map((each) => String(each.status === "fulfilled" ? each.value.closed : each.reason)).join()}`,
    );
  const messages = ends.reduce((sum, end) => sum + (end?.received.length ?? 0), 0);
  return { fate, failed: wire.hasFailed(), opened: ends.every((end) => end !== undefined), clean, messages };
}

class Talker {
  readonly #random: Random;
  readonly #sent: Message[] = [];
  readonly #received: Message[] = [];
  #confirmed = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Talks until the connection has ended. The side that closes does so after its last message. */
  async talk(session: WebSocketSession, closes: boolean): Promise<End> {
    const reading = this.#listen(session);
    await this.#say(session).catch(requireTyped);
    if (closes) await session.close({ closeCode: CLOSE_CODE, reason: "enough" }).catch(requireTyped);
    const closed = await session.closed.catch((error: unknown) => {
      requireTyped(error);
      return error as WebSocketError;
    });
    await reading;
    return { sent: this.#sent, confirmed: this.#confirmed, received: this.#received, closed };
  }

  async #listen(session: WebSocketSession): Promise<void> {
    const slow = this.#random.oneIn(10);
    try {
      for await (const message of session) {
        this.#received.push(message);
        if (slow) await new Promise((resolve) => setTimeout(resolve, 1));
      }
    } catch (error) {
      requireTyped(error);
    }
  }

  async #say(session: WebSocketSession): Promise<void> {
    const random = this.#random;
    for (let count = random.size(12); count > 0; count--) {
      const message = this.#make();
      await session.send(message);
      this.#sent.push(message);
      if (!random.oneIn(6)) continue;
      const before = this.#sent.length;
      await session.ping();
      this.#confirmed = before;
    }
  }

  #make(): Message {
    const random = this.#random;
    const length = random.oneIn(30) ? 150_000 : random.size(2000);
    const number = random.uint32();
    if (random.oneIn(2)) return `${number} ${"wörd ".repeat(length / 6)}`;
    return Uint8Array.from({ length }, (_, i) => (number >>> (i & 24)) ^ i);
  }
}

/** Of one direction: what was sent at an end, and what the other end has received. */
function check({ sent, confirmed, closed }: End, other: End | undefined, fate: Fate): void {
  const received = other?.received ?? [];
  const count = `${sent.length} sent, ${confirmed} of them confirmed, ${received.length} arrived`;
  // The last message may have been sent and have arrived before its sender learned that there was room.
  if (received.length > sent.length + 1) throw new Error(`more has arrived than was sent: ${count}`);
  received.slice(0, sent.length).forEach((message, i) => {
    if (!isSame(message, sent[i]!)) throw new Error(`message ${i} is not the one that was sent, or not in its place`);
  });
  if (received.length < confirmed) throw new Error(`what was confirmed has not arrived: ${count}`);
  if (received.length >= sent.length) return;
  // A Close that is not an echo of this end's was sent by a side that stopped before it had read everything.
  const knows = closed instanceof WebSocketError || closed.initiator === "remote" || closed.closeCode !== CLOSE_CODE;
  if (knows && fate !== "none") return;
  const ends = [closed, other?.closed].map((end) =>
    end instanceof WebSocketError ? String(end) : JSON.stringify(end),
  );
  throw new Error(`${count}, and its sender thinks that all is well (${fate}): ${ends.join("; ")}`);
}

function isSame(one: Message, other: Message): boolean {
  if (typeof one === "string" || typeof other === "string") return one === other;
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}

function requireTyped(error: unknown): void {
  // Sending is refused while the closing handshake runs, which the other end may have begun.
  if (error instanceof WebSocketError) return;
  if (error instanceof Error && error.name === "LocalProtocolError") return;
  throw error;
}

/** Runs a number of conversations, some in parallel, and counts the results. Names the seed of a failure. */
export async function converseMany(
  seeds: readonly number[],
  atATime: number,
  makeTransports: () => Promise<readonly [ByteTransport, ByteTransport]>,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const waiting = [...seeds];
  await Promise.all(
    Array.from({ length: atATime }, async () => {
      for (let seed = waiting.pop(); seed !== undefined; seed = waiting.pop()) {
        try {
          const { fate, failed, clean } = await converse(seed, await makeTransports());
          const kind = `${fate}${failed ? "" : ", not met"}, ${clean ? "clean" : "failed"}`;
          counts.set(kind, (counts.get(kind) ?? 0) + 1);
        } catch (error) {
          throw new Error(`conversation ${seed}: ${error instanceof Error ? error.message : String(error)}`, {
            cause: error,
          });
        }
      }
    }),
  );
  return counts;
}
