/** What the application and the peer learn when the peer breaks a rule: which rule, where, and in which words. */
import { describe, expect, test } from "vitest";
import type { ConnectionOptions, ConnectionType } from "../../src/index.ts";
import { concat } from "../../src/core/bytes.ts";
import { feed, hex, open } from "../support/wire.ts";

/** What is broken, in the words of the error and of the Close frame. */
const violations: readonly [
  words: string,
  code: string,
  section: string,
  closeCode: number,
  offset: number,
  bytes: string,
  role?: ConnectionType,
  limits?: ConnectionOptions["limits"],
][] = [
  ["reserved bit set: RSV1", "reservedBits", "§5.2", 1002, 0, "c1 00"],
  ["reserved bit set: RSV2, RSV3", "reservedBits", "§5.2", 1002, 2, "81 00 b1 00"],
  ["reserved opcode 0x3", "reservedOpcode", "§5.2", 1002, 0, "83 00"],
  ["reserved opcode 0xf", "reservedOpcode", "§5.2", 1002, 0, "8f 00"],
  ["fragmented control frame", "controlFrameFragmented", "§5.5", 1002, 0, "09 00"],
  ["control frame of more than 125 bytes", "controlFrameTooLong", "§5.5", 1002, 0, "89 7e 00 7e"],
  ["frame from the server is masked", "maskUnexpected", "§5.1", 1002, 0, "81 80 00 00 00 00"],
  ["frame from the client is not masked", "maskMissing", "§5.1", 1002, 0, "81 00", "server"],
  ["length not encoded in the fewest bytes", "lengthNotMinimal", "§5.2", 1002, 0, "82 7e 00 7d"],
  ["length not encoded in the fewest bytes", "lengthNotMinimal", "§5.2", 1002, 0, "82 7f 00 00 00 00 00 00 ff ff"],
  ["most significant bit of the length set", "lengthTooLarge", "§5.2", 1002, 0, "82 7f 80 00 00 00 00 00 00 00"],
  ["length beyond 2^53 - 1 bytes", "lengthTooLarge", "§10.4", 1009, 0, "82 7f 00 20 00 00 00 00 00 00"],
  ["frame of 5 bytes, limit 4", "frameTooLarge", "§10.4", 1009, 0, "82 05", "client", { maxFrameBytes: 4 }],
  ["continuation frame with no message to continue", "continuationWithoutStart", "§5.4", 1002, 2, "80 00"],
  ["new message before the last one was finished", "messageInterrupted", "§5.4", 1002, 4, "01 00 81 00"],
  ["message of more than 1 frames", "tooManyFragments", "§10.4", 1009, 4, "01 00 80 00", "client", { maxFragments: 1 }],
  ["message of more than 4 bytes", "messageTooLarge", "§10.4", 1009, 2, "82 05", "client", { maxMessageBytes: 4 }],
  ["text that is not UTF-8", "invalidUtf8", "§8.1", 1007, 3, "81 02 61 ff"],
  ["Close frame with a body of one byte", "closeBodyTooShort", "§5.5.1", 1002, 3, "88 01 03"],
  ["invalid close code 1005", "closeCodeInvalid", "§7.4", 1002, 4, "88 02 03 ed"],
  ["close reason that is not UTF-8", "invalidUtf8", "§8.1", 1007, 5, "88 03 03 e8 ff"],
];

describe("an error for an invalid frame names the rule and the position, in the words that the peer gets", () => {
  test.each(violations)("%s (%s)", (words, code, section, closeCode, offset, bytes, role = "client", limits = {}) => {
    const connection = open(role, { limits, random: (key) => key.fill(0) });
    const closed = feed(connection, hex(bytes)).at(-1);
    expect(closed).toMatchObject({ type: "connectionClosed", code: 1006, wasClean: false });
    const { error } = closed as { error: object };
    expect(error).toMatchObject({ message: words, code, section: `RFC 6455 ${section}`, closeCode, offset });
    const said = concat([Uint8Array.of(closeCode >> 8, closeCode & 0xff), new TextEncoder().encode(words)]);
    const frame = concat([Uint8Array.of(0x88, said.length), said]);
    expect(connection.bytesToSend()).toEqual(role === "client" ? maskedByZeros(frame) : frame);
  });
});

function maskedByZeros(frame: Uint8Array): Uint8Array {
  return concat([Uint8Array.of(frame[0]!, frame[1]! | 0x80, 0, 0, 0, 0), frame.subarray(2)]);
}
