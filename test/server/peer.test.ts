/** A peer without Buffer, as in a page. `test/peers/wsPeer.test.ts` tests what it shares with a peer of ws. */
import { describe, expect, test } from "vitest";
import { WebSocketServer, type MessageBytes, type MessageData } from "../../src/server/index.ts";
import { brandless } from "../support/brandlessBlob.ts";
import { UNFIT, unfitMemory } from "../support/unfitMemory.ts";
import { hex, toHex } from "../support/wire.ts";
import { open, type Pair } from "./client.ts";

const hasBuffer = "Buffer" in globalThis;

const message = ({ peer }: Pair): Promise<[MessageData, boolean]> =>
  new Promise((resolve) => peer.once("message", (...args) => resolve(args)));

describe("a message", () => {
  test.skipIf(hasBuffer).each(["wörld 👋", "", "\uFEFFmark"])(
    "of text is bytes whose toString() is the text: %j",
    async (text) => {
      const pair = await open(new WebSocketServer());
      const received = message(pair);
      pair.client.do((connection) => connection.sendData(text));
      const [data, isBinary] = await received;
      expect(isBinary).toBe(false);
      expect(data).toBeInstanceOf(Uint8Array);
      expect(String(data as MessageBytes)).toBe(text);
      expect([...(data as MessageBytes)]).toEqual([...new TextEncoder().encode(text)]);
    },
  );
  test.skipIf(hasBuffer)("of bytes is the same, in the encodings that libraries use", async () => {
    const pair = await open(new WebSocketServer());
    const received = message(pair);
    pair.client.do((connection) => connection.sendData(hex("68 c3 a9 ff")));
    const [data] = (await received) as [MessageBytes, boolean];
    expect([data.toString(), data.toString("utf8"), data.toString("hex"), data.toString("base64")]).toEqual([
      "hé\uFFFD",
      "hé\uFFFD",
      "68c3a9ff",
      "aMOp/w==",
    ]);
    expect(data.subarray(0, 3).toString()).toBe("hé");
    expect(() => data.toString("utf16le" as never)).toThrow(TypeError);
  });
  test("belongs to its listener: later data does not change it", async () => {
    const pair = await open(new WebSocketServer());
    const received: MessageBytes[] = [];
    pair.peer.on("message", (data) => received.push(data as MessageBytes));
    pair.peer.on("ping", (data) => received.push(data));
    pair.client.do((connection) => {
      connection.sendData(hex("01 02 03"));
      connection.ping(hex("04 05"));
      connection.sendData(hex("06"));
    });
    await expect.poll(() => received.map(toHex)).toEqual(["01 02 03", "04 05", "06"]);
    expect(received.every(({ buffer, length }) => buffer.byteLength === length)).toBe(true);
  });
  test.each([
    ["a Close", "88 02 03 e8", 1000],
    ["a frame that fails the connection", "83 00", 1002],
    ["half a frame", "81", undefined],
  ])("in one chunk with %s arrives while the peer is OPEN", async (_, rest, sent) => {
    const { client, peer } = await open(new WebSocketServer({ masking: false }));
    const seen: unknown[] = [];
    peer.on("error", () => seen.push(["error", peer.readyState]));
    peer.on("message", (data) => seen.push([toHex(data as MessageBytes), peer.readyState]));
    const closed = new Promise((resolve) => peer.once("close", () => resolve(peer.readyState)));
    await client.raw(hex("81 01 61 82 01 07", rest));
    if (sent === undefined) client.driver.abort(new Error("gone"));
    expect(await closed).toBe(3);
    expect(seen.slice(0, 2)).toEqual([
      ["61", 1],
      ["07", 1],
    ]);
  });
  test.each(unfitMemory)("is not sent from %s, and neither is a ping, a pong or a reason", async (_, make) => {
    const { client, peer } = await open(new WebSocketServer());
    const data = make();
    for (const call of [
      () => peer.send(data),
      () => peer.send(data, { binary: false }),
      () => peer.send([hex("01"), data]),
      () => peer.ping(data),
      () => peer.pong(data),
      () => peer.close(1000, data),
    ]) {
      expect(call).toThrow(TypeError);
      expect(call).toThrow(UNFIT);
    }
    expect([peer.readyState, peer.bufferedAmount]).toEqual([peer.OPEN, 0]);
    peer.send("goes on");
    expect(await client.message()).toBe("goes on");
  });
  test("can be a Blob", async () => {
    const pair = await open(new WebSocketServer());
    pair.peer.binaryType = "blob";
    const received = message(pair);
    pair.client.do((connection) => connection.sendData(hex("01 02")));
    const [data] = await received;
    expect(toHex(new Uint8Array(await (data as Blob).arrayBuffer()))).toBe("01 02");
  });
});

