/**
 * Known vulnerabilities of other implementations, by cause and id, tried on both ends. The list at the end names those
 * that other test files cover.
 */
import { readFileSync } from "node:fs";
import { join as joinPath } from "node:path";
import { describe, expect, test } from "vitest";
import { permessageDeflate } from "../../src/deflate/index.ts";
import {
  offerHeaders,
  WSConnection,
  type ClientOptions,
  type ConnectionOptions,
  type ConnectionType,
  type ProtocolErrorCode,
} from "../../src/index.ts";
import { connect } from "../../src/stream/index.ts";
import { pipe } from "../../src/transports/pipe.ts";
import { framesIn } from "../support/deflate.ts";
import { ACCEPT, asked, client as exampleClient, request, response } from "../handshake/heads.ts";
import { expectLinear } from "../support/linear.ts";
import { ascii, everyByte, expectClosed, feed, hex, join, open, readClose, type Bytes } from "../support/wire.ts";

const roles = ["client", "server"] as const;

/** Frames that this end may be sent: masked, with a key of zeros, if it is a server. */
function toRole(role: ConnectionType, first: number, payload: Uint8Array): Bytes {
  const { length } = payload;
  const mask = role === "server" ? 0x80 : 0;
  const header = length < 126 ? [first, mask | length] : [first, mask | 126, length >> 8, length & 255];
  return join(Uint8Array.from(header), new Uint8Array(mask === 0 ? 0 : 4), payload);
}

/** The header of a frame that claims a length of 64 bits. */
function claims(role: ConnectionType, length: bigint): Bytes {
  const header = new Uint8Array(role === "server" ? 14 : 10);
  header.set([0x82, role === "server" ? 0xff : 0x7f]);
  new DataView(header.buffer).setBigUint64(2, length);
  return header;
}

/** Heads may be of any size here. */
const unlimited = { maxHeadBytes: Infinity, maxHeadLines: Infinity };

/** What each end makes of a header line that the other end sends. */
const told = {
  server: (...lines: string[]): WSConnection => {
    const server = new WSConnection("server", { limits: unlimited, extensions: [permessageDeflate()] });
    for (const event of feedEvents(server, request(...lines))) {
      if (event.type === "connectionRequested") server.accept(event);
    }
    return server;
  },
  client: (...lines: string[]): WSConnection => {
    const client = exampleClient({ limits: unlimited, extensions: [permessageDeflate()], subprotocols: ["a"] });
    for (const event of feedEvents(client, response(...lines))) {
      if (event.type === "connectionClosed") expect(event.error).toMatchObject({ name: "RemoteProtocolError" });
    }
    return client;
  },
};

const feedEvents = (connection: WSConnection, bytes: Uint8Array): ReturnType<typeof feed> => feed(connection, bytes);

