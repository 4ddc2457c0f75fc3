/** A pair of connections, run by a script with one byte per step: calls at both ends, and a wire that cuts anywhere. */
import { permessageDeflate } from "../../../src/deflate/index.ts";
import {
  LocalProtocolError,
  WSConnection,
  type ConnectionClosed,
  type ConnectionType,
  type WSEvent,
} from "../../../src/index.ts";
import { join, type Bytes } from "../../support/wire.ts";
import { mutateBytes } from "../mutateBytes.ts";
import { same } from "../same.ts";
import type { Target } from "../target.ts";
import { Teller, tell } from "../verdict.ts";

/** Bits of the first byte of a script. */
const DEFLATE = 1;
const HANDSHAKE = 2;
const UNMASKED = 4;
const NO_TAKEOVER = 8;

/** One for all pairs, as an application would have it. */
const kept = permessageDeflate({ threshold: 4 });
const forgotten = permessageDeflate({ serverNoContextTakeover: true, clientNoContextTakeover: true });

const TEXTS = ["", "a", "Hello", "κόσμε \u{1f600}", "\ud83d", "again and again and again and again ".repeat(4)];

/** One end: its connection, what it has sent and its events. */
class End {
  readonly connection: WSConnection;
  readonly teller = new Teller();
  readonly sent: string[] = [];
  /** What of it is on its way. */
  wire: Bytes = new Uint8Array(0);
  closed: ConnectionClosed | undefined;
  #fragments: string | undefined;
  #binaries: Bytes | undefined;

  constructor(role: ConnectionType, mode: number) {
    const extensions = (mode & DEFLATE) === 0 ? [] : [(mode & NO_TAKEOVER) === 0 ? kept : forgotten];
    this.connection = new WSConnection(role, {
      ...(role === "client" && { host: "a", resource: "/" }),
      extensions: (mode & HANDSHAKE) === 0 ? [] : extensions,
      handshake: (mode & HANDSHAKE) === 0 ? "none" : "http1",
      masking: (mode & UNMASKED) === 0,
      keepalive: { intervalMs: 1000, timeoutMs: 1000 },
      limits: { maxMessageBytes: 4000, maxQueuedReplies: 50 },
    });
  }

  /** A call that may be refused, but only so. */
  attempt(call: () => void): boolean {
    const before = [this.connection.bufferedAmount, this.connection.state];
    try {
      call();
      return true;
    } catch (error) {
      if (!(error instanceof LocalProtocolError)) throw error;
      same([this.connection.bufferedAmount, this.connection.state], before, "a refused call");
      return false;
    }
  }

