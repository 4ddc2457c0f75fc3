/** tshark reads the exports, and agrees with us on every frame: opcode, length, mask, key and payload. */
import { describe, expect, test } from "vitest";
import { permessageDeflate } from "../../src/deflate/index.ts";
import {
  contentOf,
  decode,
  tap,
  toPcapng,
  type Capture,
  type FrameRecord,
  type Trace,
} from "../../src/inspect/index.ts";
import { connect, serve } from "../../src/stream/index.ts";
import { pipe } from "../../src/transports/pipe.ts";
import { converse } from "../inspect/captures.ts";
import { findTshark, framesExpected, framesSeen, plainHex, troubles, tshark } from "./tshark.ts";
import { ascii, hex, pull } from "../support/wire.ts";

function expectAgreement(capture: Capture, port = 80): void {
  const file = toPcapng(capture, { port });
  expect(troubles(file)).toBe("");
  expect(framesSeen(file, port)).toEqual(framesExpected(capture.records));
}

describe.skipIf(findTshark() === undefined)("tshark", { timeout: 60_000 }, () => {
  test.each(["client", "server"] as const)("a conversation without compression, seen by the %s", (observer) => {
    const conversation = converse();
    const trace = tap(conversation[observer], { maxPayloadBytes: Infinity });
    const { client, server, carry } = conversation;
    carry();
    for (const end of [client, server]) {
      for (const size of [0, 1, 125, 126, 127, 65_535, 65_536, 200_000]) {
        end.sendData(new Uint8Array(size).map((_, i) => i * 31 + size));
        carry();
      }
      end.sendData("Grüße, 世界 ☃");
      end.sendData("");
      end.sendData("in ", false);
      end.ping(ascii("between"));
      end.sendData("three ", false);
      end.pong();
      end.sendData("fragments");
      carry();
      end.sendData(hex("00 01 02"), false);
      carry();
      end.sendData(hex("03"));
      carry();
    }
    server.close(4321, "that is all");
    carry();
    const data = trace.records.filter((record) => record.kind === "frame");
    expect(data.length).toBeGreaterThan(35);
    expectAgreement(trace);
  });

  test.each([
    ["with context takeover", {}],
    ["without", { serverNoContextTakeover: true, clientNoContextTakeover: true }],
    ["with small windows", { serverMaxWindowBits: 9, clientMaxWindowBits: 10 }],
  ])("permessage-deflate %s: it inflates to what we do", (_, options) => {
    const extensions = [permessageDeflate(options)];
    const { client, server, carry } = converse({ extensions }, { extensions });
    const trace = tap(client, { extensions, maxPayloadBytes: Infinity });
    carry();
    for (const text of ["again and again and again", "again and again and again", "z".repeat(5000), "short"]) {
      client.sendData(text);
      carry();
      server.sendData(text);
      carry();
    }
    server.sendData("not compressed", true, { compress: false });
    client.close();
    carry();
    expectAgreement(trace);
  });

  test("shows the handshake as HTTP", () => {
    const { client, carry } = converse({ resource: "/chat?x=1", subprotocols: ["v1"], headers: { cookie: "a=b" } });
    const trace = tap(client);
    carry();
    const fields = ["http.request.uri", "http.response.code", "http.sec_websocket_protocol", "http.cookie"];
    const printed = tshark(toPcapng(trace), "-Y", "http", "-T", "fields", ...fields.flatMap((field) => ["-e", field]));
    expect(printed.split("\n").map((line) => line.split("\t"))).toEqual([
      ["/chat?x=1", "", "v1", "x=x"],
      ["", "101", "", ""],
      [""],
    ]);
  });

  test("frames cut anywhere by the network, both ways at once", () => {
    const { client, server, carry } = converse();
    const trace = tap(client, { maxPayloadBytes: Infinity });
    carry();
    for (let i = 0; i < 30; i++) {
      client.sendData(`from the client ${i} ${"c".repeat(i * 11)}`);
      server.sendData(`from the server ${i} ${"s".repeat(i * 13)}`);
      server.receiveBytes(client.bytesToSend(5 + i));
      client.receiveBytes(server.bytesToSend(7 + i));
      for (const end of [client, server]) pull(end);
    }
    carry();
    client.close(1001);
    carry();
    expectAgreement(trace);
  });

  test("a connection without a handshake, which gets a synthetic one", () => {
    const { client, server, carry } = converse({ handshake: "none" }, { handshake: "none" });
    const trace = tap(client);
    for (const end of [client, server]) pull(end);
    client.sendData("prior knowledge");
    server.sendData("and so have I");
    carry();
    expectAgreement(trace);
  });

  test("sessions over a pipe, with increasing times", async () => {
    const [near, far] = pipe();
    let trace: Trace | undefined;
    const extensions = [permessageDeflate()];
    const served = serve(
      [far],
      async (request) => {
        const session = await request.accept();
        for await (const message of session) await session.send(message);
      },
      { extensions },
    );
    const session = await connect(near, {
      extensions,
      onConnection: (connection, connectionOptions) => (trace = tap(connection, { connectionOptions })),
    });
    for (const message of ["hello", "hello again", ascii("bytes, and bytes, and bytes")]) {
      await session.send(message);
      expect(await session.receive()).toEqual(message);
    }
    await session.ping();
    await session.close({ closeCode: 1000, reason: "bye" });
    await served;
    expectAgreement(trace!);
    const times = tshark(toPcapng(trace!), "-T", "fields", "-e", "frame.time_epoch").trim().split("\n").map(Number);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(Math.abs(times[0]! - Date.now() / 1000)).toBeLessThan(60);
  });

  test("two connections in one file, at another port", () => {
    const captures = ["one", "two"].map((text) => {
      const { client, carry } = converse();
      const trace = tap(client);
      carry();
      client.sendData(text);
      carry();
      return trace;
    });
    const file = toPcapng(captures, { port: 8080 });
    expect(troubles(file)).toBe("");
    expect(framesSeen(file, 8080).map(({ payload }) => payload)).toEqual(
      ["one", "two"].map((text) => plainHex(ascii(text))),
    );
  });

  test("frames that break the rules", () => {
    const server = hex("83 01 aa", "8b 00", "80 01 62", "88 02 03 ed", "b2 01 ff");
    const records = decode({ server }, { handshake: "none" });
    expect(records.every(({ violations }) => violations.length > 0)).toBe(true);
    const seen = framesSeen(toPcapng({ role: "client", records }));
    const plain = records.filter((record): record is FrameRecord => record.kind === "frame");
    expect(seen.map(({ fin, rsv, opcode, length, masked }) => [fin, rsv, opcode, length, masked])).toEqual(
      plain.map(({ fin, rsv, opcode, payloadLength, masked }) => [fin, rsv, opcode, payloadLength, masked]),
    );
  });

  test("truncated and redacted frames are dissected as well", () => {
    const { client, server, carry } = converse();
    const trace = tap(client, { maxPayloadBytes: 100, maxRecords: 6 });
    carry();
    for (let i = 0; i < 9; i++) server.sendData(`${i}`.repeat(300));
    carry();
    const file = toPcapng(trace);
    expect(troubles(file)).toBe("");
    const zeros = "00".repeat(200);
    expect(framesSeen(file).map(({ length, payload }) => [length, payload])).toEqual(
      [5, 6, 7, 8].map((i) => [300, `3${i}`.repeat(100) + zeros]),
    );
    expect(tshark(file, "-T", "fields", "-e", "frame.comment")).toContain("only 100 of 300 bytes of payload were kept");
    const redacted = framesSeen(toPcapng(trace, { redact: { payload: "length" } }));
    expect(redacted.map(({ payload }) => payload.slice(0, 200))).toEqual(Array(4).fill("78".repeat(100)));
    expect(contentOf(trace.records[2] as FrameRecord)[0]).toBe(0x35);
  });
});
