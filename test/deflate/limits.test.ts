/**
 * How much a peer can make us hold by compressing (RFC 6455 §10.4, RFC 7692 §8), with the ids of known vulnerabilities.
 */
import { describe, expect, test } from "vitest";
import { pakoEngine, permessageDeflate, type DeflateEngine, type DeflateOptions } from "../../src/deflate/index.ts";
import { WSConnection, type Limits } from "../../src/index.ts";
import { frame } from "../support/deflate.ts";
import { binary } from "../support/events.ts";
import { expectClosed, feed, head, hex, join, open, pull, readClose, type Bytes } from "../support/wire.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

/** pako, with a count of what it inflates. */
function counting(): DeflateEngine & { bytes: number; pieces: number; largest: number } {
  const engine = {
    bytes: 0,
    pieces: 0,
    largest: 0,
    createDeflater: pakoEngine.createDeflater.bind(pakoEngine),
    createInflater(options: { windowBits: number }) {
      const inflater = pakoEngine.createInflater(options);
      return {
        *inflate(input: Bytes, last: boolean) {
          for (const piece of inflater.inflate(input, last)) {
            engine.bytes += piece.length;
            engine.pieces++;
            engine.largest = Math.max(engine.largest, piece.length);
            yield piece;
          }
        },
        reset: () => inflater.reset(),
      };
    },
  };
  return engine;
}

/** A message of this many zeros, compressed as far as DEFLATE can: to about a thousandth. */
function bomb(length: number): Bytes {
  const deflater = pakoEngine.createDeflater({ windowBits: 15, level: 9, memLevel: 9 });
  const zeros = new Uint8Array(Math.min(length, MiB));
  const parts: Uint8Array[] = [];
  for (let at = 0; at < length; at += zeros.length) {
    // From the second MiB on all are alike.
    parts.push(parts[2] ?? deflater.deflate(zeros.subarray(0, length - at)).slice());
  }
  return join(...parts).slice(0, -4);
}

function receiver(limits: Partial<Limits>, options: DeflateOptions): WSConnection {
  return open("client", { limits, extensions: [permessageDeflate(options)] });
}

describe("the limit counts inflated bytes, while they are inflated", () => {
  test.each([
    ["unbounded inflate: 10 kB that inflate to 10 MB (undici CVE-2026-1526)", 10 * MiB, MiB],
    ["inflate ignores max_size (websockets CVE-2018-1000518)", 3 * MiB, 2 * MiB],
    ["the limit is tested on the compressed size (autobahn-python GHSA-hxp9-w8x3-p566)", 64 * KiB, 60 * KiB],
    ["the limit is bypassed by compression (websocket-driver CVE-2026-54490)", 256 * KiB, 255 * KiB],
  ])("%s", (_, length, maxMessageBytes) => {
    const engine = counting();
    const connection = receiver({ maxMessageBytes }, { engine });
    const wire = frame("c2", bomb(length));
    expect(wire.length).toBeLessThan(maxMessageBytes / 50);
    const events = feed(connection, wire);
    expect(expectClosed(events).error).toMatchObject({ code: "messageTooLarge", closeCode: 1009 });
    expect(readClose(connection.bytesToSend()).code).toBe(1009);
    const received = events.reduce((sum, event) => sum + (event.type === "bytesReceived" ? event.data.length : 0), 0);
    expect(received).toBeLessThanOrEqual(maxMessageBytes);
    // No more than the piece that goes beyond it, and the one that is looked ahead at.
    expect(engine.bytes).toBeLessThanOrEqual(maxMessageBytes + 2 * 32 * KiB);
    expect(engine.largest).toBeLessThanOrEqual(32 * KiB);
  });

  for (const role of ["client", "server"] as const) {
    test.each([1, 100, 32 * KiB, 100 * KiB])(`${role}: maxMessageBytes of %i: one less, exactly, one more`, (limit) => {
      for (const length of [limit - 1, limit, limit + 1]) {
        const options = { limits: { maxMessageBytes: limit }, extensions: [permessageDeflate()], masking: false };
        const connection = open(role, options);
        const events = feed(connection, frame("c2", bomb(length)));
        const received = events.reduce((sum, each) => sum + (each.type === "bytesReceived" ? each.data.length : 0), 0);
        if (length <= limit) {
          expect([received, connection.state]).toEqual([length, "open"]);
        } else {
          expect(expectClosed(events).error).toMatchObject({ code: "messageTooLarge", closeCode: 1009 });
          expect(received).toBeLessThanOrEqual(limit);
        }
      }
    });
  }

  test("1 kB that inflates to exactly the limit is delivered, and one byte more is refused (undici CVE-2026-1526)", () => {
    const limits = { maxMessageBytes: MiB };
    const [allowed, refused] = [MiB, MiB + 1].map((length) => feed(receiver(limits, {}), frame("c2", bomb(length))));
    const received = allowed!.reduce((sum, event) => sum + (event.type === "bytesReceived" ? event.data.length : 0), 0);
    expect(received).toBe(MiB);
    expect(allowed!.at(-1)).toMatchObject({ messageFinished: true });
    expect(expectClosed(refused!).error).toMatchObject({ code: "messageTooLarge" });
  });

  test("a frame of 1 MiB that inflates to 1 GiB is inflated only up to the limit", () => {
    const engine = counting();
    const connection = receiver({ maxMessageBytes: 4 * MiB }, { engine });
    const wire = frame("c2", bomb(KiB * MiB));
    expect(wire.length).toBeLessThan(1.1 * MiB);
    connection.receiveBytes(wire);
    let received = 0;
    let last: string | undefined;
    for (const event of connection.events()) {
      last = event.type;
      if (event.type !== "bytesReceived") continue;
      received += event.data.length;
      // What has been inflated is what has been delivered, and the piece that comes next.
      expect(engine.bytes - received).toBeLessThanOrEqual(32 * KiB);
    }
    expect(last).toBe("connectionClosed");
    expect(received).toBe(4 * MiB);
    expect(engine.bytes).toBeLessThanOrEqual(4 * MiB + 2 * 32 * KiB);
  });

  test("a message in fragments counts as a whole", () => {
    const connection = receiver({ maxMessageBytes: 100 * KiB }, {});
    const part = join(bomb(30 * KiB), hex("00 00 ff ff"));
    const wire = join(frame("42", part), frame("00", part), frame("00", part), frame("00", part), frame("80", part));
    expect(expectClosed(feed(connection, wire)).error).toMatchObject({ code: "messageTooLarge" });
  });

  test("messages count separately", () => {
    const connection = receiver({ maxMessageBytes: 32 * KiB }, {});
    for (let i = 0; i < 5; i++) {
      expect(feed(connection, frame("c2", bomb(32 * KiB)))).toEqual([binary(new Uint8Array(32 * KiB))]);
    }
  });

  test("nothing is inflated before it is pulled", () => {
    const engine = counting();
    const connection = receiver({}, { engine });
    connection.receiveBytes(frame("c2", bomb(MiB)));
    expect(engine.pieces).toBe(0);
    connection.events().next();
    expect(engine.pieces).toBeLessThanOrEqual(2);
  });
});

