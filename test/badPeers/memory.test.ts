/** How much a peer can make us hold, measured in Node: heap and buffers together, after garbage collection. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { WSConnection, type ConnectionOptions, type ConnectionType } from "../../src/index.ts";
import { tap, tapTransport, type Trace } from "../../src/inspect/index.ts";
import { accept, connect, type WebSocketSession } from "../../src/stream/index.ts";
import { pipe } from "../../src/transports/pipe.ts";
import { ascii, hex, join, open, pull, type Bytes } from "../support/wire.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

async function bytesInUse(): Promise<number> {
  // What is to be finalised takes a turn, and what one collection leaves to be swept the next one waits for.
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** The memory that each of this many things takes. */
async function bytesEach(count: number, make: () => unknown): Promise<number> {
  for (let i = 0; i < 20; i++) make(); // so that the code is there
  const before = await bytesInUse();
  const things = Array.from({ length: count }, make);
  const each = ((await bytesInUse()) - before) / count;
  expect(things).toHaveLength(count);
  return each;
}

const roles = ["client", "server"] as const;

/** Frames as they come to an end: masked, with a key of zeros, if that is a server. */
function incoming(role: ConnectionType, first: number, payload: Bytes): Bytes {
  const mask = role === "server" ? 0x80 : 0;
  return join(Uint8Array.of(first, mask | payload.length), new Uint8Array(mask === 0 ? 0 : 4), payload);
}

describe.each(roles)("idle connections retain none of the network's memory (ws 8.22): %s", (role) => {
  /** At the end of a buffer of 64 KiB, as a socket brings it. */
  const atTheEnd = (bytes: Bytes): Bytes => {
    const buffer = new Uint8Array(64 * KiB);
    buffer.set(bytes, buffer.length - bytes.length);
    return buffer.subarray(buffer.length - bytes.length);
  };
  const cases: [string, Bytes[], ConnectionOptions][] = [
    ["after a message", [incoming(role, 0x81, hex("61 62 63"))], {}],
    ["after a ping, whose pong was sent", [incoming(role, 0x89, new Uint8Array(125))], {}],
    ["after a pong", [incoming(role, 0x8a, new Uint8Array(125))], {}],
    ["in a header", [incoming(role, 0x81, hex("61")), incoming(role, 0x82, hex("00*100")).slice(0, 1)], {}],
    ["in the key, or the length", [incoming(role, 0x82, hex("00*100")).slice(0, 2)], {}],
    ["in a ping", [incoming(role, 0x89, new Uint8Array(125)).slice(0, 60)], {}],
    ["in a message in fragments", [incoming(role, 0x01, hex("61")), incoming(role, 0x00, hex("ce"))], {}],
    ["in a frame", [incoming(role, 0x82, hex("00*100")).slice(0, 50)], {}],
    ["in a character", [incoming(role, 0x01, hex("61*50 e2 82"))], {}],
    ["after a text of many bytes", [incoming(role, 0x81, hex("61*125"))], {}],
  ];
  test.each(cases)("%s", async (_, chunks, options) => {
    const each = await bytesEach(1000, () => {
      const connection = open(role, options);
      for (const chunk of chunks) {
        connection.receiveBytes(atTheEnd(chunk));
        for (const event of connection.events()) expect(event.type).not.toBe("connectionClosed");
        connection.bytesToSend();
      }
      return connection;
    });
    expect(each).toBeLessThan(6 * KiB);
  });
  test("that has never sent or received anything", async () => {
    expect(await bytesEach(500, () => open(role))).toBeLessThan(6 * KiB);
    const opening = (): WSConnection =>
      role === "client" ? new WSConnection(role, { host: "a", resource: "/" }) : new WSConnection(role);
    expect(await bytesEach(500, opening)).toBeLessThan(8 * KiB);
  });
});

describe.each(roles)("floods of fragments cost no more than their content (ws CVE-2026-48779): %s", (role) => {
  test.each([
    ["of a byte", hex("61")],
    ["of nothing", hex()],
  ])("pulled as they arrive, %s: nothing is kept", async (_, payload) => {
    const connection = open(role, { limits: { maxFragments: Infinity } });
    const flood = join(...Array.from({ length: 1000 }, () => incoming(role, 0x00, payload)));
    connection.receiveBytes(incoming(role, 0x02, payload));
    pull(connection);
    const before = await bytesInUse();
    const types = new Set<string>();
    for (let i = 0; i < 300; i++) {
      connection.receiveBytes(flood.slice());
      for (const event of connection.events()) types.add(event.type);
    }
    expect([...types]).toEqual(["bytesReceived"]);
    expect((await bytesInUse()) - before).toBeLessThan(MiB);
    expect(connection.state).toBe("open");
  });

  test("not pulled, in chunks of a byte: about as much as the bytes", async () => {
    const connection = open(role);
    const before = await bytesInUse();
    const frame = incoming(role, 0x00, hex("61"));
    for (let i = 0; i < 100_000; i++) {
      for (const byte of frame) connection.receiveBytes(Uint8Array.of(byte));
    }
    expect(connection.unreadAmount).toBe(100_000 * frame.length);
    expect((await bytesInUse()) - before).toBeLessThan(4 * connection.unreadAmount + MiB);
  });
});

