/** RFC 6455 §9: the extension interface, tested with an extension that marks complemented messages with RSV2. */
import { describe, expect, test } from "vitest";
import {
  RemoteProtocolError,
  WSConnection,
  type Extension,
  type ExtensionCodec,
  type ExtensionParameters,
} from "../../src/index.ts";
import { complement } from "../support/complement.ts";
import { binary, more, ping, text } from "../support/events.ts";
import { everyByte, expectClosed, feed, hex, joined, open, pairOf, pull, toHex } from "../support/wire.ts";

describe("§9.1 negotiation", () => {
  test("both ends agree on the first acceptable offer, and report it alike", () => {
    const extension = complement();
    const { client, server } = pairOf([extension], [extension]);
    const agreed = [{ name: "x-complement", parameters: [["level", "9"]] }];
    expect(client.extensions).toEqual(agreed);
    expect(server.extensions).toEqual(agreed);
  });
  test("one extension object serves any number of connections and is never changed", () => {
    const extension = Object.freeze(complement());
    const before = JSON.stringify(extension);
    const pairs = [pairOf([extension], [extension]), pairOf([extension], [extension])];
    pairs[0]!.client.sendData("first");
    pairs[1]!.client.sendData("second");
    expect(feed(pairs[0]!.server, pairs[0]!.client.bytesToSend())).toEqual([text("first")]);
    expect(feed(pairs[1]!.server, pairs[1]!.client.bytesToSend())).toEqual([text("second")]);
    expect(JSON.stringify(extension)).toBe(before);
  });
  test("a second extension that claims a used bit is declined", () => {
    const other: Extension = { ...complement(), name: "x-other" };
    const client = new WSConnection("client", { host: "a", resource: "/", extensions: [complement(), other] });
    const server = new WSConnection("server", { extensions: [other, complement()] });
    server.receiveBytes(client.bytesToSend());
    for (const event of server.events()) {
      if (event.type !== "connectionRequested") continue;
      expect(event.extensions.map(({ name }) => name)).toEqual(["x-complement", "x-complement", "x-other", "x-other"]);
      server.accept(event);
    }
    expect(server.extensions.map(({ name }) => name)).toEqual(["x-complement"]);
  });
  test("an answer that the extension refuses fails the connection", () => {
    const stubborn: Extension = { ...complement(), confirm: () => undefined };
    const client = new WSConnection("client", { host: "a", resource: "/", extensions: [stubborn] });
    const server = new WSConnection("server", { extensions: [complement()] });
    server.receiveBytes(client.bytesToSend());
    for (const event of server.events()) if (event.type === "connectionRequested") server.accept(event);
    expect(expectClosed(feed(client, server.bytesToSend())).error).toMatchObject({ code: "extensionsInvalid" });
  });
});