describe("what is sent", () => {
  test("echoes what it receives, with the same type", async () => {
    const pair = await open(new WebSocketServer());
    pair.peer.on("message", (data, binary) => pair.peer.send(data as MessageBytes, { binary }));
    pair.client.do((connection) => {
      connection.sendData("wörld");
      connection.sendData(hex("ff"));
    });
    expect(await pair.client.message()).toBe("wörld");
    expect(await pair.client.message()).toEqual(hex("ff"));
  });
  test("also echoes fragments", async () => {
    const pair = await open(new WebSocketServer());
    pair.peer.binaryType = "fragments";
    pair.peer.on("message", (data, binary) => pair.peer.send(data, { binary }));
    pair.client.do((connection) => connection.sendData(hex("01 02")));
    expect(await pair.client.message()).toEqual(hex("01 02"));
    pair.peer.send([hex("03"), hex("04 05").buffer, new DataView(hex("06").buffer)]);
    expect(await pair.client.message()).toEqual(hex("03 04 05 06"));
    expect(() => pair.peer.send([1, 2] as never)).toThrow(TypeError);
  });
  test("loses half a character if bytes of text are followed by a string", async () => {
    const { client, peer } = await open(new WebSocketServer());
    peer.send(hex("c3"), { fin: false, binary: false });
    peer.send("text");
    expect(await client.message()).toBe("\uFFFDtext");
  });
  test("may be changed at once, even after a Blob", async () => {
    const { client, peer } = await open(new WebSocketServer());
    const bytes = hex("01");
    peer.send(bytes);
    bytes[0] = 2;
    peer.send(new Blob([hex("aa")]));
    peer.send(bytes);
    peer.ping(bytes);
    bytes[0] = 3;
    expect([await client.message(), await client.message(), await client.message()]).toEqual([
      hex("01"),
      hex("aa"),
      hex("02"),
    ]);
    expect((await client.event("pingReceived")).payload).toEqual(hex("02"));
  });
  test("after a Blob is refused if the connection has gone in the meantime", async () => {
    const { peer } = await open(new WebSocketServer());
    const errors: (Error | undefined)[] = [];
    peer.send(new Blob(["first"]), (error) => errors.push(error));
    peer.send("second", (error) => errors.push(error));
    peer.ping("third", false, (error) => errors.push(error));
    peer.close(1000);
    expect(peer.bufferedAmount).toBeGreaterThanOrEqual(5);
    peer.terminate();
    await expect.poll(() => errors.length).toBe(3);
    expect(errors.map((error) => error?.message)).toEqual(
      Array.from({ length: 3 }, () => expect.stringMatching(/^WebSocket is not open: readyState/) as unknown),
    );
  });
  test("as an unreadable Blob ends the connection, because the message is missing", async () => {
    const { client, peer } = await open(new WebSocketServer());
    const seen: unknown[] = [];
    const blob = Object.assign(new Blob(["lost"]), { arrayBuffer: () => Promise.reject(new Error("unreadable")) });
    peer.on("error", (error) => seen.push(error.message));
    peer.on("close", (code) => seen.push(code));
    peer.send(blob, (error) => seen.push(error?.message));
    peer.send("behind it", (error) => seen.push(error?.message));
    await expect.poll(() => seen.length).toBe(4);
    expect(seen).toEqual(["unreadable", "unreadable", "WebSocket is not open: readyState 2 (CLOSING)", 1006]);
    expect((await client.event("connectionClosed")).code).toBe(1006);
  });
  test("as a Blob without Symbol.toStringTag, such as happy-dom's, is sent as a Blob", async () => {
    const { client, peer } = await open(new WebSocketServer());
    peer.send(brandless(hex("01 02")) as Blob);
    expect(await client.message()).toEqual(hex("01 02"));
    peer.send(brandless(hex("68 69")) as Blob, { binary: false });
    expect(await client.message()).toBe("hi");
  });
  test("is text or bytes: anything else sends nothing", async () => {
    const { client, peer } = await open(new WebSocketServer());
    for (const wrong of [{}, { size: 1, type: "" }, new Response("x"), true, Symbol("x"), [{}]]) {
      expect(() => peer.send(wrong as never)).toThrow(TypeError);
      expect(() => peer.ping(wrong as never)).toThrow(TypeError);
    }
    peer.send("behind it");
    expect(await client.message()).toBe("behind it");
  });
  test("the socket announces when there is room again", async () => {
    const { client, peer } = await open(new WebSocketServer());
    let drains = 0;
    peer._socket.on("drain", () => drains++);
    client.hold();
    peer.send("small");
    for (let i = 0; i < 10; i++) peer.send(new Uint8Array(100_000));
    expect(drains).toBe(0);
    client.release();
    await expect.poll(() => drains).toBe(1);
    expect(peer.bufferedAmount).toBe(0);
  });
});

