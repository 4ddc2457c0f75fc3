/** Faults below the protocol, in the order of the methods. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { matchers, webSocketServer, type MemoryServer, type ServerSocket } from "../../src/testing/index.ts";
import type { ByteTransport } from "../../src/transports/byteTransport.ts";
import { UNFIT, unfitMemory } from "../support/unfitMemory.ts";
import { hex, join, toHex } from "../support/wire.ts";
import { isPending, settled } from "../support/wireTransport.ts";
import { Client } from "./client.ts";

expect.extend(matchers);

let server: MemoryServer;
let client: Client;
let socket: ServerSocket;
beforeEach(async () => {
  server = webSocketServer();
  client = new Client(new server.WebSocket("ws://chat.example/"));
  socket = await (await server.request()).accept();
  await client.opened;
});
afterEach(() => server.close());

/** The same over a transport whose chunks are recorded. */
async function openRaw(): Promise<{
  socket: ServerSocket;
  chunks: string[];
  transport: ByteTransport;
  end: Promise<unknown>;
}> {
  const transport = await server.dial(new URL("ws://chat.example/"), [], new AbortController().signal);
  const writer = transport.writable.getWriter();
  const lines = ["GET / HTTP/1.1", "Host: chat.example", "Upgrade: websocket", "Connection: Upgrade"];
  lines.push("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Version: 13", "", "");
  await writer.write(new TextEncoder().encode(lines.join("\r\n")));
  const opened = await (await server.request()).accept();
  const reader = transport.readable.getReader();
  await reader.read();
  const chunks: string[] = [];
  const read = async (): Promise<unknown> => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return "the end";
      chunks.push(toHex(value));
    }
  };
  return { socket: opened, chunks, transport, end: read().catch((error: unknown) => error) };
}

test.each(unfitMemory)("nothing is sent from %s", async (_, make) => {
  const data = make();
  for (const call of [
    () => socket.send(data),
    () => socket.ping(data),
    () => socket.pong(data),
    () => socket.raw(data),
    () => socket.frame({ opcode: "binary", payload: data }),
  ]) {
    expect(call).toThrow(UNFIT);
  }
  expect(() => client.socket.send(data)).toThrow(UNFIT);
  await socket.send("goes on");
  await expect.poll(() => client.log).toEqual(["goes on"]);
});

describe("cut", () => {
  test("ends the stream with no Close frame", async () => {
    await socket.send("before");
    await socket.fault.cut();
    expect(await client.closed).toMatchObject({ code: 1006, wasClean: false });
    expect(client.log).toEqual(["before", "close 1006"]);
    expect(await socket.closed).toMatchObject({ code: 1006, wasClean: false });
  });

  test("in mid-frame leaves half of the bytes to be sent", async () => {
    const { socket, chunks, end } = await openRaw();
    socket.fault.stall("outgoing");
    void socket.send("abcdef");
    await socket.fault.cut({ midFrame: true });
    expect(await end).toBe("the end");
    expect(chunks).toEqual(["81 06 61 62"]);
  });

  test("in mid-frame invents a frame if none is queued", async () => {
    const { socket, chunks, end } = await openRaw();
    await socket.fault.cut({ midFrame: true });
    expect(await end).toBe("the end");
    expect(chunks).toEqual(["81 0c 68 61 6c 66 20"]);
  });

  test("takes effect after the given number of bytes", async () => {
    const { socket, chunks, end } = await openRaw();
    const cut = socket.fault.cut({ afterBytes: 5 });
    await socket.send("a");
    expect(await isPending(cut)).toBe(true);
    await socket.send("b");
    await cut;
    expect(await end).toBe("the end");
    expect(chunks).toEqual(["81 01 61", "81 01"]);
  });

  test("takes effect while the connection is stalled", async () => {
    socket.fault.stall();
    await socket.fault.cut();
    expect(await client.closed).toMatchObject({ code: 1006 });
  });

  test("twice has the effect of once, and after the end none", async () => {
    await Promise.all([socket.fault.cut(), socket.fault.cut({ midFrame: true })]);
    await socket.fault.cut();
    await socket.fault.reset();
  });
});

