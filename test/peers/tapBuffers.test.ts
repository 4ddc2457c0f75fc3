/** Node's sockets yield Buffers, whose `slice` does not copy: a tap changes neither them nor the connection. */
import { expect, test } from "vitest";
import { WSConnection } from "../../src/index.ts";
import { Decoder, tap } from "../../src/inspect/index.ts";

test("a tapped connection reads a Buffer, and the trace has the bytes of the wire", () => {
  const client = new WSConnection("client", { handshake: "none" });
  const text = "Hello ".repeat(10_000);
  client.sendData(text);
  const wire = client.bytesToSend();
  const connection = new WSConnection("server", { handshake: "none" });
  const trace = tap(connection, { maxPayloadBytes: 100_000 });
  connection.receiveBytes(Buffer.from(wire));
  const received = [...connection.events()].map((event) => (event.type === "textReceived" ? event.data : ""));
  expect(received.join("")).toBe(text);
  const [frame] = trace.records;
  expect(frame?.kind === "frame" && new TextDecoder().decode(frame.payload)).toBe(text);
});

test("a decoder does not change the Buffers that it reads", () => {
  // A masked text of the RFC's (§5.7).
  const hello = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
  const bytes = Buffer.from(hello);
  new Decoder({ handshake: "none" }).receive("client", bytes);
  expect([...bytes]).toEqual(hello);
});
