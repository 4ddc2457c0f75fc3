/** Read memory is reused, but never memory that an application has received. */
import { describe, expect, test } from "vitest";
import { permessageDeflate } from "../../src/deflate/index.ts";
import { WSConnection } from "../../src/index.ts";
import { WebSocketServer } from "../../src/server/index.ts";
import { accept, connect, type ConnectOptions, type WebSocketSession } from "../../src/stream/index.ts";
import { ChunkReader } from "../../src/stream/chunkReader.ts";
import { pipe } from "../../src/transports/pipe.ts";
import { createWebSocketClass } from "../../src/websocket/index.ts";
import { lentMemory } from "../support/lentMemory.ts";
import { Random } from "../support/random.ts";
import { pattern } from "../transports/contract.ts";
import { sessions } from "../transports/sessions.ts";
import { settled } from "../support/wireTransport.ts";

const lentPipe = (): [ReturnType<typeof lentMemory>, ReturnType<typeof lentMemory>] => {
  const [near, far] = pipe();
  return [lentMemory(near), lentMemory(far)];
};

async function pair(options: ConnectOptions = {}): Promise<[client: WebSocketSession, server: WebSocketSession]> {
  const [near, far] = lentPipe();
  const accepting = accept(far, options.extensions === undefined ? {} : { extensions: options.extensions });
  return await Promise.all([connect(near, options), accepting.then((request) => request.accept())]);
}

sessions("a pipe that reads into memory which is lent", () => Promise.resolve(lentPipe()), { heldBytes: 256 * 1024 });

describe("the application keeps what it received", () => {
  test.each([
    ["messages as they are", {}],
    ["with permessage-deflate", { extensions: [permessageDeflate({ threshold: 0 })] }],
  ] as const)("%s: of every size, read now and then, fragmented and whole", async (_, options) => {
    const random = new Random(11);
    const [client, server] = await pair(options);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      const sent: Uint8Array[] = [];
      const got: unknown[] = [];
      const sending = (async () => {
        for (let i = 0; i < 200; i++) {
          const message = pattern(random.below(1000), random.size(150_000));
          sent.push(message.slice());
          if (random.oneIn(3)) {
            const writer = from.createMessageStream("binary").getWriter();
            const cut = random.below(message.length + 1);
            await writer.write(message.subarray(0, cut));
            await writer.write(message.subarray(cut));
            await writer.close();
          } else {
            await from.send(message);
          }
        }
      })();
      for (let i = 0; i < 200; i++) {
        if (random.oneIn(4)) await settled();
        got.push(await to.receive());
      }
      await sending;
      expect(got).toEqual(sent);
    }
  });
  test("a message that arrived before the choice of how to read", async () => {
    const [client, server] = await pair();
    await client.send(pattern(0, 3000));
    await client.send(pattern(1, 3000));
    await settled();
    expect([await server.receive(), await server.receive()]).toEqual([pattern(0, 3000), pattern(1, 3000)]);
  });
  test("messages that arrived, chunk by chunk, before the request was answered", async () => {
    const [near, far] = pipe();
    const accepting = accept(lentMemory(far));
    const writer = near.writable.getWriter();
    void near.readable.pipeTo(new WritableStream());
    const request = new WSConnection("client", { host: "server.test", resource: "/" });
    void writer.write(request.bytesToSend());
    const answering = await accepting;
    const early = new WSConnection("client", { handshake: "none" });
    for (let i = 0; i < 8; i++) {
      early.sendData(pattern(i, 1000));
      await writer.write(early.bytesToSend());
      await settled();
    }
    const server = await answering.accept();
    for (let i = 0; i < 8; i++) expect(await server.receive()).toEqual(pattern(i, 1000));
  });
  test("messages as streams, piece by piece", async () => {
    const [client, server] = await pair();
    const sending = (async () => {
      for (const size of [10, 100_000, 3]) await client.send(pattern(size, size));
      await client.close();
    })();
    const got: Uint8Array[][] = [];
    const reader = server.incomingMessageStreams.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const pieces: Uint8Array[] = [];
      const piecesReader = (next.value.readable as ReadableStream<Uint8Array>).getReader();
      for (let piece = await piecesReader.read(); !piece.done; piece = await piecesReader.read())
        pieces.push(piece.value);
      got.push(pieces);
    }
    await sending;
    const joined = await Promise.all(
      got.map(async (pieces) => new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer())),
    );
    expect(joined).toEqual([10, 100_000, 3].map((size) => pattern(size, size)));
  });
  test("bytes and pings of a ws-style server, and messages of a WebSocket object", async () => {
    const [near, far] = lentPipe();
    const server = new WebSocketServer();
    const seen: Uint8Array[] = [];
    server.on("connection", (peer) => {
      peer.on("ping", (payload) => seen.push(payload));
      peer.on("message", (data) => {
        seen.push(data as Uint8Array);
        peer.send(data);
      });
    });
    void server.serve([far]);
    const Socket = createWebSocketClass(() => near);
    const socket = new Socket("ws://server.test/");
    socket.binaryType = "arraybuffer";
    const back: Uint8Array[] = [];
    const sizes = [5, 100, 4096, 70_000, 1];
    await new Promise<void>((resolve) => {
      socket.onmessage = ({ data }) => {
        back.push(new Uint8Array(data as ArrayBuffer));
        if (back.length === sizes.length) resolve();
      };
      socket.onopen = () => sizes.forEach((size) => socket.send(pattern(size, size)));
    });
    expect(back).toEqual(sizes.map((size) => pattern(size, size)));
    expect(seen.map((bytes) => new Uint8Array(bytes))).toEqual(back);
    socket.close();
  });
  test("the body of a rejection", async () => {
    const [near, far] = lentPipe();
    const refused = connect(near).catch((error: unknown) => error);
    const body = "no, ".repeat(500);
    await (await accept(far)).reject({ status: 403, body });
    expect(await refused).toMatchObject({ rejection: { status: 403 } });
    const { rejection } = (await refused) as { rejection: { body: Uint8Array } };
    expect(new TextDecoder().decode(rejection.body)).toBe(body);
  });
});

