/** RFC 6455 §5: framing, as bytes on the wire and the events that they are. */
import { describe, expect, test } from "vitest";
import { expectEvents, expectViolation, hex, open, pull, toHex } from "../support/wire.ts";

const text = (data: string, more = {}): object => ({
  type: "textReceived",
  data,
  frameFinished: true,
  messageFinished: true,
  ...more,
});
const binary = (data: Uint8Array, more = {}): object => ({
  type: "bytesReceived",
  data,
  frameFinished: true,
  messageFinished: true,
  ...more,
});
const fragment = { messageFinished: false };

describe("§5.7 the examples of the specification", () => {
  test("an unmasked text message", () => expectEvents("client", "81 05 48 65 6c 6c 6f", [text("Hello")]));
  test("a masked text message", () => expectEvents("server", "81 85 37 fa 21 3d 7f 9f 4d 51 58", [text("Hello")]));
  test("a fragmented unmasked text message", () =>
    expectEvents("client", "01 03 48 65 6c 80 02 6c 6f", [text("Hel", fragment), text("lo")]));
  test("an unmasked ping, and its masked answer", () => {
    const client = open("client", { random: (bytes) => bytes.set(hex("37 fa 21 3d")) });
    client.receiveBytes(hex("89 05 48 65 6c 6c 6f"));
    expect(pull(client)).toEqual([{ type: "pingReceived", payload: hex("48 65 6c 6c 6f") }]);
    expect(toHex(client.bytesToSend())).toBe("8a 85 37 fa 21 3d 7f 9f 4d 51 58");
  });
  test("256 bytes of binary in one frame", () => expectEvents("client", "82 7e 01 00 ab*256", [binary(hex("ab*256"))]));
  test("64 KiB of binary in one frame", () =>
    expectEvents("client", "82 7f 00 00 00 00 00 01 00 00 ab*65536", [binary(hex("ab*65536"))]));
});
