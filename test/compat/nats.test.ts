/** NATS: its client, which takes a factory, and a server that speaks a part of the protocol. */
import { type ConnectionOptions, type NatsConnection, wsconnect } from "@nats-io/nats-core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { WebSocket as WsPeer, WebSocketServer } from "ws";
import { eventually } from "./eventually.ts";
import type { World } from "./faces.ts";
import { worldsOfObjects } from "./worlds.ts";

interface Subscription {
  readonly peer: WsPeer;
  readonly id: string;
  readonly subjects: RegExp;
  /** How many messages are still wanted. */
  wanted: number;
  had: number;
}

/** Greets, answers pings, and sends what is published to all who have subscribed to its subject. */
function serveNats(server: WebSocketServer): Set<Subscription> {
  const subscriptions = new Set<Subscription>();
  server.on("connection", (peer) => {
    let rest = Buffer.alloc(0);
    const info = { server_id: "S", version: "2.10.0", proto: 1, max_payload: 4 << 20, headers: false, client_id: 1 };
    peer.send(Buffer.from(`INFO ${JSON.stringify(info)}\r\n`));
    peer.on("message", (data: Buffer) => {
      rest = Buffer.concat([rest, data]);
      for (let end; (end = rest.indexOf("\r\n")) >= 0;) {
        const [verb, subject = "", ...fields] = rest.toString("utf8", 0, end).split(" ");
        const last = fields.at(-1) ?? "";
        if (verb === "PUB") {
          const length = Number(last);
          if (rest.length < end + 4 + length) return;
          const payload = rest.subarray(end + 2, end + 4 + length);
          end += 2 + length;
          const reply = fields.length > 1 ? ` ${fields[0]}` : "";
          for (const one of subscriptions) {
            if (!one.subjects.test(subject)) continue;
            one.peer.send(Buffer.concat([Buffer.from(`MSG ${subject} ${one.id}${reply} ${length}\r\n`), payload]));
            if (++one.had >= one.wanted) subscriptions.delete(one);
          }
        } else if (verb === "SUB") {
          const pattern = subject.replaceAll(".", "\\.").replaceAll("*", "[^.]+").replace(">", ".+");
          subscriptions.add({ peer, id: last, subjects: new RegExp(`^${pattern}$`), wanted: Infinity, had: 0 });
        } else if (verb === "UNSUB") {
          for (const one of subscriptions) {
            if (one.peer !== peer || one.id !== subject) continue;
            one.wanted = Number(last);
            if (one.had >= one.wanted) subscriptions.delete(one);
          }
        } else if (verb === "PING") {
          peer.send(Buffer.from("PONG\r\n"));
        }
        rest = rest.subarray(end + 2);
      }
    });
    peer.on("close", () => {
      for (const one of subscriptions) if (one.peer === peer) subscriptions.delete(one);
    });
  });
  return subscriptions;
}

describe.each(worldsOfObjects)("NATS over $name", ({ open }) => {
  let world: World;
  let subscriptions: Set<Subscription>;
  let clients: NatsConnection[];

  beforeEach(async () => {
    world = await open();
    subscriptions = serveNats(world.server);
    clients = [];
  });

  afterEach(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await world.close();
  });

  async function connect(options: ConnectionOptions = {}): Promise<NatsConnection> {
    const client = await wsconnect({
      servers: world.url,
      wsFactory: (url) => Promise.resolve({ socket: new world.WebSocket(url), encrypted: false }),
      reconnectTimeWait: 10,
      ...options,
    });
    clients.push(client);
    return client;
  }

  test("what one publishes reaches the subscriber of a matching subject", async () => {
    const [ada, bob] = [await connect(), await connect()];
    const subscription = bob.subscribe("house.*.light", { max: 2 });
    await bob.flush();
    ada.publish("house.kitchen.door", "not for Bob");
    ada.publish("house.kitchen.light", "ön 👋");
    ada.publish("house.cellar.light", "off");
    const messages = (await Array.fromAsync(subscription)).map((message) => [message.subject, message.string()]);
    expect(messages).toEqual([
      ["house.kitchen.light", "ön 👋"],
      ["house.cellar.light", "off"],
    ]);
  });

  test("a request is answered", async () => {
    const [ada, bob] = [await connect(), await connect()];
    bob.subscribe("double", { callback: (_, message) => void message.respond(String(2 * Number(message.string()))) });
    await bob.flush();
    expect((await ada.request("double", "21", { timeout: 4_000 })).string()).toBe("42");
  });

  test("many messages arrive in the order of publication", async () => {
    const client = await connect();
    const subscription = client.subscribe("big", { max: 1 });
    const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7) & 255);
    client.publish("big", bytes);
    expect((await Array.fromAsync(subscription))[0]?.data).toEqual(bytes);
  });

  test("messages published before the end are sent before it", async () => {
    const [ada, bob] = [await connect(), await connect()];
    const subscription = bob.subscribe("last", { max: 100 });
    await bob.flush();
    for (let i = 0; i < 100; i++) ada.publish("last", new Uint8Array(10_000));
    await ada.drain();
    expect(ada.isClosed()).toBe(true);
    expect(await Array.fromAsync(subscription)).toHaveLength(100);
  });

  test("subscribes again after the connection was lost", async () => {
    const client = await connect();
    const statuses: string[] = [];
    void (async () => {
      for await (const { type } of client.status()) statuses.push(type);
    })();
    const subscription = client.subscribe("news", { max: 1 });
    await client.flush();
    world.breakOff();
    await eventually(() => statuses).toEqual(expect.arrayContaining(["disconnect", "reconnect"]));
    await eventually(() => subscriptions.size).toBe(1);
    client.publish("news", "here again");
    expect((await Array.fromAsync(subscription)).map((message) => message.string())).toEqual(["here again"]);
  });

  test("reports a server that can't be reached", async () => {
    world.reachable = false;
    await expect(connect({ reconnect: false, maxReconnectAttempts: 0 })).rejects.toThrow("connection refused");
  });
});