describe("§9.2 extension data", () => {
  const agreed = { extensions: [complement()] };

  test("the bit and the payload on the wire are the extension's", () => {
    const server = open("server", agreed);
    server.sendData("Hi");
    server.sendData(hex("00 ff"), false);
    server.sendData(hex("0f"));
    server.sendData("plain", true, { compress: false });
    server.ping(hex("01"));
    expect(toHex(server.bytesToSend())).toBe("a1 02 b7 96 22 02 ff 00 80 01 f0 81 05 70 6c 61 69 6e 89 01 01");
  });
  const wire = hex("a1 02 b7 96", "22 02 ff 00 89 01 2a 80 01 f0", "81 05 70 6c 61 69 6e");
  test.each([1, 2, Infinity])("messages are decoded in pieces of %s, with control frames between them", (piece) => {
    for (const cuts of [[], everyByte(wire), [3], [7, 8]]) {
      const client = open("client", { extensions: [complement(piece)] });
      expect(joined(feed(client, wire, cuts))).toEqual(
        joined([text("Hi"), binary(hex("00 ff"), more), ping(hex("2a")), binary(hex("0f")), text("plain")] as never),
      );
    }
  });
  test("an empty message, and one whose first frame is empty, are decoded", () => {
    expect(feed(open("client", agreed), hex("a2 00 22 00 80 01 ff"))).toEqual([
      binary(hex("")),
      binary(hex(""), more),
      binary(hex("00")),
    ]);
  });
  test("decoded text must be UTF-8", () => {
    expect(expectClosed(feed(open("client", agreed), hex("a1 01 00"))).error).toMatchObject({ code: "invalidUtf8" });
    expect(expectClosed(feed(open("client", agreed), hex("a1 01 3c"))).error).toMatchObject({ code: "invalidUtf8" });
  });
  test("a bit without an extension is refused, and so is one where the extension does not allow it", () => {
    for (const bytes of ["c1 00", "91 00", "e1 00"]) {
      expect(expectClosed(feed(open("client", agreed), hex(bytes))).error).toMatchObject({ code: "reservedBits" });
    }
    for (const bytes of ["22 00 a0 00", "a9 00", "a8 00"]) {
      expect(expectClosed(feed(open("client", agreed), hex(bytes))).error).toMatchObject({ code: "extensionFault" });
    }
  });
  test("a small frame that decodes to much is decoded as it is pulled, only up to the limit", () => {
    let made = 0;
    const bomb: Extension = {
      ...complement(),
      confirm: () => ({
        reservedBits: 0,
        *decode() {
          for (let i = 0; i < 1024; i++) {
            made++;
            yield new Uint8Array(1024);
          }
        },
      }),
    };
    const client = open("client", { extensions: [bomb], limits: { maxMessageBytes: 10 * 1024 } });
    client.receiveBytes(hex("82 01 00"));
    const events = client.events();
    events.next();
    expect(made).toBeLessThan(4);
    expect(expectClosed([...events]).error).toMatchObject({ code: "messageTooLarge", closeCode: 1009 });
    expect(made).toBeLessThan(14);
  });
  test("two extensions are undone in the opposite order (§9.1)", () => {
    const rotate = (by: number, name: string, bit: number): Extension => {
      const codec: ExtensionCodec = {
        reservedBits: bit,
        *decode(payload) {
          yield Uint8Array.from(payload, (byte) => (byte * 2 - by) & 255);
        },
        encode: (frame) => frame,
      };
      return { name, offer: () => [[]], accept: () => ({ parameters: [], codec }), confirm: () => codec };
    };
    const client = open("client", { extensions: [rotate(1, "x-a", 4), rotate(3, "x-b", 1)] });
    // b first: 5 * 2 - 3 = 7, then a: 7 * 2 - 1 = 13
    expect(feed(client, hex("82 01 05"))).toEqual([binary(hex("0d"))]);
  });
  test("each piece that one extension decodes goes to the next, with the frame's header; the last piece finishes it", () => {
    const seen: string[] = [];
    const extension = (name: string, codec: ExtensionCodec): Extension => {
      return { name, offer: () => [[]], accept: () => ({ parameters: [], codec }), confirm: () => codec };
    };
    const split = extension("x-split", {
      reservedBits: 1,
      *decode(payload) {
        for (const byte of payload) yield Uint8Array.of(byte);
      },
    });
    const look = extension("x-look", {
      reservedBits: 4,
      decode(payload, { opcode, fin, rsv, frameFinished }) {
        seen.push(`${toHex(payload)}: ${opcode} ${fin} ${rsv} ${frameFinished}`);
        return [payload];
      },
    });
    const client = open("client", { extensions: [look, split] });
    expect(joined(feed(client, hex("d2 03 01 02 03")))).toEqual(joined([binary(hex("01 02 03"))] as never));
    expect(seen).toEqual(["01: 2 true 5 false", "02: 2 true 5 false", "03: 2 true 5 true"]);
  });
  test("an error that a codec reports is in the Close frame, as far as it fits (§5.5)", () => {
    const message = `${"x".repeat(122)}é, and more`;
    const codec: ExtensionCodec = {
      reservedBits: 4,
      receiveFrame() {
        throw new RemoteProtocolError(message, { code: "extensionFault", closeCode: 1002 });
      },
    };
    const wordy = { name: "x-a", offer: () => [[]], accept: () => ({ parameters: [], codec }), confirm: () => codec };
    const server = open("server", { extensions: [wordy], masking: false });
    const [closed] = feed(server, hex("c1 01 61"));
    expect(closed).toMatchObject({ type: "connectionClosed", sent: { code: 1002, reason: "x".repeat(122) } });
    expect(closed).toMatchObject({ error: { message } });
    expect(toHex(server.bytesToSend().subarray(0, 6))).toBe("88 7c 03 ea 78 78");
  });
  test("codecs are released once, when the connection ends", () => {
    const released: string[] = [];
    const client = open("client", { extensions: [complement(Infinity, released)] });
    // With prior knowledge the client has the extension answer itself, in the server's place.
    expect(released).toEqual(["server"]);
    client.receiveBytes(null);
    pull(client);
    pull(client);
    expect(released).toEqual(["server", "client"]);
  });
  test("the payload that an extension encodes is not changed", () => {
    const data = hex("00 01");
    const server = open("server", agreed);
    server.sendData(data);
    expect(toHex(data)).toBe("00 01");
  });
});

test("parameters are passed in order, including repeated names and names of Object.prototype", () => {
  let seen: ExtensionParameters = [];
  const curious: Extension = {
    ...complement(),
    accept: (offer) => {
      seen = offer;
      return undefined;
    },
    offer: () => [[["constructor"], ["__proto__", "1"], ["a", "2"], ["a", "3"]]],
  };
  const client = new WSConnection("client", { host: "a", resource: "/", extensions: [curious] });
  const server = new WSConnection("server", { extensions: [curious] });
  server.receiveBytes(client.bytesToSend());
  for (const event of server.events()) if (event.type === "connectionRequested") server.accept(event);
  expect(seen).toEqual([["constructor"], ["__proto__", "1"], ["a", "2"], ["a", "3"]]);
});
