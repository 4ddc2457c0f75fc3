/**
 * mqtt.js as browsers use it, in this page, and a small MQTT 3.1.1 responder, because the existing brokers need Node.
 */
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { WebSocket as WsPeer, WebSocketServer } from "ws";
import { eventually } from "../eventually.ts";
import type { World } from "../faces.ts";
import { overPipes } from "../overPipes.ts";

const CONNECT = 1;
const CONNACK = 2;
const PUBLISH = 3;
const PUBACK = 4;
const SUBSCRIBE = 8;
const SUBACK = 9;
const PINGREQ = 12;
const PINGRESP = 13;

/** One packet from the beginning of `bytes`, once it is there: its type, flags and body, and how long it is. */
function packetOf(
  bytes: readonly number[],
): { type: number; flags: number; body: number[]; length: number } | undefined {
  let [remaining, at] = [0, 1];
  for (let more = true; more; at++) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    remaining += (byte & 127) << (7 * (at - 1));
    more = byte > 127;
  }
  if (bytes.length < at + remaining) return undefined;
  const body = bytes.slice(at, at + remaining);
  return { type: bytes[0]! >> 4, flags: bytes[0]! & 15, body, length: at + remaining };
}

function packet(type: number, flags: number, body: readonly number[]): Uint8Array {
  const lengths: number[] = [];
  for (let left = body.length; ;) {
    const low = left & 127;
    left >>= 7;
    lengths.push(left > 0 ? low | 128 : low);
    if (left === 0) return Uint8Array.from([(type << 4) | flags, ...lengths, ...body]);
  }
}

/** Sends what is published to all who have subscribed to just that topic, with QoS 0. Returns the types that came. */
function serveMqtt(server: WebSocketServer): number[] {
  const seen: number[] = [];
  const topics = new Map<string, Set<WsPeer>>();
  const stringAt = (bytes: number[], at: number): string => {
    const length = bytes[at]! * 256 + bytes[at + 1]!;
    return new TextDecoder().decode(Uint8Array.from(bytes.slice(at + 2, at + 2 + length)));
  };
  server.on("connection", (peer) => {
    let unread: number[] = [];
    const answer = ({ type, flags, body }: NonNullable<ReturnType<typeof packetOf>>): void => {
      seen.push(type);
      if (type === CONNECT) peer.send(packet(CONNACK, 0, [0, 0]));
      else if (type === PINGREQ) peer.send(packet(PINGRESP, 0, []));
      else if (type === SUBSCRIBE) {
        const topic = stringAt(body, 2);
        topics.set(topic, (topics.get(topic) ?? new Set()).add(peer));
        peer.send(packet(SUBACK, 0, [...body.slice(0, 2), 0]));
      } else if (type === PUBLISH) {
        const topic = stringAt(body, 0);
        const head = 2 + body[0]! * 256 + body[1]!;
        const qos = (flags >> 1) & 3;
        const payload = body.slice(head + (qos > 0 ? 2 : 0));
        for (const one of topics.get(topic) ?? []) one.send(packet(PUBLISH, 0, [...body.slice(0, head), ...payload]));
        if (qos > 0) peer.send(packet(PUBACK, 0, body.slice(head, head + 2)));
      }
    };
    peer.on("message", (data: Uint8Array) => {
      unread = unread.concat([...data]);
      for (let next; (next = packetOf(unread)) !== undefined;) {
        unread = unread.slice(next.length);
        answer(next);
      }
    });
    peer.on("close", () => {
      for (const members of topics.values()) members.delete(peer);
    });
  });
  return seen;
}

describe("mqtt.js in a page", () => {
  let world: World;
  let seen: number[];
  let clients: MqttClient[];

  beforeEach(async () => {
    world = await overPipes.open();
    seen = serveMqtt(world.server);
    clients = [];
  });

  afterEach(async () => {
    await Promise.all(clients.map((client) => client.endAsync(true)));
    await world.close();
  });

  function connect(options: IClientOptions = {}): MqttClient {
    const client = mqtt.connect(`${world.url}/mqtt`, {
      createWebsocket: (url, protocols) => new world.WebSocket(url, protocols),
      reconnectPeriod: 10,
      browserBufferTimeout: 5,
      ...options,
    });
    client.on("error", () => {});
    clients.push(client);
    return client;
  }

  const message = (client: MqttClient): Promise<{ topic: string; payload: Uint8Array }> =>
    new Promise((resolve) => client.once("message", (topic, payload) => resolve({ topic, payload })));

  test.each([0, 1] as const)("what one publishes with QoS %d reaches the other", async (qos) => {
    const [reader, writer] = [connect(), connect()];
    await reader.subscribeAsync("light");
    const coming = message(reader);
    await writer.publishAsync("light", "ön 👋", { qos });
    const { topic, payload } = await coming;
    expect([topic, new TextDecoder().decode(payload)]).toEqual(["light", "ön 👋"]);
  });

  test("more than it buffers unsent arrives", async () => {
    const [reader, writer] = [connect(), connect()];
    await reader.subscribeAsync("pictures");
    const sizes: number[] = [];
    reader.on("message", (_, payload) => sizes.push(payload.length));
    const pictures = [300_000, 300_001, 300_002].map((size) => new Uint8Array(size));
    for (const picture of pictures) await writer.publishAsync("pictures", picture as never, { qos: 1 });
    await eventually(() => sizes).toEqual([300_000, 300_001, 300_002]);
  });

  test("subscribes again after the connection was lost", async () => {
    const reader = connect();
    await reader.subscribeAsync("news");
    world.breakOff();
    await eventually(() => seen.filter((type) => type === SUBSCRIBE).length).toBe(2);
    const coming = message(reader);
    await connect().publishAsync("news", "again", { qos: 1 });
    expect(new TextDecoder().decode((await coming).payload)).toBe("again");
  });
});