describe.each(roles)("%s", (role) => {
  const openDefault = (options: ConnectionOptions = {}): WSConnection => open(role, options);

  test("an auto-pong backlog while the peer does not read: 1e5 pings (ws 8.23.0)", () => {
    const connection = openDefault();
    const pings = join(...Array.from({ length: 1000 }, () => toRole(role, 0x89, new Uint8Array(125))));
    let most = 0;
    for (let i = 0; i < 100; i++) {
      feed(connection, pings);
      most = Math.max(most, connection.bufferedAmount);
    }
    expect(connection.state).toBe("open");
    expect(most).toBeLessThanOrEqual(1025 * 131);
    expect(connection.bytesToSend().length).toBe(most);
  });

  test("a flood of empty fragments (ws CVE-2026-62389, actix-web #651, rsocket #895)", () => {
    const connection = openDefault();
    const flood = join(...Array.from({ length: 10_000 }, () => toRole(role, 0x00, new Uint8Array(0))));
    feed(connection, toRole(role, 0x02, new Uint8Array(0)));
    let events = feed(connection, flood);
    for (let i = 0; i < 10 && !connection.closed; i++) events = feed(connection, flood);
    expect(expectClosed(events).error).toMatchObject({ code: "tooManyFragments", closeCode: 1009 });
  });

  test("payloads of every view type are sent exactly as viewed (ws CVE-2026-45736)", () => {
    const bytes = Uint8Array.from({ length: 24 }, (_, i) => i * 7 + 1);
    const memory = join(hex("aa*8"), bytes, hex("aa*8"));
    const types = [
      Int8Array,
      Uint8Array,
      Uint8ClampedArray,
      Int16Array,
      Uint16Array,
      Int32Array,
      Uint32Array,
      Float32Array,
      Float64Array,
      BigInt64Array,
      BigUint64Array,
    ];
    const views: ArrayBufferView[] = types.map((type) => new type(memory.buffer, 8, 24 / type.BYTES_PER_ELEMENT));
    const whole = bytes.slice().buffer;
    for (const view of [...views, new DataView(memory.buffer, 8, 24), whole] as BufferSource[]) {
      const connection = openDefault();
      connection.sendData(view);
      connection.ping(view);
      connection.pong(view);
      for (const { payload } of framesIn(connection.bytesToSend())) expect(payload).toEqual(bytes);
      expect(() => connection.close(1000, view as never)).toThrow(TypeError);
      expect(connection.bytesToSend()).toHaveLength(0);
    }
  });

  test("a number as payload discloses no memory (ws NSP-120, ≤ 1.0.1)", () => {
    const connection = openDefault();
    for (const value of [100, 0, NaN, 1n, true, null, {}, [1, 2], { length: 100 }]) {
      expect(() => connection.sendData(value as never)).toThrow(TypeError);
      expect(() => connection.ping(value as never)).toThrow(TypeError);
      expect(() => connection.pong(value as never)).toThrow(TypeError);
      expect(() => connection.close(1000, value as never)).toThrow(TypeError);
    }
    expect(connection.bytesToSend()).toHaveLength(0);
  });

  test.each([
    ["2^31 - 1", 2n ** 31n - 1n, "frameTooLarge"],
    ["2^31", 2n ** 31n, "frameTooLarge"],
    ["2^32 - 1", 2n ** 32n - 1n, "frameTooLarge"],
    ["2^32", 2n ** 32n, "frameTooLarge"],
    ["2^32 + 1", 2n ** 32n + 1n, "frameTooLarge"],
    ["2^53 - 1", 2n ** 53n - 1n, "frameTooLarge"],
    ["2^53", 2n ** 53n, "lengthTooLarge"],
    ["2^53 + 1", 2n ** 53n + 1n, "lengthTooLarge"],
    ["2^63 - 1", 2n ** 63n - 1n, "lengthTooLarge"],
    ["2^63", 2n ** 63n, "lengthTooLarge"],
    ["2^63 + 1", 2n ** 63n + 1n, "lengthTooLarge"],
    ["2^64 - 1", 2n ** 64n - 1n, "lengthTooLarge"],
    ["2^64 - 2^31", 2n ** 64n - 2n ** 31n, "lengthTooLarge"],
  ] as [string, bigint, ProtocolErrorCode][])(
    "a length of %s (undici CVE-2026-1528, gorilla CVE-2020-27813, websocket-driver CVE-2026-54466, ws NSP-120)",
    (_, length, code) => {
      for (const cuts of [[], everyByte(claims(role, length))]) {
        const connection = openDefault();
        const { error } = expectClosed(feed(connection, claims(role, length), cuts));
        expect(error).toMatchObject({ code, closeCode: length >= 2n ** 63n ? 1002 : 1009 });
        expect(readClose(connection.bytesToSend()).code).toBe(error!.closeCode);
        if (code !== "frameTooLarge") continue;
        // Without limits it is an ordinary frame, and no memory is allocated in advance.
        const trusting = openDefault({ limits: { maxFrameBytes: Infinity, maxMessageBytes: Infinity } });
        expect(feed(trusting, join(claims(role, length), hex("01")), cuts)).toMatchObject([{ messageFinished: false }]);
      }
    },
  );

  test("every length from 0 to 300 and around 64 KiB is read as it is written", () => {
    const lengths = [...Array.from({ length: 300 }, (_, i) => i), 65_535, 65_536, 65_537];
    for (const length of lengths) {
      const sender = open(role === "client" ? "server" : "client");
      sender.sendData(new Uint8Array(length).fill(length));
      const events = feed(openDefault(), sender.bytesToSend());
      expect(events).toEqual([{ ...events[0], data: new Uint8Array(length).fill(length), messageFinished: true }]);
    }
  });

  test("10 kB that inflate to 10 MB are inflated only up to the limit (undici CVE-2026-1526, websocket-driver CVE-2026-54490)", () => {
    const extensions = [permessageDeflate()].map((extension) => ({
      name: extension.name,
      parameters: [],
      codec: extension.confirm([])!,
    }));
    const sender = open(role === "client" ? "server" : "client", { extensions });
    sender.sendData(new Uint8Array(10 * 1024 * 1024));
    const bomb = sender.bytesToSend();
    expect(bomb.length).toBeLessThan(11_000);
    const codec = permessageDeflate().confirm([])!;
    const agreed = [{ name: "permessage-deflate", parameters: [], codec }];
    const connection = openDefault({ extensions: agreed, limits: { maxMessageBytes: 1_000_000 } });
    const events = feed(connection, bomb);
    expect(expectClosed(events).error).toMatchObject({ code: "messageTooLarge", closeCode: 1009 });
    const delivered = events.reduce((sum, event) => sum + (event.type === "bytesReceived" ? event.data.length : 0), 0);
    expect(delivered).toBeLessThanOrEqual(1_000_000);
  });

  test.each([
    ["a reserved bit", [0xc1], [], 1002],
    ["a reserved opcode", [0x83], [], 1002],
    ["a control frame in fragments", [0x09], [], 1002],
    ["a continuation of nothing", [0x80], [], 1002],
    ["a message amid another", [0x01, 0x81], [], 1002],
    ["text that is not UTF-8", [0x81], [0xff], 1007],
    ["a close body of a byte", [0x88], [3], 1002],
    ["an invalid close code", [0x88], [3, 0xed], 1002],
    ["a close reason that is not UTF-8", [0x88], [3, 0xe8, 0xff], 1007],
    ["a frame that is too large", [0x82], Array<number>(101).fill(0), 1009],
  ])(
    "the bytes that answer %s: the code, then the reason (undici CVE-2026-12151, #5050)",
    (_, firsts, payload, code) => {
      const connection = openDefault({ limits: { maxFrameBytes: 100 }, random: (key) => key.fill(0) });
      const frames = firsts.map((first) => toRole(role, first, Uint8Array.from(payload)));
      const { error } = expectClosed(feed(connection, join(...frames)));
      const reason = ascii(error!.message);
      const masked = role === "client" ? hex("00*4") : hex();
      const length = (2 + reason.length) | (masked.length === 0 ? 0 : 0x80);
      const expected = join(Uint8Array.of(0x88, length), masked, Uint8Array.of(code >> 8, code & 255), reason);
      expect(connection.bytesToSend()).toEqual(expected);
    },
  );

  test("a server, or a client, that sends endless fragments (undici CVE-2026-12151)", () => {
    const connection = openDefault();
    const flood = join(...Array.from({ length: 1000 }, () => toRole(role, 0x00, hex("61"))));
    let events = feed(connection, toRole(role, 0x01, hex("61")));
    for (let i = 0; i < 100 && !connection.closed; i++) events = feed(connection, flood);
    expect(expectClosed(events).error).toMatchObject({ code: "tooManyFragments" });
  });

  test("names of Object.prototype, as extensions and as parameters (ws GHSA-5v72-xg48-5rpm)", () => {
    for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf"]) {
      for (const header of [name, `${name}; ${name}`, `permessage-deflate; ${name}`, `permessage-deflate; ${name}=1`]) {
        const connection = told[role](`+Sec-WebSocket-Extensions: ${header}`, `+${name}: 1`);
        expect(connection.extensions).toEqual([]);
        // What was offered to a server is declined; an answer that nobody asked for fails a client.
        expect(connection.closed).toBe(role === "client");
      }
    }
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test("32 KB of spaces in every list, in linear time (ws, faye CVE-2021-32640)", () => {
    for (const name of ["Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "X-Other"]) {
      const values: ((spaces: string) => string)[] = [
        (spaces) => `a${spaces}b`,
        (spaces) => `a,${spaces},b`,
        (spaces) => `${spaces}a`,
        (spaces) => `a${spaces}`,
        (spaces) => `a;${spaces}b${spaces}=1`,
      ];
      for (const value of values) {
        expectLinear((length) => {
          const header = `+${name}: ${value(" ".repeat(length))}`;
          return () => told[role](header);
        }, 2 * 1024);
      }
    }
  });

  test("an unclosed quoted string of 64 KB, in linear time (websocket-extensions CVE-2020-7662)", () => {
    expectLinear((length) => {
      const header = `+Sec-WebSocket-Extensions: a; b="${"\\c".repeat(length / 2)}`;
      return () => expect(told[role](header).closed).toBe(true);
    }, 4 * 1024);
  });

  test("2,000 headers before the required ones: a typed refusal (ws CVE-2024-37890)", () => {
    const headers = Array.from({ length: 2000 }, (_, i) => `X-${i}: ${i}`);
    const example = role === "server" ? request() : response();
    const lines = new TextDecoder().decode(example).split("\r\n");
    const bytes = ascii([lines[0], ...headers, ...lines.slice(1)].join("\r\n"));
    const connection = role === "server" ? new WSConnection("server") : exampleClient();
    const { error } = expectClosed(feed(connection, bytes));
    expect(error).toMatchObject({ name: "RemoteProtocolError", status: 431 });
    // And where they are allowed, the ones behind them count.
    const patient =
      role === "server" ? new WSConnection("server", { limits: unlimited }) : exampleClient({ limits: unlimited });
    expect(feed(patient, bytes).map(({ type }) => type)).toEqual([
      role === "server" ? "connectionRequested" : "connectionEstablished",
    ]);
  });

  test("a head of 256 KB that comes byte by byte, in linear time (tungstenite CVE-2023-43669)", () => {
    expectLinear((length) => {
      const line = `+X-Large: ${"x".repeat(length)}`;
      const bytes = role === "server" ? request(line) : response(line);
      return () => {
        const connection =
          role === "server" ? new WSConnection("server", { limits: unlimited }) : exampleClient({ limits: unlimited });
        for (let at = 0; at < bytes.length; at++) {
          connection.receiveBytes(bytes.slice(at, at + 1));
          if (at % 16 === 0) connection.events().next();
        }
        expect([...connection.events()]).toHaveLength(1);
      };
    }, 16 * 1024);
  });

  test("any Upgrade and Connection: always a typed end (sockjs < 0.3.20)", () => {
    const values = [
      "",
      "websocket",
      "WEBSOCKET",
      "Upgrade",
      "upgrade, close",
      "close",
      ",",
      "\u00e9",
      "h2c",
      "keep-alive",
    ];
    for (const upgrade of values) {
      for (const connectionValue of values) {
        for (const more of [[], ["+Upgrade: x"], ["+Connection: y"]]) {
          const connection = role === "server" ? new WSConnection("server") : exampleClient();
          const lines = [`Upgrade: ${upgrade}`, `Connection: ${connectionValue}`, ...more];
          const events = feed(connection, role === "server" ? request(...lines) : response(...lines));
          const first = events[0]!;
          if (first.type === "connectionClosed") expect(first.error).toMatchObject({ name: "RemoteProtocolError" });
          else expect(first.type).toBe(role === "server" ? "connectionRequested" : "connectionEstablished");
        }
      }
    }
  });

  test("CR, LF or NUL in any line of a received head is refused (undici CVE-2026-1527)", () => {
    const example = role === "server" ? request("+X-A: b") : response("+X-A: b");
    for (let at = 0; at < example.length - 4; at++) {
      for (const byte of [0x0d, 0x0a, 0x00]) {
        if (example[at] === 0x0d || example[at] === 0x0a) continue;
        const bytes = example.slice();
        bytes[at] = byte;
        const connection = role === "server" ? new WSConnection("server") : exampleClient();
        const events = feed(connection, bytes);
        expect(expectClosed(events).error, `${byte} at ${at}`).toMatchObject({ name: "RemoteProtocolError" });
      }
    }
  });
});

describe("CR, LF and NUL in sent values: refused before a byte is sent (undici CVE-2026-1527)", () => {
  const broken = ["a\r\nX: y", "a\nX: y", "a\rX: y", "a\0b", "\n", "\r", "\0"];
  const base: ClientOptions = { host: "a", resource: "/" };

  test.each(broken)("%j", async (text) => {
    // Around a value the platform's own `Headers` leaves line breaks out.
    const inside = `a${text}b`;
    for (const options of [
      { host: inside },
      { resource: inside },
      { subprotocols: [inside] },
      { origin: inside },
      { headers: { "x-a": inside } },
      { headers: { [inside]: "a" } },
      { headers: [["x-a", inside]] as [string, string][] },
    ]) {
      expect(() => new WSConnection("client", { ...base, ...options }), JSON.stringify(options)).toThrow(TypeError);
    }
    expect(() => offerHeaders({ subprotocols: [inside] })).toThrow(TypeError);
    expect(() => offerHeaders({ origin: inside })).toThrow(TypeError);
    expect(() => offerHeaders({ headers: { "x-a": inside } })).toThrow(TypeError);

    const { server, requested } = asked();
    expect(() => server.accept(requested, { subprotocol: inside })).toThrow();
    for (const headers of [{ "x-a": inside }, { [inside]: "a" }]) {
      expect(() => server.accept(requested, { headers })).toThrow(TypeError);
      expect(() => server.reject(requested, { headers })).toThrow(TypeError);
    }
    expect(server.bytesToSend()).toHaveLength(0);
    expect(server.state).toBe("connecting");

    // A URL loses its line breaks and tabs by the platform's rules, before it is looked at; nothing gets through.
    const [near, far] = pipe();
    const opening = connect(near, { url: `ws://a/${inside}`, protocols: "a", signal: AbortSignal.timeout(50) });
    const { value } = await far.readable.getReader().read();
    expect(
      new TextDecoder()
        .decode(value)
        .split("\r\n")
        .filter((line) => /^(GET|X:)/.test(line)),
    ).toHaveLength(1);
    await expect(opening).rejects.toThrow();
    await expect(connect(pipe()[0], { url: "ws://a/", protocols: inside })).rejects.toThrow(DOMException);
  });
});

describe("data before the connection is open is bounded", () => {
  test("early data in small pieces, before the request is answered (js-libp2p #3576)", () => {
    const server = new WSConnection("server");
    feed(server, request());
    let held = 0;
    for (let i = 0; i < 1_000_000 && !server.closed; i++) {
      feed(server, hex("81"));
      held = Math.max(held, server.unreadAmount);
    }
    expect(server.closed).toBe(true);
    expect(held).toBeLessThanOrEqual(64 * 1024 + 1);
  });
});

test("an accept key from a wrong GUID, …-5AB5DC76CB76, is refused", async () => {
  const key = "dGhlIHNhbXBsZSBub25jZQ==";
  const accept = async (guid: string): Promise<string> => {
    const digest = await crypto.subtle.digest("SHA-1", ascii(`${key}${guid}`));
    return btoa(String.fromCharCode(...new Uint8Array(digest)));
  };
  expect(await accept("258EAFA5-E914-47DA-95CA-C5AB0DC85B11")).toBe(ACCEPT);
  const wrong = await accept("258EAFA5-E914-47DA-95CA-5AB5DC76CB76");
  const events = feed(exampleClient(), response(`Sec-WebSocket-Accept: ${wrong}`));
  expect(expectClosed(events).error).toMatchObject({ code: "acceptInvalid" });
});

describe("what other files test", () => {
  test.each([
    ["ws 8.23.0, with a transport that takes nothing", "server/badTransports", "a flood of pings that takes no pongs"],
    ["ws CVE-2026-48779, in memory", "badPeers/memory", "CVE-2026-48779"],
    ["ws 8.22, in memory", "badPeers/memory", "ws 8.22"],
    ["undici CVE-2026-1526", "deflate/limits", "undici CVE-2026-1526"],
    ["undici CVE-2026-2229", "deflate/limits", "undici CVE-2026-2229"],
    ["websockets CVE-2018-1000518", "deflate/limits", "websockets CVE-2018-1000518"],
    ["websockets 16.1", "deflate/messages", "websockets 16.1"],
    ["autobahn-python GHSA-hxp9-w8x3-p566", "deflate/limits", "GHSA-hxp9-w8x3-p566"],
    ["h11 GHSA-vqfr-h8mv-ghfj", "handshake/rejectionBody", "GHSA-vqfr-h8mv-ghfj"],
    ["vite, vitest, webpack-dev-server CVE-2025-24010", "server/origins", "CVE-2025-24010"],
    ["the same, of sessions", "stream/opening", "CVE-2025-24010"],
    ["js-libp2p #3576, of channels", "browser/webrtc", "keeps a limited number"],
    ["js-libp2p #3576, of sockets", "badPeers/limitsElsewhere", "maxWaiting"],
    ["sockudo-ws #14", "deflate/messages", "sockudo-ws #14"],
    ["okhttp #8551", "deflate/messages", "okhttp #8551"],
    ["okhttp #8610", "deflate/messages", "okhttp #8610"],
    ["lws #1470, wsproto #205", "deflate/messages", "lws #1470, wsproto #205"],
    ["soketto #49", "deflate/messages", "soketto #49"],
  ])("%s: %s", (_, file, title) => {
    expect(readFileSync(joinPath(import.meta.dirname, "..", `${file}.test.ts`), "utf8")).toContain(title);
  });
});
