/**
 * How costs grow: ours beside ours, with more connections, bytes, fragments or pieces. Linear growth has a ratio of 1.
 */
import { WSConnection } from "../../src/index.ts";
import { messageOf, wireTo, type WireShape } from "./inputs.ts";
import { REQUEST } from "./handshakeWorkloads.ts";
import type { Environment, Role, Side, Workload } from "./measure.ts";
import { openConnection, ourReceiver } from "./ourSides.ts";
import { lengthName } from "./workloads.ts";

const KIB = 1024;

/** One in a series of measurements. Each is compared with the first, per `unit`. */
interface Step {
  readonly name: string;
  readonly bytes: number;
  readonly role?: Role;
  readonly side: () => Side | Promise<Side>;
}

export function growthWorkloads(environment: Environment): Workload[] {
  return [
    ...steps(environment, "a message received", [1, 100, 1000, 10_000].map(receivedByMany)),
    ...steps(environment, "a message sent", [1, 100, 1000, 10_000].map(sentByMany)),
    ...steps(environment, "a byte of a message", [64 * KIB, KIB * KIB, 16 * KIB * KIB].map(longMessage)),
    ...steps(environment, "a fragment", [64, 1024, 16_384].map(fragments)),
    ...steps(environment, "a byte that comes alone", [KIB, 16 * KIB, 256 * KIB].map(singleBytes)),
    ...steps(environment, "a byte of a head in pieces of 16", [KIB, 4 * KIB, 15 * KIB].map(longHead)),
  ];
}

function steps(environment: Environment, unit: string, [first, ...more]: readonly Step[]): Workload[] {
  return more.map(({ name, bytes, role = "client", side }): Workload => {
    const sides = async () => ({ ours: await side(), peers: { [first!.name]: await first!.side() } });
    const workload = `growth: ${unit}, ${name}`;
    return { environment, workload, role, kind: "growth", bytes, peerNames: [first!.name], sides };
  });
}

/** As many messages for all of them together, however many they are. */
const MESSAGES = 10_000;

const named = (count: number): string => `${count.toLocaleString("en")} connection${count === 1 ? "" : "s"}`;

function receivedByMany(count: number): Step {
  const side = (): Side => {
    const { bytes } = wireTo("client", messageOf("binary", 125), { count: 1, chunkBytes: KIB });
    const connections = Array.from({ length: count }, () => openConnection("client"));
    const run = (): number => {
      let received = 0;
      for (let i = 0; i < MESSAGES; i++) {
        const connection = connections[i % count]!;
        connection.receiveBytes(bytes);
        for (const event of connection.events()) if (event.type === "bytesReceived") received += event.data.length;
      }
      if (received !== MESSAGES * 125) throw new Error(`received ${received} bytes`);
      return MESSAGES;
    };
    return { run };
  };
  return { name: named(count), bytes: 125, side };
}

function sentByMany(count: number): Step {
  const side = (): Side => {
    const { data } = messageOf("binary", 125);
    const connections = Array.from({ length: count }, () => openConnection("client"));
    const run = (): number => {
      let sent = 0;
      for (let i = 0; i < MESSAGES; i++) {
        const connection = connections[i % count]!;
        connection.sendData(data);
        sent += connection.bytesToSend().length;
      }
      if (sent !== MESSAGES * 131) throw new Error(`sent ${sent} bytes`);
      return MESSAGES;
    };
    return { run };
  };
  return { name: named(count), bytes: 125, side };
}

function longMessage(size: number): Step {
  const shape = { count: Math.max(1, Math.floor((256 * KIB) / size)), chunkBytes: 16 * KIB };
  return { name: lengthName(size), bytes: 1, side: () => perUnit(size, shape, size) };
}

function fragments(count: number): Step {
  const shape = { count: Math.max(1, 16_384 / count), chunkBytes: 16 * KIB, fragmentBytes: 16 };
  const side = () => perUnit(count * 16, shape, count);
  return { name: `${count.toLocaleString("en")} of 16 bytes`, bytes: 16, side };
}

function singleBytes(size: number): Step {
  const shape = { count: Math.max(1, Math.floor((16 * KIB) / size)), chunkBytes: 1 };
  return { name: `${lengthName(size)} in all`, bytes: 1, side: () => perUnit(size, shape, size) };
}

/** Counts units instead of messages; each message has a number of units. */
async function perUnit(size: number, shape: WireShape, units: number): Promise<Side> {
  const message = messageOf("binary", size);
  const receiver = await ourReceiver(
    "client",
    wireTo("client", message, shape),
    false,
    (buffer) => new Uint8Array(buffer),
  );
  return { run: () => (receiver.run() as number) * units };
}

function longHead(size: number): Step {
  const side = (): Side => {
    const line = "X-Filling: ";
    const head = REQUEST.replace(
      "\r\n\r\n",
      `\r\n${line}${"a".repeat(size - REQUEST.length - line.length - 2)}\r\n\r\n`,
    );
    const bytes = new TextEncoder().encode(head);
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += 16) pieces.push(bytes.slice(at, at + 16));
    const run = (): number => {
      const server = new WSConnection("server");
      let requests = 0;
      for (const piece of pieces) {
        server.receiveBytes(piece);
        for (const event of server.events()) if (event.type === "connectionRequested") requests++;
      }
      if (requests !== 1) throw new Error("the request was not understood");
      return size;
    };
    return { run };
  };
  return { name: lengthName(size), bytes: 1, role: "server", side };
}
