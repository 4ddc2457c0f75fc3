/** A recorded connection can be replayed, bit for bit, from plain JSON. */
import fc from "../../support/properties.ts";
import { describe, expect, test } from "vitest";
import { permessageDeflate } from "../../../src/deflate/index.ts";
import {
  WSConnection,
  type Connection,
  type ConnectionOptions,
  type ConnectionType,
  type WSEvent,
} from "../../../src/index.ts";
import { recordVector, replay, type Redaction, type Vector, type VectorRecording } from "../../../src/inspect/index.ts";
import { connect, serve } from "../../../src/stream/index.ts";
import { pipe } from "../../../src/transports/pipe.ts";
import { ascii, head, hex, joined, pull, toHex } from "../../support/wire.ts";
import { between } from "../captures.ts";

const client = { host: "example.com", resource: "/chat" };

function recorded(
  type: ConnectionType,
  options: ConnectionOptions,
): { connection: WSConnection; recording: VectorRecording } {
  const connection = new WSConnection(type, options);
  return { connection, recording: recordVector(connection, options) };
}

/** As it is after a file. */
const written = (recording: VectorRecording, redact?: Redaction): Vector =>
  JSON.parse(JSON.stringify(recording.vector(redact))) as Vector;

function expectReplays(recording: VectorRecording, events: readonly WSEvent[], options: ConnectionOptions = {}): void {
  const again = replay(written(recording), options);
  expect(again.differences).toEqual([]);
  expect(joined(again.events)).toEqual(joined(events));
}

