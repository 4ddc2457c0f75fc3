/** A new kind of carrier in sixty lines: Bluetooth LE, with notifications in and `writeValueWithResponse` out. */
import { expect, test } from "vitest";
import { accept, connect } from "../../src/stream/index.ts";
import type { ByteTransport } from "../../src/transports/byteTransport.ts";
import { CarrierLink, type EndingCarrier } from "../../src/transports/carrierLink.ts";
import { receiveMessage, textOf } from "../../src/transports/controlText.ts";
import { listenTo } from "../../src/transports/listeners.ts";
import { fakeBluetooth, type FakeCharacteristic } from "../support/fakeBluetooth.ts";
import { hex, join, toHex, type Bytes } from "../support/wire.ts";
import { contract } from "./contract.ts";

/** The size of a packet without its first byte, which marks bytes, the last packet of a text, or an earlier one. */
const PART_BYTES = 19;
const [BYTES, LAST, MORE] = [0, 1, 2] as const;
const WINDOW_BYTES = 1024 * 1024;

function bluetoothTransport(characteristic: FakeCharacteristic): ByteTransport {
  const { device } = characteristic.service;
  const packets: Bytes[] = [];
  const decoder = new TextDecoder();
  let text = "";
  let isWriting = false;
  const carrier: EndingCarrier = {
    name: "characteristic",
    get hasRoom() {
      return !isWriting;
    },
    get isDrained() {
      return !isWriting;
    },
    send: (bytes) => put(BYTES, bytes.subarray(0, PART_BYTES)),
    tell(control) {
      const bytes = new TextEncoder().encode(textOf(control));
      for (let at = 0; at < bytes.length; at += PART_BYTES) {
        put(at + PART_BYTES < bytes.length ? MORE : LAST, bytes.subarray(at, at + PART_BYTES));
      }
    },
    shut: () => link.finish(),
    hangUp: () => device.gatt.disconnect(),
    release: () => stops.forEach((stop) => stop()),
  };
  const link = new CarrierLink(carrier, WINDOW_BYTES);

  function put(kind: number, part: Bytes): number {
    packets.push(join(Uint8Array.of(kind), part));
    if (!isWriting) void writeAll();
    return part.length;
  }
  async function writeAll(): Promise<void> {
    isWriting = true;
    try {
      for (let packet = packets.shift(); packet !== undefined; packet = packets.shift()) {
        await characteristic.writeValueWithResponse(packet);
      }
    } catch (error) {
      link.fault = { cause: error };
      link.hangUp();
    }
    isWriting = false;
    link.wake();
  }

  const stops = [
    listenTo(characteristic, {
      characteristicvaluechanged() {
        const packet = new Uint8Array(characteristic.value!.buffer as ArrayBuffer);
        const part = packet.slice(1);
        if (packet[0] === BYTES) receiveMessage(link, part.buffer);
        else text += decoder.decode(part, { stream: true });
        if (packet[0] !== LAST) return;
        receiveMessage(link, text);
        text = "";
      },
    }),
    listenTo(device, { gattserverdisconnected: () => link.over(link.fault === undefined ? "stopped" : "lost") }),
  ];
  link.begin(WINDOW_BYTES, true);
  link.speak();
  return link.transport;
}

function pair(): [ByteTransport, ByteTransport] {
  const [near, far] = fakeBluetooth();
  return [bluetoothTransport(near), bluetoothTransport(far)];
}

contract("a Bluetooth LE characteristic", () => Promise.resolve(pair()), {
  heldBytes: WINDOW_BYTES,
  mostBytes: 256 * 1024,
  timeoutMs: 60_000,
});

test("a WebSocket runs over notifications", async () => {
  const [near, far] = pair();
  const accepting = accept(far).then((request) => request.accept());
  const [client, server] = await Promise.all([connect(near), accepting]);
  await client.send("over the air");
  expect(await server.receive()).toBe("over the air");
  await client.close({ closeCode: 4001 });
  expect(await server.closed).toMatchObject({ closeCode: 4001 });
  await Promise.all([near.closed, far.closed]);
});

test("a packet that can't be written fails both streams with lost, and its cause", async () => {
  const [near, far] = fakeBluetooth();
  const transport = bluetoothTransport(near);
  const reading = transport.readable.getReader().read();
  far.service.device.gatt.disconnect();
  await transport.writable
    .getWriter()
    .write(hex("01"))
    .catch(() => undefined);
  await expect(reading).rejects.toMatchObject({ name: "TransportError", code: "lost" });
  await transport.closed;
});

test("bytes and controls are sent in packets of twenty bytes", async () => {
  const [near, far] = fakeBluetooth();
  const packets: string[] = [];
  far.addEventListener("characteristicvaluechanged", () => {
    packets.push(toHex(new Uint8Array(far.value!.buffer as ArrayBuffer)));
  });
  const { writable } = bluetoothTransport(near);
  const writer = writable.getWriter();
  await writer.write(Uint8Array.from({ length: 20 }, (_, i) => i));
  await writer.abort("a reason of more than nineteen bytes");
  await expect
    .poll(() => packets)
    .toEqual([
      "01 67 72 61 6e 74 20 39 38 33 30 34 30", // grant 983040
      "00 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12",
      "00 13",
      "02 72 65 73 65 74 20 61 20 72 65 61 73 6f 6e 20 6f 66 20 6d", // reset a reason of m
      "02 6f 72 65 20 74 68 61 6e 20 6e 69 6e 65 74 65 65 6e 20 62",
      "01 79 74 65 73",
    ]);
});
