/** The errors for invalid calls of the application: which rule, and in which words. */
import { describe, expect, test } from "vitest";
import { WSConnection, type ConnectionOptions } from "../../src/index.ts";
import { feed, hex, open } from "../support/wire.ts";

type Connection = ReturnType<typeof open>;

describe("LocalProtocolError", () => {
  test.each<[words: string, code: string, (connection: Connection) => void]>([
    [
      "the fragments of a message must be all text or all binary",
      "messageTypeChanged",
      (connection) => {
        connection.sendData("a", false);
        connection.sendData(hex("62"));
      },
    ],
    [
      "can't sendMessage while localClosing",
      "wrongState",
      (connection) => {
        connection.close();
        connection.sendData("a");
      },
    ],
    [
      "can't sendPing while closed",
      "wrongState",
      (connection) => {
        feed(connection, hex("88 00"));
        connection.ping();
      },
    ],
  ])("%s", (words, code, ask) => {
    const section = code === "wrongState" ? "RFC 6455 §5.5.1" : "RFC 6455 §5.4";
    expect(() => ask(open("client", { masking: false }))).toThrow(
      expect.objectContaining({
        name: "LocalProtocolError",
        message: expect.stringContaining(words) as string,
        code,
        section,
      }),
    );
  });
});

describe("RangeError", () => {
  test.each<[words: string, (connection: Connection) => void]>([
    [
      "a control frame carries at most 125 bytes, not 126 (RFC 6455 §5.5)",
      (connection) => connection.ping(hex("00*126")),
    ],
    ["close code 1005 can't be sent: use 1000 or 3000 to 4999 (RFC 6455 §7.4)", (connection) => connection.close(1005)],
    [
      "a close reason has at most 123 bytes of UTF-8, not 124 (RFC 6455 §5.5)",
      (connection) => connection.close(1000, "é".repeat(62)),
    ],
    ["the time must be finite, not NaN", (connection) => connection.advanceTime(NaN)],
  ])("%s", (words, ask) => {
    expect(() => ask(open("server"))).toThrow(new RangeError(words));
  });
  test.each<[name: string, ConnectionOptions]>([
    ["handshakeTimeoutMs", { handshakeTimeoutMs: 0 }],
    ["messageTimeoutMs", { messageTimeoutMs: 0 }],
    ["closeTimeoutMs", { closeTimeoutMs: 0 }],
    ["keepalive.intervalMs", { keepalive: { intervalMs: 0, timeoutMs: 1 } }],
    ["keepalive.timeoutMs", { keepalive: { intervalMs: 1, timeoutMs: 0 } }],
  ])("%s must be more than 0 ms", (name, options) => {
    expect(() => new WSConnection("server", options)).toThrow(new RangeError(`${name} must be more than 0 ms, not 0`));
  });
});

test("a Close frame without a body was sent with code 1005 and no reason (§7.1.5)", () => {
  const client = open("client", { masking: false });
  client.close();
  expect(feed(client, hex("88 00")).at(-1)).toMatchObject({ sent: { code: 1005, reason: "" } });
});