  sendText(text: string, final: boolean): void {
    if (!this.attempt(() => this.connection.sendData(text, final))) return;
    this.#fragments = (this.#fragments ?? "") + text;
    if (!final) return;
    this.sent.push(tell("text", this.#fragments.toWellFormed()));
    this.#fragments = undefined;
  }

  sendBinary(bytes: Bytes, final: boolean): void {
    if (!this.attempt(() => this.connection.sendData(bytes, final))) return;
    this.#binaries = join(this.#binaries ?? new Uint8Array(0), bytes);
    if (!final) return;
    this.sent.push(tell("binary", this.#binaries).trimEnd());
    this.#binaries = undefined;
  }

  pull(): void {
    for (const event of this.connection.events()) this.#take(event);
    const { closed } = this.connection;
    if (closed !== (this.closed !== undefined)) throw new Error("closed and not told, or told and not closed");
  }

  #take(event: WSEvent): void {
    if (this.closed !== undefined) throw new Error(`${event.type} after the end`);
    this.teller.add(event);
    if (event.type === "connectionRequested") this.connection.accept(event);
    if (event.type === "connectionClosed") this.closed = event;
  }

  /** The messages that it received. */
  get messages(): string[] {
    return this.teller.told.filter((each) => !/^p[io]ng/.test(each)).map((each) => each.trimEnd());
  }
}

/** What is the matter with the wire. */
interface Wire {
  corrupted: boolean;
  cut: boolean;
  nowMs: number;
}

function carry(from: End, to: End, amount: number): void {
  from.wire = join(from.wire, from.connection.bytesToSend());
  const piece = from.wire.slice(0, amount);
  from.wire = from.wire.slice(amount);
  if (piece.length > 0 && !to.attempt(() => to.connection.receiveBytes(piece))) throw new Error("bytes are refused");
}

type Step = (end: End, other: End, argument: number, wire: Wire) => void;

const steps: readonly Step[] = [
  (end, _, argument) => end.sendText(TEXTS[argument % TEXTS.length]!, true),
  (end, _, argument) => end.sendText(TEXTS[argument % TEXTS.length]!, false),
  (end, _, argument) => end.sendBinary(new Uint8Array(argument * 5).fill(argument), true),
  (end, _, argument) => end.sendBinary(new Uint8Array(argument).fill(argument), false),
  (end, _, argument) => void end.attempt(() => end.connection.ping(new Uint8Array(argument % 126))),
  (end, _, argument) => void end.attempt(() => end.connection.pong(new Uint8Array(argument % 126))),
  (end, _, argument) =>
    void end.attempt(() => end.connection.close(argument % 2 === 0 ? 1000 : 3000 + argument, "bye")),
  (end) => end.pull(),
  (end, other, argument) => carry(end, other, 1 + argument),
  (end, other) => carry(end, other, Infinity),
  (end, other, argument) => carry(end, other, 1 + (argument % 4)),
  (end, _, argument, wire) => {
    if (argument % 8 !== 0 || end.wire.length === 0) return;
    end.wire[argument % end.wire.length]! ^= 1 << (argument % 8);
    wire.corrupted = true;
  },
  (_, other, argument, wire) => {
    if (argument % 8 !== 0) return;
    wire.cut = true;
    other.connection.receiveBytes(null);
  },
  (end, _, argument, wire) => {
    wire.nowMs += argument * 20;
    end.connection.advanceTime(wire.nowMs);
  },
];

/** What must hold of one direction. */
function check(from: End, to: End, { corrupted, cut }: Wire): void {
  if (corrupted) return;
  const arrived = to.messages;
  same(arrived, from.sent.slice(0, arrived.length), "messages do not arrive as they were sent, but");
  const error = to.closed?.error;
  const lawful = ["keepaliveTimeout", "closeTimeout", "handshakeTimeout", "messageTooLarge"];
  if (error !== undefined && !lawful.includes(error.code)) throw error;
  if (cut || from.closed?.wasClean !== true || to.closed?.wasClean !== true) return;
  same(to.closed.received, from.closed.sent, "the Close that was received is not the one that was sent:");
}

export const pairTarget: Target = {
  name: "pair",
  seeds: () =>
    Array.from({ length: 16 }, (_, mode) => {
      const connect = [7, 0, 9, 0, 0x87, 0, 0x89, 0, 7, 0];
      return Uint8Array.of(
        mode,
        ...connect,
        0,
        2,
        2,
        9,
        9,
        0,
        0x87,
        0,
        0x84,
        3,
        0x89,
        0,
        7,
        0,
        6,
        0,
        9,
        0,
        0x87,
        0,
        0x89,
        0,
        7,
        0,
      );
    }),
  mutate: (random, input, other) => mutateBytes(random, input, other),
  run(input) {
    const mode = input[0] ?? 0;
    const ends = { client: new End("client", mode), server: new End("server", mode) };
    const wire: Wire = { corrupted: false, cut: false, nowMs: 0 };
    // A step is two bytes: what is done at which end, and with what.
    for (let at = 1; at + 1 < input.length; at += 2) {
      const [end, other] = input[at]! < 0x80 ? [ends.client, ends.server] : [ends.server, ends.client];
      const step = steps[(input[at]! & 0x7f) % steps.length]!;
      if (wire.cut && step === steps[12]) continue;
      if (wire.cut && (step === steps[8] || step === steps[9] || step === steps[10])) continue;
      step(end, other, input[at + 1]!, wire);
    }
    // All that was sent arrives, then both streams end.
    const { client, server } = ends;
    for (let turn = 0; turn < 10 && !wire.cut; turn++) {
      for (const [end, other] of [
        [client, server],
        [server, client],
      ] as const) {
        end.pull();
        carry(end, other, Infinity);
      }
    }
    for (const end of [client, server]) {
      end.connection.receiveBytes(null);
      end.pull();
      if (end.closed === undefined) throw new Error("no end is told");
    }
    check(client, server, wire);
    check(server, client, wire);
    const kind = ({ closed, messages }: End): string =>
      [closed?.error?.code ?? closed?.code, closed?.initiator, Math.min(messages.length, 4)].join();
    return [mode & 15, kind(client), kind(server), wire.corrupted, wire.cut].join("|");
  },
};
