/** Hooks of crossws, as portable servers have them: those of graphql-ws, and a chat. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { defineHooks, type Hooks } from "crossws";
import nodeAdapter from "crossws/adapters/node";
import { GraphQLInt, GraphQLObjectType, GraphQLSchema, GraphQLString } from "graphql";
import { createClient, type ServerOptions } from "graphql-ws";
import { makeHooks, type Extra } from "graphql-ws/use/crossws";
import { afterEach, describe, expect, test } from "vitest";
import { crosswsAdapter } from "../../src/server/index.ts";
import { pipe } from "../../src/transports/pipe.ts";
import { createWebSocketClass } from "../../src/websocket/index.ts";
import { eventually } from "./eventually.ts";
import type { World } from "./faces.ts";

type Served = Pick<World, "url" | "WebSocket" | "close">;

async function onNode(hooks: Partial<Hooks>): Promise<Served> {
  const adapter = nodeAdapter({ hooks });
  const http = createServer();
  http.on("upgrade", (request, socket, head) => void adapter.handleUpgrade(request, socket, head));
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const close = async (): Promise<void> => {
    adapter.closeAll(1001, "", true);
    await new Promise((resolve) => http.close(resolve));
  };
  return { url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`, WebSocket: globalThis.WebSocket, close };
}

function overPipes(hooks: Partial<Hooks>): Promise<Served> {
  const adapter = crosswsAdapter({ hooks });
  const socketClass = createWebSocketClass(() => {
    const [near, far] = pipe();
    adapter.handleTransport(far);
    return near;
  });
  const close = (): Promise<void> => {
    adapter.closeAll(1001, "", true);
    return adapter.close();
  };
  return Promise.resolve({ url: "ws://server.test", WebSocket: socketClass, close });
}

describe.each([
  ["its adapter for Node", onNode],
  ["ours over pipes", overPipes],
])("crossws with %s", (_, serve) => {
  let served: Served | undefined;

  afterEach(() => served?.close());

  async function start(hooks: Partial<Hooks>): Promise<Served> {
    served = await serve(hooks);
    return served;
  }

  describe("graphql-ws", () => {
    const schema = new GraphQLSchema({
      query: new GraphQLObjectType({
        name: "Query",
        fields: { greeting: { type: GraphQLString, resolve: () => "Hello, wörld 👋" } },
      }),
      subscription: new GraphQLObjectType({
        name: "Subscription",
        fields: {
          count: {
            type: GraphQLInt,
            subscribe: async function* () {
              for (let i = 1; i <= 20; i++) yield await Promise.resolve({ count: i });
            },
          },
        },
      }),
    });

    async function answers(query: string, options: ServerOptions<Record<string, unknown>, Extra>): Promise<unknown[]> {
      const { url, WebSocket: webSocketImpl } = await start(makeHooks(options));
      const client = createClient({ url: `${url}/graphql`, webSocketImpl, retryAttempts: 0, onNonLazyError: () => {} });
      try {
        return await Array.fromAsync(client.iterate({ query }));
      } finally {
        await client.dispose();
      }
    }

    test("a query is answered", async () => {
      expect(await answers("{ greeting }", { schema })).toEqual([{ data: { greeting: "Hello, wörld 👋" } }]);
    });

    test("a subscription yields one result after the other", async () => {
      const counts = Array.from({ length: 20 }, (_, i) => ({ data: { count: i + 1 } }));
      expect(await answers("subscription { count }", { schema })).toEqual(counts);
    });

    test("a client that may not connect gets the reason", async () => {
      await expect(answers("{ greeting }", { schema, onConnect: () => false })).rejects.toMatchObject({
        code: 4403,
        reason: "Forbidden",
      });
    });
  });

  describe("a chat", () => {
    const closes: unknown[] = [];
    const chat = defineHooks({
      upgrade(request) {
        const name = new URL(request.url).searchParams.get("name");
        if (name === "eve") return new Response("not you", { status: 403 });
        return { context: { name }, headers: { "X-Chat": "yes" } };
      },
      open(peer) {
        peer.subscribe("room");
        peer.publish("room", `${String(peer.context.name)} has come`);
      },
      message(peer, message) {
        if (typeof message.rawData !== "string") peer.send(message.uint8Array().toReversed());
        else peer.publish("room", `${String(peer.context.name)}: ${message.text()}`);
      },
      close(peer, { code, reason }) {
        closes.push([peer.context.name, code, reason]);
      },
    });

    async function join(name: string): Promise<{ socket: WebSocket; heard: unknown[] }> {
      const { url, WebSocket: Socket } = served!;
      const socket = new Socket(`${url}/chat?name=${name}`);
      socket.binaryType = "arraybuffer";
      const heard: unknown[] = [];
      socket.onmessage = ({ data }) => heard.push(data);
      await new Promise((resolve) => (socket.onopen = resolve));
      return { socket, heard };
    }

    test("a message reaches the other members", async () => {
      await start(chat);
      const [ada, bob] = [await join("ada"), await join("bob")];
      await eventually(() => ada.heard).toEqual(["bob has come"]);
      bob.socket.send("wörld 👋");
      await eventually(() => ada.heard).toEqual(["bob has come", "bob: wörld 👋"]);
      ada.socket.send("hi");
      await eventually(() => bob.heard).toEqual(["ada: hi"]);
    });

    test("bytes arrive as bytes", async () => {
      await start(chat);
      const { socket, heard } = await join("ada");
      socket.send(Uint8Array.of(1, 2, 3));
      await eventually(() => heard).toEqual([Uint8Array.of(3, 2, 1).buffer]);
    });

    test("a client that is refused does not get in", async () => {
      const { url, WebSocket: Socket } = await start(chat);
      const socket = new Socket(`${url}/chat?name=eve`);
      expect(await new Promise((resolve) => (socket.onclose = resolve))).toMatchObject({ code: 1006 });
    });

    test("the server sees how a client left", async () => {
      await start(chat);
      const { socket } = await join("ada");
      closes.length = 0;
      socket.close(4000, "late ✓");
      await eventually(() => closes).toEqual([["ada", 4000, "late ✓"]]);
    });
  });
});
