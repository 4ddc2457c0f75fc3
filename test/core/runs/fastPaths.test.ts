/** A client without fast paths sends the same bytes and yields the same events as one with them. */
import { describe, expect, test } from "vitest";
import { ClientConnection, fastPaths, WSConnection, type WSEvent } from "../../../src/index.ts";
import fc from "../../support/properties.ts";
import { join, type Bytes } from "../../support/wire.ts";

const message = fc.oneof(
  fc.string({ maxLength: 200, unit: "binary" }),
  fc.constantFrom("", "x".repeat(60), "x".repeat(125), "x".repeat(126), "é".repeat(63), "x".repeat(1001)),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => new Uint8Array(bytes)),
);
const messages = fc.array(fc.record({ data: message, final: fc.boolean() }), { maxLength: 30 });

function both(): ClientConnection[] {
  const options = { handshake: "none", random: (bytes: Uint8Array) => bytes.fill(0x5a) } as const;
  return [new ClientConnection(options), new ClientConnection({ ...options, fastPaths })];
}

function sendAll(
  connection: { sendData(data: string | Bytes, final: boolean): void },
  all: readonly { data: string | Bytes; final: boolean }[],
): void {
  for (const { data, final } of all) {
    connection.sendData(data, final);
    if (!final) connection.sendData(typeof data === "string" ? "end" : Uint8Array.of(1), true);
  }
}

/** Pieces of a message joined, since how a message is divided depends on the path. */
function told(events: Iterable<WSEvent>): unknown[] {
  const seen: unknown[] = [];
  for (const event of events) {
    if (event.type === "textReceived" || event.type === "bytesReceived") {
      seen.push(event.type, typeof event.data === "string" ? event.data : [...event.data], event.messageFinished);
    } else if (event.type === "connectionClosed") seen.push(event.code, event.error?.code, event.error?.offset);
  }
  return seen;
}

describe("a client with and without fast paths", () => {
  test("sends the same bytes", () => {
    fc.assert(
      fc.property(messages, (all) => {
        const [long, fast] = both().map((connection) => {
          sendAll(connection, all);
          return connection.bytesToSend();
        });
        expect(fast).toEqual(long);
      }),
    );
  });

  test("reads the same events, whether the bytes are valid or one of them is changed", () => {
    fc.assert(
      fc.property(messages, fc.nat(), fc.integer({ min: 1, max: 4000 }), fc.option(fc.nat()), (all, at, step, bit) => {
        const server = new WSConnection("server", { handshake: "none" });
        sendAll(server, all);
        const wire = join(server.bytesToSend());
        if (bit !== null && wire.length > 0) wire[at % wire.length]! ^= 1 << (bit % 8);
        const [long, fast] = both().map((connection) => {
          const seen: unknown[] = [];
          for (let from = 0; from < wire.length; from += step) {
            connection.receiveBytes(wire.slice(from, from + step));
            seen.push(...told(connection.events()));
          }
          return seen;
        });
        expect(fast).toEqual(long);
      }),
    );
  });
});
