/** Who owns which bytes: what a connection may change and view, and what it must not. */
import { describe, expect, test } from "vitest";
import { WSConnection, type Extension, type ExtensionCodec, type WSEvent } from "../../src/index.ts";
import { brandless } from "../support/brandlessBlob.ts";
import { UNFIT, unfitMemory } from "../support/unfitMemory.ts";
import { feed, hex, join, open, pairOf, pull, toHex } from "../support/wire.ts";

describe("sendData", () => {
  const views: [string, (bytes: Uint8Array<ArrayBuffer>) => BufferSource][] = [
    ["Uint8Array", (bytes) => bytes.slice()],
    ["ArrayBuffer", (bytes) => bytes.slice().buffer],
    ["DataView of a part", (bytes) => new DataView(join(hex("ff ff"), bytes, hex("ff")).buffer, 2, bytes.length)],
    ["Uint16Array", (bytes) => new Uint16Array(bytes.slice().buffer)],
    ["Float64Array", (bytes) => new Float64Array(bytes.slice().buffer)],
    ["BigInt64Array", (bytes) => new BigInt64Array(bytes.slice().buffer)],
    ["Uint8ClampedArray", (bytes) => new Uint8ClampedArray(bytes)],
  ];
  for (const length of [16, 4096, 70_000 - (70_000 % 8)]) {
    test.each(views)(`sends the ${length} bytes of a %s, and never changes them`, (_, make) => {
      const bytes = Uint8Array.from({ length }, (_value, i) => i * 3);
      for (const role of ["client", "server"] as const) {
        const data = make(bytes);
        const connection = open(role);
        connection.sendData(data);
        const view = ArrayBuffer.isView(data)
          ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
          : new Uint8Array(data);
        expect(view).toEqual(bytes);
        view.fill(0); // it has been read when sendData returns
        const [event] = received(role === "client" ? "server" : "client", connection.bytesToSend());
        expect(event).toEqual(bytes);
      }
    });
  }
  test.each(unfitMemory)("refuses %s, and sends nothing of it", (_, make) => {
    const client = open("client");
    const data = make();
    for (const handOver of [false, true]) expect(() => client.sendData(data, true, { handOver })).toThrow(UNFIT);
    expect(() => client.sendData(data, false)).toThrow(TypeError);
    expect(() => client.ping(data)).toThrow(UNFIT);
    expect(() => client.pong(data)).toThrow(UNFIT);
    client.sendData(hex("07"));
    expect(received("server", client.bytesToSend())).toEqual([hex("07")]);
  });
  test.each<[string, (buffer: ArrayBuffer) => BufferSource]>([
    ["an ArrayBuffer", (buffer) => buffer],
    ["a Uint8Array", (buffer) => new Uint8Array(buffer)],
    ["a Float64Array", (buffer) => new Float64Array(buffer)],
    ["a DataView", (buffer) => new DataView(buffer)],
  ])("sends %s that was transferred as no bytes", (_, make) => {
    const buffer = new ArrayBuffer(16);
    const data = make(buffer);
    structuredClone(buffer, { transfer: [buffer] });
    const connection = open("server");
    connection.sendData(data);
    connection.ping(data);
    expect(toHex(connection.bytesToSend())).toBe("82 00 89 00");
  });
  test("refuses a Blob, and anything else that is neither text nor bytes", () => {
    const connection = open("server");
    for (const wrong of [new Blob(["x"]), brandless(hex("78")), {}, [1], 1, true, null, undefined]) {
      expect(() => connection.sendData(wrong as never)).toThrow(TypeError);
    }
    expect(connection.bytesToSend().length).toBe(0);
  });
  test("hands over large bytes without a copy, and masks them in place", () => {
    const [server, client] = [open("server"), open("client", { random: (key) => key.fill(1) })];
    const [forServer, forClient] = [new Uint8Array(10_000), new Uint8Array(10_000)];
    server.sendData(forServer, true, { handOver: true });
    client.sendData(forClient, true, { handOver: true });
    expect(server.chunksToSend()[1]?.buffer).toBe(forServer.buffer);
    expect(client.chunksToSend()[1]?.buffer).toBe(forClient.buffer);
    expect(forClient.every((byte) => byte === 1)).toBe(true);
  });
  test("hands over a part of a buffer, and leaves the rest unchanged", () => {
    const buffer = new Uint8Array(10_001).fill(0xaa);
    const client = open("client", { random: (key) => key.set(hex("01 02 03 04")) });
    client.sendData(buffer.subarray(3, 9998), true, { handOver: true });
    expect(received("server", client.bytesToSend())[0]).toEqual(new Uint8Array(9995).fill(0xaa));
    expect([...buffer.subarray(0, 3), ...buffer.subarray(9998)]).toEqual([0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa]);
  });
});