test("reset fails the client's transport", async () => {
  const { socket, end } = await openRaw();
  await socket.fault.reset();
  expect(await end).toBe("the connection was reset");
});

describe("stall", () => {
  test("stops both directions, until resume", async () => {
    socket.fault.stall();
    client.socket.send("up");
    const sent = socket.send("down");
    await settled();
    expect([client.log, socket.received.items]).toEqual([[], []]);
    expect(await isPending(sent)).toBe(true);
    socket.fault.resume();
    await expect(socket).toReceiveText("up");
    await client.messages(1);
    expect(client.log).toEqual(["down"]);
  });

  test("of sent data still receives", async () => {
    socket.fault.stall("outgoing");
    void socket.send("down");
    client.socket.send("up");
    await expect(socket).toReceiveText("up");
    expect(client.log).toEqual([]);
  });

  test("of received data acts as a slow reader: the client's buffer fills", async () => {
    socket.fault.stall("incoming");
    for (let count = 0; count < 8; count++) client.socket.send(new Uint8Array(64 * 1024));
    await settled();
    expect(client.socket.bufferedAmount).toBeGreaterThan(256 * 1024);
    await socket.send("down");
    await client.messages(1);
    socket.fault.resume("incoming");
    for (let count = 0; count < 8; count++) await expect(socket).toReceiveBytes(new Uint8Array(64 * 1024));
    await settled();
    expect(client.socket.bufferedAmount).toBe(0);
  });
});

test("chunk cuts the output into pieces, until it is changed", async () => {
  const { socket, chunks } = await openRaw();
  socket.fault.chunk(1);
  await socket.send("a");
  socket.fault.chunk(2);
  await socket.send("b");
  socket.fault.chunk(Infinity);
  await socket.send("c");
  await settled();
  expect(chunks).toEqual(["81", "01", "61", "81 01", "62", "81 01 63"]);
});

test("delay holds each piece back", async () => {
  socket.fault.delay(30);
  const start = performance.now();
  await socket.send("late");
  await client.messages(1);
  expect(performance.now() - start).toBeGreaterThanOrEqual(29);
  socket.fault.delay(0);
  await socket.send("soon");
  await client.messages(2);
});

describe("corrupt", () => {
  test("sets reserved bits of the next frame, which breaks the protocol", async () => {
    socket.fault.corrupt();
    await socket.send("x");
    await expect(socket).toReceiveClose(1002);
    expect(await client.closed).toMatchObject({ code: 1006 });
  });

  test("flips bits of any byte that is sent next, in pieces of any size, once", async () => {
    const { socket, chunks } = await openRaw();
    socket.fault.chunk(2);
    socket.fault.corrupt({ offset: 3, xor: 0x20 });
    await socket.raw(join(hex("82 03"), hex("41 42 43")));
    await socket.send("d");
    await settled();
    expect(chunks).toEqual(["82 03", "41 62", "43", "81 01", "64"]);
  });

  test("can make text invalid, which is answered with 1007", async () => {
    socket.fault.corrupt({ offset: 2, xor: 0x80 });
    await socket.send("x");
    await expect(socket).toReceiveClose(1007);
  });
});

test("invalid arguments are refused", () => {
  expect(() => socket.fault.chunk(0)).toThrow(RangeError);
  expect(() => socket.fault.delay(-1)).toThrow(RangeError);
  expect(() => socket.fault.delay(Infinity)).toThrow(RangeError);
  expect(() => socket.fault.corrupt({ xor: 0 })).toThrow(RangeError);
  expect(() => socket.fault.corrupt({ offset: -1 })).toThrow(RangeError);
  expect(() => socket.fault.stall("sideways" as "incoming")).toThrow(TypeError);
});

test("a cut after an invalid number of bytes is refused", async () => {
  await expect(socket.fault.cut({ afterBytes: 1.5 })).rejects.toThrow(RangeError);
});