describe("what a session holds of an unfinished message", () => {
  async function sessions(limits: object): Promise<{ far: WebSocketSession; raw: (bytes: Bytes) => Promise<void> }> {
    const [near, other] = pipe();
    const opening = accept(other, { handshake: "none", limits, masking: false }).then((request) => request.accept());
    const writer = near.writable.getWriter();
    const far = await opening;
    return { far, raw: (bytes) => writer.write(bytes) };
  }
  test.each([
    ["bytes", 0x02],
    ["text", 0x01],
  ])("300,000 fragments of a byte, of %s", async (_, first) => {
    const { far, raw } = await sessions({ maxFragments: Infinity });
    const received = far.receive();
    await raw(incoming("client", first, hex("61")));
    const before = await bytesInUse();
    const flood = join(...Array.from({ length: 3000 }, () => incoming("client", 0x00, hex("61"))));
    for (let i = 0; i < 100; i++) await raw(flood);
    await raw(incoming("client", 0x89, hex()));
    // Twice the growing bytes, plus the bytes in transit.
    expect((await bytesInUse()) - before).toBeLessThan(3 * MiB);
    await raw(incoming("client", 0x80, hex("62")));
    expect(await received).toHaveLength(300_002);
    await far.close({ signal: AbortSignal.abort() }).catch(() => undefined);
  });

  test("small messages from large chunks retain none of them", async () => {
    const { far, raw } = await sessions({});
    const small: unknown[] = [];
    await bytesInUse();
    const before = await bytesInUse();
    for (let i = 0; i < 50; i++) {
      await raw(join(incoming("client", 0x82, hex("61*100")), ...fillers));
      small.push(await far.receive());
    }
    expect(small).toHaveLength(50);
    expect((await bytesInUse()) - before).toBeLessThan(MiB);
    await far.close({ signal: AbortSignal.abort() }).catch(() => undefined);
  });
  const fillers = Array.from({ length: 500 }, () => incoming("client", 0x8a, new Uint8Array(125)));
});

test("unread messages pause the sender: of 64 MiB no more than the window is here", async () => {
  const [near, other] = pipe();
  const [client, server] = await Promise.all([
    connect(near, { handshake: "none" }),
    accept(other, { handshake: "none" }).then((request) => request.accept()),
  ]);
  const before = await bytesInUse();
  let sent = 0;
  const sending = (async () => {
    for (; sent < 1024; sent++) await client.send(new Uint8Array(64 * KiB));
  })();
  sending.catch(() => undefined);
  for (let last = -1; last !== sent; await new Promise((resolve) => setTimeout(resolve, 100))) last = sent;
  // 256 KiB unsent, 64 KiB in the pipe, 64 KiB untaken, and a chunk at each.
  expect(sent).toBeLessThan(24);
  expect((await bytesInUse()) - before).toBeLessThan(3 * MiB);
  let received = 0;
  for (; received < 1024; received++) expect(await server.receive()).toHaveLength(64 * KiB);
  await sending;
  await client.close();
});

describe("a trace releases dropped records (20,000 records, maxRecords 10)", () => {
  const count = 20_000;
  const frames = join(...Array.from({ length: count }, () => hex("82 00")));
  const options = { maxRecords: 10 };

  async function bytesHeld(fill: () => Promise<Trace> | Trace): Promise<number> {
    await fill();
    const before = await bytesInUse();
    const trace = await fill();
    const held = (await bytesInUse()) - before;
    expect(trace.records.length).toBeLessThanOrEqual(10);
    expect(trace.dropped.records).toBeGreaterThan(count - 20);
    return held;
  }

  test.each<[string, () => Promise<Trace> | Trace]>([
    [
      "interim answers",
      () => {
        const client = new WSConnection("client", { host: "a", resource: "/" });
        const trace = tap(client, options);
        client.bytesToSend();
        for (let i = 0; i < count; i++) {
          client.receiveBytes(ascii("HTTP/1.1 100 Continue\r\n\r\n"));
          pull(client);
        }
        return trace;
      },
    ],
    [
      "frames over a transport",
      async () => {
        const [near, far] = pipe();
        const { transport, trace } = tapTransport(near, "client", options);
        const writer = far.writable.getWriter();
        const reader = transport.readable.getReader();
        for (const chunk of [ascii("HTTP/1.1 101 Ok\r\n\r\n"), frames.slice()]) {
          const written = writer.write(chunk);
          for (let read = 0; read < chunk.length;) read += (await reader.read()).value!.length;
          await written;
        }
        return trace;
      },
    ],
    [
      "frames behind a Close",
      () => {
        const server = open("server", { masking: false });
        const trace = tap(server, { ...options, masking: false });
        server.receiveBytes(hex("88 00"));
        pull(server);
        server.receiveBytes(frames.slice());
        pull(server);
        return trace;
      },
    ],
  ])("%s", async (_, fill) => {
    expect(await bytesHeld(fill)).toBeLessThan(256 * KiB);
  });
});