describe("sendData with an extension in use", () => {
  /** A server that has agreed on an extension whose codec does this. */
  function withCodec(codec: Partial<ExtensionCodec>): WSConnection {
    const extension: Extension = {
      name: "x-any",
      offer: () => [[]],
      accept: () => ({ parameters: [], codec: { reservedBits: 0, ...codec } }),
      confirm: () => ({ reservedBits: 0, ...codec }),
    };
    const { server } = pairOf([extension], [extension]);
    expect(server.extensions).toHaveLength(1);
    return server;
  }
  test.each<[name: string, codec: Partial<ExtensionCodec>]>([
    ["does not encode", {}],
    ["leaves messages as they are", { encode: (frame) => frame }],
  ])("that %s: bytes are sent from their memory if they are handed over, and otherwise copied", (_, codec) => {
    const server = withCodec(codec);
    const bytes = new Uint8Array(10_000).fill(7);
    server.sendData(bytes, true, { handOver: true });
    expect(server.chunksToSend()[1]?.buffer).toBe(bytes.buffer);
    server.sendData(bytes);
    server.sendData(bytes, true, { handOver: false });
    bytes.fill(0);
    expect(received("client", join(...server.chunksToSend()))).toEqual(
      [0, 1].map(() => new Uint8Array(10_000).fill(7)),
    );
  });
  test("that encodes into memory that it changes later: it is copied", () => {
    const scratch = new Uint8Array(10_000);
    const server = withCodec({ encode: (frame) => ({ ...frame, payload: scratch.fill(frame.payload[0]!) }) });
    for (const byte of [1, 2]) server.sendData(new Uint8Array(10_000).fill(byte), true, { handOver: true });
    expect(received("client", join(...server.chunksToSend()))).toEqual(
      [1, 2].map((n) => new Uint8Array(10_000).fill(n)),
    );
  });
});

test.each([0, 1])(
  "a long non-ASCII text keeps no memory that was allocated for ASCII, %i message before it",
  (before) => {
    const server = open("server");
    for (let i = 0; i < before; i++) server.sendData("a");
    server.sendData("é".repeat(400_000));
    const chunks = server.chunksToSend();
    expect(chunks.slice(0, -1).map(({ buffer }) => buffer.byteLength < 1000)).not.toContain(false);
    expect(feed(open("client"), join(...chunks)).at(-1)).toMatchObject({
      data: "é".repeat(400_000),
      messageFinished: true,
    });
  },
);

describe("chunksToSend puts small payloads into one chunk, and large ones into separate chunks", () => {
  test.each([
    ["up to 16 KiB", 16 * 1024 - 1, false, 1],
    ["from 16 KiB on", 16 * 1024, false, 3],
    ["that are handed over, up to 8 KiB", 8 * 1024 - 1, true, 1],
    ["that are handed over, from 8 KiB on", 8 * 1024, true, 6],
  ])("%s", (_, length, handOver, count) => {
    const server = open("server");
    for (let i = 0; i < 3; i++) server.sendData(new Uint8Array(length).fill(i), true, { handOver });
    const chunks = server.chunksToSend();
    expect(chunks).toHaveLength(count);
    expect(received("client", join(...chunks))).toEqual([0, 1, 2].map((i) => new Uint8Array(length).fill(i)));
  });
});

describe("bytesToSend", () => {
  test("belongs to the caller: later output is not written into it", () => {
    const server = open("server");
    const taken: Uint8Array[] = [];
    for (let i = 0; i < 300; i++) {
      server.sendData(Uint8Array.of(i));
      taken.push(i % 3 === 0 ? server.bytesToSend(2) : server.bytesToSend());
      // As a transfer to a worker would.
      if (i % 7 === 0) structuredClone(taken.at(-1)!.buffer, { transfer: [taken.pop()!.buffer as ArrayBuffer] });
    }
    const before = taken.map(toHex);
    for (let i = 0; i < 300; i++) server.sendData(new Uint8Array(100).fill(0xee));
    expect(taken.map(toHex)).toEqual(before);
    expect(new Set(taken.filter((bytes) => bytes.length > 0).map((bytes) => bytes.buffer)).size).toBe(
      taken.filter((bytes) => bytes.length > 0).length,
    );
  });
  test.each([100, 220, 250, 1000, 60_000])("belongs to the caller also if it is %i bytes at once", (length) => {
    const server = open("server");
    const taken: Uint8Array[] = [];
    for (let i = 0; i < 5; i++) {
      for (let rest = length; rest > 0; rest -= 50) server.sendData(new Uint8Array(48).fill(i));
      taken.push(server.bytesToSend());
    }
    expect(taken.map((bytes) => new Set(bytes.filter((_, at) => at % 50 > 1)))).toEqual(
      Array.from({ length: 5 }, (_, i) => new Set([i])),
    );
    expect(new Set(taken.map((bytes) => bytes.buffer)).size).toBe(5);
  });
  test("with an amount returns the bytes in order, in linear time", () => {
    const server = open("server");
    const data = Uint8Array.from({ length: 30_000 }, (_, i) => i);
    server.sendData("head");
    server.sendData(data, true, { handOver: true });
    server.sendData("tail");
    const pieces: Uint8Array[] = [];
    for (let amount = 1; server.bufferedAmount > 0; amount = (amount % 5) + 1) pieces.push(server.bytesToSend(amount));
    const messages = received("client", join(...pieces));
    expect(messages).toEqual([data]);
    expect(server.bytesToSend(7)).toHaveLength(0);
    server.sendData("more");
    expect(server.bytesToSend(0)).toHaveLength(0);
    expect(toHex(server.bytesToSend(100))).toBe("81 04 6d 6f 72 65");
  });
  test("retains no more than twice its size", () => {
    const server = open("server");
    for (let i = 0; i < 100; i++) server.sendData(new Uint8Array(600));
    server.bytesToSend();
    for (const length of [1, 50, 200, 600, 5000]) {
      server.sendData(new Uint8Array(length));
      const bytes = server.bytesToSend();
      expect(bytes.buffer.byteLength).toBeLessThanOrEqual(2 * bytes.length);
    }
  });
});