describe("invalid window bits are refused in the handshake, not by an exception later (undici CVE-2026-2229)", () => {
  const answer = (parameter: string): string[] => [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    `Sec-WebSocket-Extensions: permessage-deflate; ${parameter}`,
  ];
  const connect = (): WSConnection =>
    new WSConnection("client", {
      host: "a",
      resource: "/",
      extensions: [permessageDeflate()],
      // The key of the example in RFC 6455 §1.3.
      random: (bytes) => bytes.set(new TextEncoder().encode("the sample nonce").subarray(0, bytes.length)),
    });
  const names = ["server_max_window_bits", "client_max_window_bits"];

  test.each(names.flatMap((name) => ["0", "7", "16", "abc", '""', "1000000000000"].map((bits) => `${name}=${bits}`)))(
    "%s",
    (parameter) => {
      const client = connect();
      const { error } = expectClosed(feed(client, head(...answer(parameter))));
      expect(error).toMatchObject({ name: "RemoteProtocolError", code: "extensionsInvalid" });
      const server = new WSConnection("server", { extensions: [permessageDeflate()] });
      const request = new TextDecoder().decode(connect().bytesToSend());
      server.receiveBytes(new TextEncoder().encode(request.replace("client_max_window_bits", parameter)));
      for (const event of pull(server)) if (event.type === "connectionRequested") server.accept(event);
      expect(server.extensions).toEqual([]);
    },
  );
  test.each(names.flatMap((name) => [8, 9, 15].map((bits) => `${name}=${bits}`)))("%s is in range", (parameter) => {
    const client = connect();
    expect(feed(client, head(...answer(parameter))).map(({ type }) => type)).toEqual(["connectionEstablished"]);
    // f2 48 … is "Hello" in a compressed message.
    expect(feed(client, hex("c1 07 f2 48 cd c9 c9 07 00"))).toMatchObject([{ data: "Hello" }]);
    client.bytesToSend();
    client.sendData("Hello");
    expect(client.bytesToSend()[0]).toBe(0xc1);
  });
});

describe("names of Object.prototype are no parameters (ws GHSA-5v72-xg48-5rpm)", () => {
  test.each(["constructor", "__proto__", "toString", "hasOwnProperty"])("%s", (name) => {
    const headers = [[name], [name, "1"], [name, "10"]] as const;
    for (const parameter of headers) {
      expect(permessageDeflate().accept([parameter])).toBeUndefined();
      expect(permessageDeflate().confirm([parameter])).toBeUndefined();
    }
  });
});