describe("pause", () => {
  test("in a listener stops the messages after it", async () => {
    const { client, peer } = await open(new WebSocketServer());
    const received: string[] = [];
    peer.on("message", (data) => {
      received.push((data as MessageBytes).toString());
      peer.pause();
    });
    client.do((connection) => ["one", "two", "three"].forEach((text) => connection.sendData(text)));
    await expect.poll(() => received).toEqual(["one"]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(received).toEqual(["one"]);
    peer.resume();
    await expect.poll(() => received).toEqual(["one", "two"]);
    peer.resume();
    peer.resume();
    await expect.poll(() => received).toEqual(["one", "two", "three"]);
  });
  test("also stops pings and the Close", async () => {
    const { client, peer } = await open(new WebSocketServer());
    const seen: unknown[] = [];
    peer.on("ping", () => seen.push("ping"));
    peer.on("close", (code) => seen.push(code));
    peer.pause();
    client.do((connection) => {
      connection.ping();
      connection.close(1000);
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(seen).toEqual([]);
    peer.resume();
    await expect.poll(() => seen).toEqual(["ping", 1000]);
  });
  test("drops the held messages if the connection is terminated", async () => {
    const { client, peer } = await open(new WebSocketServer());
    const seen: unknown[] = [];
    peer.on("message", () => seen.push("message"));
    peer.on("close", (code) => seen.push(code));
    peer.pause();
    client.do((connection) => connection.sendData("held"));
    await new Promise((resolve) => setTimeout(resolve, 20));
    peer.terminate();
    peer.resume();
    await expect.poll(() => seen).toEqual([1006]);
    peer.resume();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(seen).toEqual([1006]);
  });
});

describe("the socket", () => {
  test("reports its end before the connection is closed", async () => {
    const { client, peer, request } = await open(new WebSocketServer());
    expect([peer._socket === request.socket, peer._socket._writableState.finished]).toEqual([true, false]);
    const seen: string[] = [];
    peer._socket.on("finish", () => seen.push("finish"));
    peer.on("close", () => seen.push("close"));
    client.do((connection) => connection.close());
    await expect.poll(() => seen).toEqual(["finish", "close"]);
    expect(peer._socket._writableState.finished).toBe(true);
  });
  test("can be destroyed", async () => {
    const { client, peer } = await open(new WebSocketServer());
    const closed = new Promise((resolve) => peer.on("close", resolve));
    peer._socket.destroy();
    expect(await closed).toBe(1006);
    expect(await client.event("connectionClosed")).toMatchObject({ code: 1006 });
  });
});