describe("receiveBytes", () => {
  test("takes a chunk over: an event may view it, unmasked in place, and its neighbours stay unchanged", () => {
    const buffer = hex("ee ee 82 84 01 02 03 04 60 60 60 60 ee");
    const server = open("server");
    server.receiveBytes(buffer.subarray(2, 12));
    pull(server);
    expect([...buffer.subarray(0, 2), ...buffer.subarray(12)]).toEqual([0xee, 0xee, 0xee]);
  });
  test("reads shared memory once", () => {
    if (typeof SharedArrayBuffer === "undefined") return;
    const shared = new Uint8Array(new SharedArrayBuffer(200));
    shared.set(hex("81 7e 00 80 61*128"));
    const client = open("client");
    client.receiveBytes(shared.subarray(0, 132));
    const [event] = pull(client);
    expect(event).toMatchObject({ type: "textReceived", data: "a".repeat(128) });
    shared.set(hex("82 7e 00 80 62*128"));
    client.receiveBytes(shared.subarray(0, 132));
    shared.fill(0);
    expectOwn(pull(client)[0], new Uint8Array(128).fill(0x62));
  });
  test("reads resizable memory", () => {
    const buffer: ArrayBuffer = new (ArrayBuffer as new (length: number, options: object) => ArrayBuffer)(132, {
      maxByteLength: 1000,
    });
    new Uint8Array(buffer).set(hex("81 7e 00 80 61*128"));
    const client = open("client");
    client.receiveBytes(new Uint8Array(buffer));
    expect(pull(client)).toMatchObject([{ type: "textReceived", data: "a".repeat(128) }]);
    new Uint8Array(buffer).set(hex("82 7e 00 80 62*128"));
    client.receiveBytes(new Uint8Array(buffer));
    expectOwn(pull(client)[0], new Uint8Array(128).fill(0x62));
  });
  /** Expects bytes in memory that can neither change under them nor shrink. */
  function expectOwn(event: WSEvent | undefined, bytes: Uint8Array): void {
    const data = event?.type === "bytesReceived" ? event.data : undefined;
    expect(data).toEqual(bytes);
    expect([data!.buffer instanceof ArrayBuffer, (data!.buffer as { resizable?: boolean }).resizable]).toEqual([
      true,
      false,
    ]);
  }
  test("ignores an empty chunk", () => {
    const client = open("client");
    client.receiveBytes(new Uint8Array(0));
    expect(pull(client)).toEqual([]);
  });
  test("takes a subclass of Uint8Array, and yields plain ones", () => {
    class Sub extends Uint8Array {}
    const client = open("client");
    client.receiveBytes(new Sub(hex("82 7e 00 80 61*128")));
    const [event] = pull(client);
    expect(event?.type === "bytesReceived" && Object.getPrototypeOf(event.data)).toBe(Uint8Array.prototype);
  });
  test("retains no large chunk once it has been read", () => {
    const client = open("client");
    const events = feed(client, join(hex("82 7e 40 00"), new Uint8Array(16_384)));
    expect(events).toHaveLength(1);
    for (let i = 0; i < 50; i++) {
      const small = feed(client, hex("82 01 07"));
      expect(small[0]?.type === "bytesReceived" && small[0].data.buffer.byteLength).toBeLessThanOrEqual(1024);
    }
  });
});

test("events are plain objects that clone to a worker", () => {
  const client = open("client");
  for (const event of feed(client, hex("81 01 61 82 01 62 89 00 8a 00 88 00"))) {
    expect(structuredClone(event)).toEqual(event);
    expect(Object.getPrototypeOf(event)).toBe(Object.prototype);
  }
});

function received(role: "client" | "server", bytes: Uint8Array): Uint8Array[] {
  const connection = new WSConnection(role, { handshake: "none" });
  return feed(connection, bytes).flatMap((event) => (event.type === "bytesReceived" ? [event.data] : []));
}
