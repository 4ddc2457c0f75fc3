/** The platform's WebSockets as transports, through a ws server: the contract, and what they add. */
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { accept, connect } from "../../src/stream/index.ts";
import {
  webSocketProtocol,
  webSocketTransport,
  type ByteTransport,
  type WebSocketTransportOptions,
} from "../../src/transports/webSocketTransport.ts";
import { hex, toHex } from "../support/wire.ts";
import { checksumOf, contract, ExactReader, pattern, pause, readAll, standstill } from "./contract.ts";
import { sessions } from "./sessions.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
/** What the server takes for a connection that has broken off. */
const BREAK_OFF = 4999;

const relay = inject("webSocketRelay");

function dial(path: string, protocol: string | undefined): WebSocket {
  const socket = new WebSocket(relay + path, protocol ?? []);
  socket.binaryType = "arraybuffer";
  onTestFinished(() => socket.close());
  return socket;
}

const newPath = (): string => `/${crypto.randomUUID()}`;

const isOpen = (socket: WebSocket): Promise<unknown> =>
  new Promise((resolve) => socket.addEventListener("open", resolve, { once: true }));

async function pair(): Promise<[ByteTransport, ByteTransport]> {
  const path = newPath();
  const sockets = [dial(path, webSocketProtocol), dial(path, webSocketProtocol)] as const;
  const [near, far] = sockets.map((socket) => webSocketTransport(socket));
  await Promise.all(sockets.map(isOpen));
  return [near!, far!];
}

const TRAITS = { heldBytes: 2 * MIB, copiesChunks: true, timeoutMs: 60_000 };

contract("a WebSocket", pair, TRAITS);
sessions("a WebSocket", pair, TRAITS);