describe("recordVector and replay", () => {
  test("both ends of a conversation, with the platform's randomness", () => {
    const near = recorded("client", {
      ...client,
      subprotocols: ["a", "b"],
      headers: { "x-y": "z" },
      origin: "https://o",
    });
    const far = recorded("server", {});
    const { carry } = between(near.connection, far.connection);
    const told = carry();
    near.connection.sendData("hello ☃");
    near.connection.sendData(hex("01 02 03"), false);
    near.connection.sendData(new Uint8Array(70_000), true);
    near.connection.ping(ascii("p"));
    far.connection.pong();
    far.connection.sendData("x".repeat(200));
    const more = carry();
    far.connection.close(4000, "done");
    const last = carry();
    expect(near.connection.closed && far.connection.closed).toBe(true);
    expectReplays(near.recording, [...told.client, ...more.client, ...last.client]);
    expectReplays(far.recording, [...told.server, ...more.server, ...last.server]);
    expect(near.recording.vector().random).toMatch(/^[0-9a-f]{32}([0-9a-f]{8})+$/);
    expect(far.recording.vector().random).toBe("");
  });

  test("with permessage-deflate and context takeover", () => {
    const extensions = [permessageDeflate()];
    const near = recorded("client", { ...client, extensions });
    const far = recorded("server", { extensions });
    const { carry } = between(near.connection, far.connection);
    carry();
    for (const text of ["again and again", "again and again"]) {
      near.connection.sendData(text);
      far.connection.sendData(text, true, { compress: false });
    }
    carry();
    expect(replay(written(near.recording), { extensions: [permessageDeflate()] }).differences).toEqual([]);
    expect(replay(written(far.recording), { extensions: [permessageDeflate()] }).differences).toEqual([]);
    expect(() => replay(written(near.recording))).toThrow(/permessage-deflate/);
  });

  test("with no handshake, agreed beforehand", () => {
    const { connection, recording } = recorded("client", { handshake: "none", subprotocol: "v1", autoPong: false });
    const events = [...connection.events()];
    connection.sendData("x");
    connection.bytesToSend();
    connection.receiveBytes(hex("89 01 aa"));
    events.push(...connection.events());
    expectReplays(recording, events);
  });

  test("the peer's errors, and the answers", () => {
    const { connection, recording } = recorded("server", { handshake: "none" });
    connection.receiveBytes(hex("81 01 41"));
    const events = [...connection.events()];
    expect(toHex(connection.bytesToSend())).toMatch(/^88/);
    expectReplays(recording, events);
    const steps = written(recording).steps;
    expect(steps.find((step) => step.do === "events" && step.event?.error)).toMatchObject({
      event: { type: "connectionClosed", error: { code: "maskMissing" }, sent: { code: 1002 } },
    });
  });

  test("invalid calls of the application, which threw", () => {
    const { connection, recording } = recorded("client", client);
    expect(() => connection.sendData("too early")).toThrow();
    expect(() => connection.ping(5 as never)).toThrow();
    expect(() => connection.bytesToSend(-1)).toThrow(RangeError);
    expect(() => connection.receiveBytes("text" as never)).toThrow(TypeError);
    connection.receiveBytes(null);
    expect(() => connection.receiveBytes(hex("00"))).toThrow();
    const events = [...connection.events()];
    expectReplays(recording, events);
    expect(written(recording).steps.map((step) => step.throws?.name)).toEqual([
      "LocalProtocolError",
      "LocalProtocolError",
      "RangeError",
      "TypeError",
      undefined,
      "LocalProtocolError",
      undefined,
      undefined,
    ]);
  });

  test("bytes taken a few at a time, and requests that were parsed elsewhere", () => {
    const { connection, recording } = recorded("server", {});
    connection.receiveRequest({
      method: "GET",
      target: "/",
      headers: {
        host: "a",
        upgrade: "websocket",
        connection: "upgrade",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        "sec-websocket-version": "13",
      },
    });
    const events = [...connection.events()];
    connection.reject(events[0] as never, { status: 401, headers: { "www-authenticate": "Basic" }, streamed: true });
    connection.sendRejectionData("go ", false);
    connection.sendRejectionData(ascii("away"), true);
    while (connection.bytesToSend(7).length > 0);
    events.push(...connection.events());
    expectReplays(recording, events);
  });

  test("time: keepalive pings, round trips, and a deadline that ends the connection", () => {
    const options = {
      handshake: "none",
      keepalive: { intervalMs: 100, timeoutMs: 50 },
      closeTimeoutMs: Infinity,
    } as const;
    const { connection, recording } = recorded("client", options);
    const events = [...connection.events()];
    connection.advanceTime(0);
    expect(connection.nextDeadlineMs).toBe(100);
    connection.advanceTime(100);
    const ping = connection.bytesToSend();
    expect(ping.length).toBe(10);
    connection.advanceTime(120);
    connection.receiveBytes(hex("8a 04 00 00 00 01"));
    events.push(...connection.events());
    expect(connection.nextDeadlineMs).toBe(220);
    connection.advanceTime(220);
    connection.advanceTime(270);
    events.push(...connection.events());
    expect(events.at(-1)).toMatchObject({ type: "connectionClosed", error: { code: "keepaliveTimeout" } });
    expectReplays(recording, events);
  });

  test("time: reading the next deadline is not a step, because it changes nothing", () => {
    const { connection, recording } = recorded("client", { handshake: "none" });
    const before = recording.vector().steps;
    expect(connection.nextDeadlineMs).toBeUndefined();
    connection.advanceTime(0);
    connection.close();
    expect(connection.nextDeadlineMs).toBe(10_000);
    expect(
      recording
        .vector()
        .steps.slice(before.length)
        .map((step) => step.do),
    ).toEqual(["advanceTime", "close"]);
  });

  test("time: an older vector, in which it is a step, still replays and compares it", () => {
    const { connection, recording } = recorded("client", { handshake: "none" });
    connection.advanceTime(0);
    connection.close();
    const vector = written(recording);
    const looked = (nextDeadlineMs: number | null): Vector => ({
      ...vector,
      steps: [...vector.steps, { do: "nextDeadlineMs", nextDeadlineMs }],
    });
    expect(replay(looked(10_000)).differences).toEqual([]);
    expect(replay(looked(null)).differences).toEqual([
      { step: vector.steps.length, do: "nextDeadlineMs", expected: null, actual: 10_000 },
    ]);
  });

  test("time: an unfinished message", () => {
    const { connection, recording } = recorded("server", { handshake: "none", masking: false, messageTimeoutMs: 50 });
    connection.advanceTime(0);
    connection.receiveBytes(hex("02 01 61"));
    const events = [...connection.events()];
    expect(connection.nextDeadlineMs).toBe(50);
    connection.advanceTime(50);
    events.push(...connection.events());
    expect(events.at(-1)).toMatchObject({ type: "connectionClosed", error: { code: "messageTimeout" } });
    expectReplays(recording, events);
  });

  test("sessions, which a driver runs on the platform's clock", async () => {
    const [near, far] = pipe();
    const recordings: VectorRecording[] = [];
    const onConnection = (connection: Connection, options: ConnectionOptions): void =>
      void recordings.push(recordVector(connection, options));
    const served = serve(
      [far],
      async (request) => {
        const session = await request.accept();
        for await (const message of session) await session.send(message);
      },
      { onConnection },
    );
    const session = await connect(near, { onConnection, keepalive: { intervalMs: 10_000, timeoutMs: 10_000 } });
    for (const message of ["one", "two"]) {
      await session.send(message);
      await session.receive();
    }
    await session.ping();
    await session.close({ closeCode: 1000 });
    await served;
    expect(recordings).toHaveLength(2);
    for (const recording of recordings) {
      const again = replay(written(recording));
      expect(again.differences).toEqual([]);
      expect(again.events.at(-1)).toMatchObject({ type: "connectionClosed", wasClean: true });
    }
  });

  test("any conversation, cut anywhere", () => {
    const message = fc.oneof(fc.string({ unit: "binary", maxLength: 50 }), fc.uint8Array({ maxLength: 300 }));
    const act = fc.record({ by: fc.constantFrom("near", "far"), message, take: fc.nat(20), corrupt: fc.nat(40) });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 12 }), fc.boolean(), (acts, deflate) => {
        const extensions = deflate ? [permessageDeflate()] : [];
        const ends = { near: recorded("client", { ...client, extensions }), far: recorded("server", { extensions }) };
        const { carry } = between(ends.near.connection, ends.far.connection);
        carry();
        for (const { by, message: data, take, corrupt } of acts) {
          const { connection } = ends[by];
          if (connection.state === "open") connection.sendData(data);
          const bytes = connection.bytesToSend(take === 0 ? undefined : take);
          if (corrupt === 0 && bytes.length > 0) bytes[0]! ^= 0x70;
          const peer = ends[by === "near" ? "far" : "near"].connection;
          peer.receiveBytes(bytes);
          pull(peer);
        }
        carry();
        for (const { recording } of Object.values(ends)) {
          expect(replay(written(recording), { extensions: deflate ? [permessageDeflate()] : [] }).differences).toEqual(
            [],
          );
        }
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});

describe("differences", () => {
  test("a different connection fails at the first difference", () => {
    const { connection, recording } = recorded("client", { handshake: "none" });
    pull(connection);
    connection.receiveBytes(hex("81 02 68 69"));
    pull(connection);
    const vector = written(recording);
    const steps = vector.steps.map((step) => (step.do === "receiveBytes" ? { ...step, bytes: "81026869" } : step));
    expect(replay({ ...vector, steps }).differences).toEqual([]);
    const changed = vector.steps.map((step) => (step.do === "receiveBytes" ? { ...step, bytes: "81026870" } : step));
    expect(replay({ ...vector, steps: changed }).differences).toEqual([
      {
        step: 3,
        do: "events",
        expected: { type: "textReceived", data: "hi", frameFinished: true, messageFinished: true },
        actual: { type: "textReceived", data: "hp", frameFinished: true, messageFinished: true },
      },
    ]);
  });
});

describe("invalid input", () => {
  const { recording } = recorded("client", client);
  const vector = recording.vector();

  test.each([
    ["null", null],
    ["a list", []],
    ["another format", { ...vector, format: "x" }],
    ["a later version", { ...vector, version: 2 }],
    ["no steps", { ...vector, steps: undefined }],
    ["no options", { ...vector, options: null }],
    ["another role", { ...vector, role: "proxy" }],
    ["bytes that are no hexadecimal", { ...vector, steps: [{ do: "receiveBytes", bytes: "0g" }] }],
    ["bytes that are no text", { ...vector, steps: [{ do: "receiveBytes", bytes: 5 }] }],
    ["invalid random bytes", { ...vector, random: "abc" }],
    ["an unknown step", { ...vector, steps: [{ do: "explode" }] }],
    ["an invalid step", { ...vector, steps: [null] }],
    ["invalid headers", { ...vector, steps: [{ do: "receiveRequest", headers: 3 }] }],
  ])("replay refuses %s", (_, given) => {
    expect(() => replay(given as never)).toThrow(TypeError);
  });

  test("recordVector refuses a connection that is already in use", () => {
    const late = new WSConnection("client", client);
    late.bytesToSend();
    expect(() => recordVector(late, client)).toThrow(TypeError);
    const fed = new WSConnection("server");
    fed.receiveBytes(head("GET / HTTP/1.1"));
    expect(() => recordVector(fed)).toThrow(TypeError);
    expect(() => recordVector(new WSConnection("client", { handshake: "none" }), {})).toThrow(TypeError);
  });

  test("a full recording stops, and its steps can be replayed", () => {
    const options = { handshake: "none" } as const;
    const connection = new WSConnection("client", options);
    const full = recordVector(connection, options, { maxBytes: 1000 });
    for (let i = 0; i < 50; i++) {
      connection.sendData("0123456789");
      connection.bytesToSend();
    }
    const { truncated, steps } = full.vector();
    expect(truncated).toBe(true);
    expect(steps.length).toBeLessThan(40);
    expect(replay(written(full)).differences).toEqual([]);
  });
});

describe("redaction", () => {
  const secret = "s3cr3t";
  function conversation(): { near: VectorRecording; far: VectorRecording } {
    const near = recorded("client", {
      ...client,
      headers: { authorization: `Bearer ${secret}`, cookie: `a=${secret}` },
    });
    const far = recorded("server", {});
    const { carry } = between(near.connection, far.connection);
    carry();
    near.connection.sendData(`my ${secret}`);
    near.connection.ping(ascii(secret));
    carry();
    near.connection.close(1000, secret);
    carry();
    return { near: near.recording, far: far.recording };
  }

  test("secret headers are redacted by default, and the vector can still be replayed", () => {
    for (const recording of Object.values(conversation())) {
      const vector = written(recording);
      const text = JSON.stringify(vector);
      for (const value of [`Bearer ${secret}`, `a=${secret}`]) {
        expect(text).not.toContain(value);
        expect(text).not.toContain(toHex(ascii(value)).replaceAll(" ", ""));
      }
      expect(vector.redacted).toBeUndefined();
      expect(replay(vector).differences).toEqual([]);
    }
  });

  test("and are kept on request", () => {
    const { near } = conversation();
    expect(JSON.stringify(near.vector({ headers: [], tokens: false }))).toContain(`Bearer ${secret}`);
  });

  test("without payloads it can be read, but not replayed", () => {
    for (const recording of Object.values(conversation())) {
      const vector = written(recording, { payload: "length" });
      const text = JSON.stringify(vector);
      expect(text).not.toContain(secret);
      expect(text).not.toContain(toHex(ascii(secret)).replaceAll(" ", ""));
      expect(vector.redacted).toBe(true);
      expect(() => replay(vector)).toThrow(/redacted/);
    }
  });
});