describe("ChunkReader", () => {
  async function lengths(chunks: readonly number[]): Promise<number[]> {
    const [near, far] = pipe({ highWaterMark: 0 });
    const lent: number[] = [];
    const reader = new ChunkReader(lentMemory(far, (bytes) => lent.push(bytes)).readable);
    const writer = near.writable.getWriter();
    for (const length of chunks) {
      void writer.write(new Uint8Array(length));
      for (let left = length; left > 0;) left -= (await reader.read(true)).value!.length;
    }
    return lent;
  }
  test("requests more if reads fill it, up to 64 KiB, and less if they do not", async () => {
    const bulk = await lengths([4096, 16_384, 65_536, 65_536]);
    expect(bulk).toEqual([4096, 16_384, 65_536, 65_536]);
    expect(await lengths([4096, 16_384, 65_536, 2047, 1023, 511, 255, 10, 10])).toEqual([
      4096, 16_384, 65_536, 65_536, 32_768, 16_384, 8192, 4096, 4096,
    ]);
    expect(await lengths([4096, 2048, 511, 512, 100])).toEqual([4096, 16_384, 16_384, 8192, 8192]);
  });
  test("reads into memory of two chunks, unless received data must stay", async () => {
    const [near, far] = pipe();
    const reader = new ChunkReader(lentMemory(far).readable);
    const writer = near.writable.getWriter();
    const buffers: ArrayBufferLike[] = [];
    const read = async (reuse: boolean): Promise<Uint8Array> => {
      void writer.write(Uint8Array.of(buffers.length));
      const { value } = await reader.read(reuse);
      buffers.push(value!.buffer);
      return value!;
    };
    const kept = [await read(true), await read(true)];
    await read(false);
    await read(false);
    expect(kept.map((chunk) => chunk[0])).toEqual([0, 1]); // neither detached nor overwritten
    const [, , third] = buffers;
    await read(true);
    expect(third!.byteLength).toBe(0); // detached, because that memory was reused
  });
  test("chunks never fill their buffer, so that none is mistaken for a standalone message", async () => {
    const [near, far] = pipe();
    const reader = new ChunkReader(lentMemory(far).readable);
    void near.writable.getWriter().write(new Uint8Array(4096));
    const { value } = await reader.read(true);
    expect(value!.length).toBe(4096);
    expect(value!.buffer.byteLength).toBeGreaterThan(4096);
  });
  test("ends and fails like the stream", async () => {
    const [near, far] = pipe();
    const reader = new ChunkReader(lentMemory(far).readable);
    const reading = reader.read(true);
    void near.writable.getWriter().close();
    expect(await reading).toEqual({ done: true, value: undefined });
    const given = new ChunkReader(lentMemory(pipe()[0]).readable);
    const waiting = given.read(true);
    await given.cancel("enough");
    expect(await waiting).toMatchObject({ done: true });
  });
});
