/** MQTT: the client of mqtt.js, and the broker Aedes behind a stream of ws. */
import { Aedes } from "aedes";
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createWebSocketStream } from "ws";
import type { World } from "./faces.ts";
import { worldsOfBothSides } from "./worlds.ts";

describe.each(worldsOfBothSides)("MQTT over $name", ({ open }) => {
  let world: World;
  let broker: Aedes;
  let clients: MqttClient[];

  beforeEach(async () => {
    world = await open();
    broker = await Aedes.createBroker();
    clients = [];
    world.server.on("connection", (peer, request) => void broker.handle(createWebSocketStream(peer), request));
  });

  afterEach(async () => {
    await Promise.all(clients.map((client) => client.endAsync(true)));
    await new Promise<void>((resolve) => broker.close(resolve));
    await world.close();
  });

  function connect(options: IClientOptions = {}): MqttClient {
    const client = mqtt.connect(`${world.url}/mqtt`, {
      forceNativeWebSocket: true,
      createWebsocket: (url, protocols) => new world.WebSocket(url, protocols),
      reconnectPeriod: 10,
      browserBufferTimeout: 5,
      ...options,
    });
    client.on("error", () => {});
    clients.push(client);
    return client;
  }

  const message = (client: MqttClient): Promise<{ topic: string; payload: Buffer; qos: number; retain: boolean }> =>
    new Promise((resolve) =>
      client.once("message", (topic, payload, { qos, retain }) => resolve({ topic, payload, qos, retain })),
    );
  const event = (client: MqttClient, name: "connect" | "close"): Promise<void> =>
    new Promise((resolve) => client.once(name, () => resolve()));

  test("the server agrees to its subprotocol", async () => {
    const [peer] = await Promise.all([
      new Promise<{ protocol: string }>((resolve) => world.server.once("connection", resolve)),
      event(connect(), "connect"),
    ]);
    expect(peer.protocol).toBe("mqtt");
  });

  test.each([0, 1, 2] as const)("what one publishes with QoS %d reaches the other", async (qos) => {
    const [reader, writer] = [connect(), connect()];
    await reader.subscribeAsync("house/+/light", { qos });
    const coming = message(reader);
    await writer.publishAsync("house/kitchen/light", "ön", { qos });
    expect(await coming).toMatchObject({ topic: "house/kitchen/light", payload: Buffer.from("ön"), qos });
  });

  test("a retained message is delivered to a late subscriber", async () => {
    await connect().publishAsync("weather", "sun", { qos: 1, retain: true });
    const reader = connect();
    const coming = message(reader);
    await reader.subscribeAsync("weather");
    expect(await coming).toMatchObject({ payload: Buffer.from("sun"), retain: true });
  });

  test("more than the client buffers unsent arrives, in order", async () => {
    const [reader, writer] = [connect(), connect()];
    await reader.subscribeAsync("pictures", { qos: 1 });
    const sizes: number[] = [];
    const whole: boolean[] = [];
    const all = new Promise<void>((resolve) =>
      reader.on("message", (_, payload) => {
        sizes.push(payload.length);
        whole.push(payload.every((byte) => byte === payload.length % 251));
        if (sizes.length === 8) resolve();
      }),
    );
    const pictures = Array.from({ length: 8 }, (_, i) => Buffer.alloc(300_000 + i, (300_000 + i) % 251));
    await Promise.all(pictures.map((picture) => writer.publishAsync("pictures", picture, { qos: 1 })));
    await all;
    expect(sizes).toEqual(pictures.map(({ length }) => length));
    expect(whole).not.toContain(false);
  });

  test("the will of a client whose connection was lost is published", async () => {
    const reader = connect();
    await reader.subscribeAsync("wills");
    const peer = new Promise<{ terminate(): void }>((resolve) => world.server.once("connection", resolve));
    const client = connect({
      reconnectPeriod: 0,
      will: { topic: "wills", payload: Buffer.from("gone"), qos: 0, retain: false },
    });
    await event(client, "connect");
    const coming = message(reader);
    (await peer).terminate();
    expect(await coming).toMatchObject({ payload: Buffer.from("gone") });
  });

  test("messages published while disconnected arrive after the reconnect", async () => {
    const reader = connect({ clientId: "reader", clean: false });
    await reader.subscribeAsync("news", { qos: 1 });
    const lost = event(reader, "close");
    world.reachable = false;
    world.breakOff();
    await lost;
    const coming = message(reader);
    const writer = connect();
    const published = writer.publishAsync("news", "meanwhile", { qos: 1 });
    world.reachable = true;
    await published;
    expect(await coming).toMatchObject({ topic: "news", payload: Buffer.from("meanwhile"), qos: 1 });
  });

  test("a client that the broker refuses gets an error", async () => {
    broker.authenticate = (_client, _name, _password, done) => {
      done(Object.assign(new Error("no"), { returnCode: 5 as never }), false);
    };
    const client = connect({ reconnectPeriod: 0, username: "eve", password: "?" });
    expect(await new Promise((resolve) => client.once("error", resolve))).toMatchObject({ code: 5 });
  });

  test("a client that ends is removed from the broker", async () => {
    const client = connect();
    await event(client, "connect");
    const gone = new Promise((resolve) => broker.once("clientDisconnect", resolve));
    await client.endAsync();
    await gone;
    expect(broker.connectedClients).toBe(0);
  });
});