/** A transport whose other end is a WebSocket in the test's hands. */
async function facing(
  protocol: string | undefined,
  options: WebSocketTransportOptions = {},
): Promise<{
  transport: ByteTransport;
  own: WebSocket;
  peer: WebSocket;
  come: (atLeast: number) => Promise<string[]>;
}> {
  const path = newPath();
  const own = dial(path, protocol);
  const transport = webSocketTransport(own, options);
  const peer = dial(path, protocol);
  const messages: (string | ArrayBuffer)[] = [];
  peer.addEventListener("message", ({ data }: MessageEvent<string | ArrayBuffer>) => messages.push(data));
  await Promise.all([own, peer].map(isOpen));
  const come = async (atLeast: number): Promise<string[]> => {
    await expect.poll(() => messages.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(atLeast);
    await pause(50); // for more than was expected
    return messages.splice(0).map((data) => (typeof data === "string" ? data : toHex(new Uint8Array(data))));
  };
  return { transport, own, peer, come };
}

const closeOf = (socket: WebSocket): Promise<CloseEvent> =>
  new Promise((resolve) => socket.addEventListener("close", resolve));
const nextRead = ({ readable }: ByteTransport): Promise<unknown> => readable.getReader().read();
const write = ({ writable }: ByteTransport, bytes = hex("00")): Promise<void> => writable.getWriter().write(bytes);
const failsWith = (code: string): unknown => expect.objectContaining({ name: "TransportError", code });

const FIRST_GRANT = `grant ${2 * MIB - 65_536}`;

describe("two ends that negotiated flow control", () => {
  test("send bytes in binary messages, and the rest in text ones", async () => {
    const { transport, come } = await facing(webSocketProtocol);
    const writer = transport.writable.getWriter();
    await writer.write(hex("01 02 03"));
    await writer.close();
    await transport.readable.cancel("enough");
    expect(await come(4)).toEqual([FIRST_GRANT, "01 02 03", "end", "stop enough"]);
  });
  test("split what is written at 64 KiB, or at the given size", async () => {
    for (const [options, lengths] of [
      [{}, [64 * KIB, 64 * KIB, 1]],
      [{ maxMessageBytes: 100_000 }, [100_000, 31_073]],
    ] as const) {
      const { transport, peer, come } = await facing(webSocketProtocol, options);
      peer.send(`grant ${MIB}`);
      await write(transport, pattern(0, 128 * KIB + 1));
      expect((await come(1 + lengths.length)).slice(1).map((bytes) => (bytes.length + 1) / 3)).toEqual(lengths);
    }
  });
  test("wait at 64 KiB of cost before the first grant", async () => {
    const { transport, peer } = await facing(webSocketProtocol);
    const writer = transport.writable.getWriter();
    let written = 0;
    const writing = (async () => {
      for (; written < 500; written++) await writer.write(new Uint8Array(744));
    })();
    await standstill(() => written + 1);
    expect(written).toBe(66);
    peer.send("grant 10000");
    await standstill(() => written);
    expect(written).toBe(76);
    peer.send("stop no more");
    await expect(writing).rejects.toMatchObject({
      code: "stopped",
      message: expect.stringContaining("no more") as string,
    });
  });
  test("close the socket with 1000 when both directions have ended", async () => {
    const { transport, peer } = await facing(webSocketProtocol);
    const closing = closeOf(peer);
    await transport.writable.close();
    peer.send("end");
    expect((await readAll(transport)).bytes).toBe(0);
    expect(await closing).toMatchObject({ code: 1000, wasClean: true });
    await transport.closed;
  });
  test.each([1000, 4001, BREAK_OFF])("see a close with code %i and no end message as a loss", async (code) => {
    const { transport, peer } = await facing(webSocketProtocol);
    peer.close(code);
    await expect(nextRead(transport)).rejects.toEqual(failsWith("lost"));
    await expect(write(transport)).rejects.toEqual(failsWith("lost"));
    await transport.closed;
  });
  test.each(["hello", "", "grant", "grant 0", "grant -1", "grant 1e3", "grant 1 ", "ended", "heard"])(
    "accept no other text: %j fails both directions at both ends",
    async (text) => {
      const { transport, peer, come } = await facing(webSocketProtocol);
      peer.send(text);
      await expect(nextRead(transport)).rejects.toEqual(failsWith("badMessage"));
      await expect(write(transport)).rejects.toEqual(failsWith("badMessage"));
      expect((await come(3)).slice(1).map((told) => told.slice(0, 5))).toEqual(["reset", "stop "]);
      await transport.closed;
    },
  );
  test("fail if one sends beyond the other's window, in bytes or in tiny messages", async () => {
    for (const [count, size] of [
      [4, 64 * KIB],
      [1000, 1],
    ] as const) {
      const { transport, peer } = await facing(webSocketProtocol, { windowBytes: 128 * KIB });
      for (let i = 0; i < count; i++) peer.send(new Uint8Array(size));
      await transport.closed;
      await expect(nextRead(transport)).rejects.toEqual(failsWith("overflow"));
    }
  });
});

describe("a plain peer", () => {
  test.each([undefined, "mqtt"])(
    "under the subprotocol %s receives only bytes, and its messages are read",
    async (protocol) => {
      const { transport, peer, come } = await facing(protocol);
      const writer = transport.writable.getWriter();
      await writer.write(hex("01 02"));
      await writer.write(new Uint8Array(0));
      await writer.write(hex("03"));
      peer.send(pattern(0, 3));
      peer.send(new Uint8Array(0));
      peer.send(new Blob([pattern(3, 100_000)]));
      expect(await new ExactReader(transport).read(100_003)).toEqual(pattern(0, 100_003));
      expect(await come(2)).toEqual(["01 02", "03"]);
    },
  );
  test("sees 1000 when the writer has been closed, after everything that was written", async () => {
    const { transport, peer } = await facing(undefined);
    let bytes = 0;
    peer.addEventListener("message", ({ data }: MessageEvent<ArrayBuffer>) => void (bytes += data.byteLength));
    const closing = closeOf(peer);
    const writer = transport.writable.getWriter();
    void writer.write(pattern(0, 24 * MIB));
    await writer.close();
    expect(await closing).toMatchObject({ code: 1000, wasClean: true });
    expect(bytes).toBe(24 * MIB);
    expect((await readAll(transport)).bytes).toBe(0);
    await transport.closed;
  });
  test.each([undefined, 1000])("ends both directions with code %s, after what it has sent", async (code) => {
    const { transport, peer } = await facing(undefined);
    peer.send(pattern(0, 1000));
    peer.close(code);
    expect(await readAll(transport)).toEqual({ bytes: 1000, checksum: checksumOf(pattern(0, 1000)) });
    await expect(write(transport)).rejects.toEqual(failsWith("stopped"));
    await transport.closed;
  });
  test("fails both directions with any other code, and differs from a lost connection", async () => {
    for (const [code, kind, what] of [
      [4001, "reset", "with code 4001: because"],
      [BREAK_OFF, "lost", "with code 1006"],
    ] as const) {
      const { transport, peer } = await facing(undefined);
      peer.close(code, "because");
      await expect(nextRead(transport)).rejects.toMatchObject({
        code: kind,
        message: expect.stringContaining(what) as string,
      });
      await expect(write(transport)).rejects.toMatchObject({ code: kind });
      await transport.closed;
    }
  });
  test("sees 4000 and as much of the reason as fits when the writer is aborted", async () => {
    const { transport, peer } = await facing(undefined);
    const closing = closeOf(peer);
    await transport.writable.abort("😀".repeat(100));
    expect(await closing).toMatchObject({ code: 4000, reason: "😀".repeat(30) });
    await transport.closed;
  });
  test("that sends text fails the transport, and sees 4000", async () => {
    const { transport, peer } = await facing(undefined);
    const closing = closeOf(peer);
    peer.send("grant 1");
    await expect(nextRead(transport)).rejects.toEqual(failsWith("badMessage"));
    expect((await closing).code).toBe(4000);
    await transport.closed;
  });
  test("that sends more than the unread limit fails the transport, unless it is read", async () => {
    const { transport, peer } = await facing(undefined, { maxUnreadBytes: 256 * KIB });
    for (let i = 0; i < 20; i++) peer.send(new Uint8Array(16 * KIB));
    await transport.closed;
    await expect(nextRead(transport)).rejects.toEqual(failsWith("overflow"));

    const read = await facing(undefined, { maxUnreadBytes: 256 * KIB });
    const reading = readAll(read.transport);
    for (let i = 0; i < 60; i++) read.peer.send(new Uint8Array(16 * KIB));
    read.peer.close(1000);
    expect((await reading).bytes).toBe(60 * 16 * KIB);
  });
  test("also carries a WebSocket inside", async () => {
    const path = newPath();
    const [near, far] = [dial(path, undefined), dial(path, undefined)].map((socket) => webSocketTransport(socket));
    const accepting = accept(far!).then((request) => request.accept());
    const [client, server] = await Promise.all([connect(near!), accepting]);
    await client.send("tunnelled");
    expect(await server.receive()).toBe("tunnelled");
    await client.close({ closeCode: 4001 });
    expect(await server.closed).toMatchObject({ closeCode: 4001 });
    await Promise.all([near!.closed, far!.closed]);
  });
});

describe("unsent data", () => {
  test("is limited to 2 MiB and a message, and refilled", async () => {
    const { transport, own, peer } = await facing(undefined);
    let bytes = 0;
    peer.addEventListener("message", ({ data }: MessageEvent<ArrayBuffer>) => void (bytes += data.byteLength));
    const writer = transport.writable.getWriter();
    let most = 0;
    for (let at = 0; at < 48 * MIB; at += 256 * KIB) {
      await writer.write(pattern(at, 256 * KIB));
      most = Math.max(most, own.bufferedAmount);
    }
    await writer.close();
    expect(most).toBeGreaterThan(MIB);
    expect(most).toBeLessThanOrEqual(2 * MIB + 64 * KIB);
    await expect.poll(() => bytes).toBe(48 * MIB);
  });
});

test("a peer that accepts no data does not keep the socket open when the writer is aborted, even during the close", async () => {
  const own = dial(newPath(), undefined); // the server reads nothing before there is another end
  const transport = webSocketTransport(own);
  await isOpen(own);
  const writer = transport.writable.getWriter();
  writer.closed.catch(() => undefined);
  // Until the system accepts no more, which a busy machine notices late.
  for (let before = -1; own.bufferedAmount < 512 * KIB || own.bufferedAmount !== before;) {
    if (own.bufferedAmount < 512 * KIB) await writer.write(new Uint8Array(768 * KIB));
    before = own.bufferedAmount;
    await pause(500);
  }
  const closing = writer.close();
  await pause(50);
  expect(own.readyState).toBe(WebSocket.OPEN);
  writer.abort("enough").catch(() => undefined);
  expect(own.readyState).toBe(WebSocket.CLOSING);
  await expect(closing).rejects.toBe("enough");
});

describe("a socket that never opens", () => {
  test("as when the server refuses, fails both directions", async () => {
    const transport = webSocketTransport(dial("/refused", undefined));
    const writing = write(transport);
    await expect(nextRead(transport)).rejects.toEqual(failsWith("neverOpened"));
    await expect(writing).rejects.toEqual(failsWith("neverOpened"));
    await transport.closed;
  });
  test("is closed at once, even if the server does not answer", async () => {
    const transport = webSocketTransport(dial("/unanswered", undefined));
    const writing = write(transport);
    writing.catch(() => undefined);
    transport.close!();
    await expect(writing).rejects.toEqual(failsWith("closed"));
    expect((await readAll(transport)).bytes).toBe(0);
    await transport.closed;
  });
  test("because it had been closed before", async () => {
    const socket = dial(newPath(), undefined);
    socket.close();
    const transport = webSocketTransport(socket);
    await expect(nextRead(transport)).rejects.toEqual(failsWith("neverOpened"));
    await transport.closed;
  });
});

test("invalid sizes are a RangeError, and the socket is unchanged", () => {
  const socket = dial(newPath(), undefined);
  for (const options of [{ windowBytes: 65_535 }, { maxUnreadBytes: NaN }, { maxMessageBytes: 0 }]) {
    expect(() => webSocketTransport(socket, options)).toThrow(RangeError);
  }
});
