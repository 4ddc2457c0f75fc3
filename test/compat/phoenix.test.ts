/** Phoenix channels: the clients of Phoenix and Supabase, with a small responder for their protocol. */
import { RealtimeClient } from "@supabase/realtime-js";
import { Socket } from "phoenix";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { WebSocket as WsPeer, WebSocketServer } from "ws";
import { eventually } from "./eventually.ts";
import type { World } from "./faces.ts";
import { worlds } from "./worlds.ts";

type Message = [joined: string | null, ref: string | null, topic: string, event: string, payload: unknown];

/** Agrees to all that is asked, and sends what one pushes to the others on its topic. Returns the events it has seen. */
function serveChannels(server: WebSocketServer): string[] {
  const topics = new Map<string, Set<WsPeer>>();
  const seen: string[] = [];
  server.on("connection", (peer) => {
    peer.on("message", (data: Uint8Array, isBinary) => {
      if (isBinary) {
        // A push: kind, four sizes, the fields, the payload. A broadcast has kind 2, and the topic and event alone.
        // Supabase has kinds 3 and 4 for its own, with a fifth field and an encoding behind the sizes.
        const [kind, joined, ref, ...more] = data as unknown as [number, number, number, ...number[]];
        const sizes = more.slice(0, kind === 3 ? 4 : 2);
        const fields = data.subarray(3 + sizes.length + joined + ref);
        const topic = new TextDecoder().decode(fields.subarray(0, sizes[0]));
        const broadcast = Uint8Array.of(kind === 3 ? 4 : 2, ...sizes, ...fields);
        for (const one of topics.get(topic) ?? []) if (one !== peer) one.send(broadcast);
        return;
      }
      const [joined, ref, topic, event, payload] = JSON.parse(String(data)) as Message;
      seen.push(event);
      const answer = (status: string, response: unknown): void => {
        peer.send(JSON.stringify([joined, ref, topic, "phx_reply", { status, response }] satisfies Message));
      };
      const members = topics.get(topic) ?? new Set();
      topics.set(topic, members);
      switch (event) {
        case "phx_join":
          if (topic === "forbidden") {
            answer("error", { reason: "not you" });
            return;
          }
          members.add(peer);
          break;
        case "phx_leave":
          members.delete(peer);
          break;
        case "heartbeat":
        case "access_token":
          break;
        default:
          for (const one of members) {
            if (one !== peer) one.send(JSON.stringify([null, null, topic, event, payload] satisfies Message));
          }
      }
      answer("ok", {});
    });
    peer.on("close", () => {
      for (const members of topics.values()) members.delete(peer);
    });
  });
  return seen;
}

describe.each(worlds)("over $name", ({ open }) => {
  let world: World;
  let seen: string[];
  let after: (() => unknown)[];

  beforeEach(async () => {
    world = await open();
    seen = serveChannels(world.server);
    after = [];
  });

  afterEach(async () => {
    await Promise.all(after.map((end) => end()));
    await world.close();
  });

  describe("phoenix", () => {
    function connect(options: { heartbeatIntervalMs?: number } = {}): Socket {
      const soon = (): number => 10;
      const socket = new Socket(`${world.url}/socket`, {
        transport: world.WebSocket,
        reconnectAfterMs: soon,
        rejoinAfterMs: soon,
        ...options,
      });
      after.push(() => socket.disconnect());
      socket.connect();
      return socket;
    }

    const ok = (push: ReturnType<ReturnType<Socket["channel"]>["join"]>): Promise<unknown> =>
      new Promise((resolve, reject) => push.receive("ok", resolve).receive("error", reject));

    test("what one pushes on a channel reaches the other", async () => {
      const [ada, bob] = [connect().channel("room:1"), connect().channel("room:1")];
      await Promise.all([ok(ada.join()), ok(bob.join())]);
      const told = new Promise((resolve) => bob.on("shout", resolve));
      await ok(ada.push("shout", { body: "Hello, wörld 👋" }));
      expect(await told).toEqual({ body: "Hello, wörld 👋" });
    });

    test("a buffer is sent as a binary message", async () => {
      const [ada, bob] = [connect().channel("room:1"), connect().channel("room:1")];
      await Promise.all([ok(ada.join()), ok(bob.join())]);
      const told = new Promise((resolve) => bob.on("picture", resolve));
      ada.push("picture", Uint8Array.of(1, 2, 3).buffer);
      expect(await told).toEqual(Uint8Array.of(1, 2, 3).buffer);
    });

    test("a channel that refuses a join gives the reason", async () => {
      await expect(ok(connect().channel("forbidden").join())).rejects.toEqual({ reason: "not you" });
    });

    test("its heartbeats are answered", async () => {
      const socket = connect({ heartbeatIntervalMs: 10 });
      await eventually(() => seen.filter((event) => event === "heartbeat").length).toBeGreaterThan(2);
      expect(socket.isConnected()).toBe(true);
    });

    test("joins its channels again after the connection was lost", async () => {
      const socket = connect();
      await ok(socket.channel("room:1").join());
      const lost = new Promise<CloseEvent>((resolve) => socket.onClose(resolve));
      world.breakOff();
      expect(await lost).toMatchObject({ code: 1006, wasClean: false });
      await eventually(() => seen.filter((event) => event === "phx_join").length).toBe(2);
    });

    test("reports a server that can't be reached, and the cause", async () => {
      world.reachable = false;
      const socket = connect();
      expect(await new Promise((resolve) => socket.onError((_, { name }) => resolve(name)))).toBe("WebSocket");
      world.reachable = true;
      await ok(socket.channel("room:1").join());
    });

    test("passes on code and reason of the close", async () => {
      const socket = connect();
      await ok(socket.channel("room:1").join());
      const [peer] = world.server.clients;
      const told = new Promise((resolve) => peer?.on("close", (code, reason) => resolve([code, reason.toString()])));
      socket.disconnect(() => {}, 3001, "enough");
      expect(await told).toEqual([3001, "enough"]);
    });
  });

  describe("@supabase/realtime-js", () => {
    function connect(): RealtimeClient {
      const client = new RealtimeClient(`${world.url}/realtime/v1`, {
        transport: world.WebSocket,
        params: { apikey: "key" },
        reconnectAfterMs: () => 10,
      });
      after.push(
        () => client.removeAllChannels(),
        () => client.disconnect(),
      );
      return client;
    }

    type Channel = ReturnType<RealtimeClient["channel"]>;
    const subscribed = (channel: Channel): Promise<void> =>
      new Promise((resolve) => {
        channel.subscribe((status) => {
          if ((status as string) === "SUBSCRIBED") resolve();
        });
      });

    test("what one broadcasts reaches the other", async () => {
      const [ada, bob] = [connect().channel("room"), connect().channel("room")];
      const told = new Promise((resolve) => bob.on("broadcast", { event: "shout" }, ({ payload }) => resolve(payload)));
      await Promise.all([subscribed(ada), subscribed(bob)]);
      expect(await ada.send({ type: "broadcast", event: "shout", payload: { body: "wörld" } })).toBe("ok");
      expect(await told).toEqual({ body: "wörld" });
    });

    test("joins its channels again after the connection was lost", async () => {
      const client = connect();
      await subscribed(client.channel("room"));
      world.breakOff();
      await eventually(() => seen.filter((event) => event === "phx_join").length).toBe(2);
      expect(client.isConnected()).toBe(true);
    });
  });
});
