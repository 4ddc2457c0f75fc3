/** tRPC: its client and its handler for `ws`, with queries, mutations and subscriptions. */
import {
  createTRPCClient,
  createWSClient,
  wsLink,
  type TRPCWebSocketClient,
  type WebSocketClientOptions,
} from "@trpc/client";
import { initTRPC, tracked, TRPCError } from "@trpc/server";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "./eventually.ts";
import type { World } from "./faces.ts";
import { worldsOfBothSides } from "./worlds.ts";

const t = initTRPC.context<{ path: string | undefined; user: string | undefined }>().create();
let visits = 0;
let finished = (): void => {};
const router = t.router({
  greeting: t.procedure.input((input) => String(input)).query(({ input }) => `Hello, ${input}`),
  context: t.procedure.query(({ ctx }) => ctx),
  forbidden: t.procedure.query(() => {
    throw new TRPCError({ code: "FORBIDDEN", message: "not you" });
  }),
  visit: t.procedure.mutation(() => ++visits),
  count: t.procedure
    .input((input) => input as { atOnce: number; lastEventId?: string })
    .subscription(async function* ({ input, signal }) {
      try {
        const last = Number(input.lastEventId ?? 0);
        for (let i = 1; i <= input.atOnce; i++) yield tracked(String(last + i), last + i);
        await new Promise((resolve) => signal?.addEventListener("abort", resolve));
      } finally {
        finished();
      }
    }),
});

/** JSON in binary messages. */
const inBytes = {
  encode: (data: unknown) => new TextEncoder().encode(JSON.stringify(data)),
  decode: (data: string | ArrayBuffer | Uint8Array): unknown =>
    typeof data === "string" ? JSON.parse(data) : JSON.parse(new TextDecoder().decode(data)),
};

describe.each(worldsOfBothSides)("tRPC over $name", ({ open }) => {
  let world: World;
  let connections: TRPCWebSocketClient[];
  let closes: unknown[];

  beforeEach(async () => {
    world = await open();
    connections = [];
    closes = [];
    visits = 0;
  });

  afterEach(async () => {
    await Promise.all(connections.map((connection) => connection.close()));
    await world.close();
  });

  function serve(
    options: Partial<Parameters<typeof applyWSSHandler<typeof router>>[0]> = {},
  ): ReturnType<typeof applyWSSHandler> {
    return applyWSSHandler({
      wss: world.server,
      router,
      createContext: ({ req, info }) => ({ path: req.url, user: info.connectionParams?.user }),
      ...options,
    });
  }

  function connect(options: Partial<WebSocketClientOptions> = {}): ReturnType<typeof createTRPCClient<typeof router>> {
    const ours = closes;
    const client = createWSClient({
      url: `${world.url}/trpc`,
      WebSocket: world.WebSocket,
      retryDelayMs: () => 5,
      onClose: (cause) => ours.push(cause?.code),
      ...options,
    });
    connections.push(client);
    return createTRPCClient<typeof router>({ links: [wsLink({ client })] });
  }

  test("queries and mutations are answered, many at once, over one connection", async () => {
    serve();
    const client = connect();
    const names = Array.from({ length: 50 }, (_, i) => `wörld ${i}`);
    expect(await Promise.all(names.map((name) => client.greeting.query(name)))).toEqual(
      names.map((name) => `Hello, ${name}`),
    );
    expect(await client.visit.mutate()).toBe(1);
    expect(await client.visit.mutate()).toBe(2);
    expect(world.server.clients.size).toBe(1);
  });

  test("an error of the server reaches the client", async () => {
    serve();
    await expect(connect().forbidden.query()).rejects.toMatchObject({
      message: "not you",
      data: { code: "FORBIDDEN" },
    });
  });

  test("the server sees the path and the parameters of the connection", async () => {
    serve();
    expect(await connect({ connectionParams: { user: "Ada" } }).context.query()).toEqual({
      path: "/trpc?connectionParams=1",
      user: "Ada",
    });
  });

  test("a subscription yields its events until the client ends it, which the server sees", async () => {
    serve();
    const over = new Promise<void>((resolve) => (finished = resolve));
    const events: number[] = [];
    await new Promise<void>((resolve) => {
      const subscription = connect().count.subscribe(
        { atOnce: 20 },
        {
          onData: ({ data }) => {
            events.push(data);
            if (data < 20) return;
            subscription.unsubscribe();
            resolve();
          },
        },
      );
    });
    await over;
    expect(events).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });

  test("a subscription resumes where it was after the connection was lost", async () => {
    serve();
    const events: string[] = [];
    const subscription = connect().count.subscribe({ atOnce: 3 }, { onData: ({ id }) => events.push(id) });
    await eventually(() => events).toEqual(["1", "2", "3"]);
    world.breakOff();
    await eventually(() => events).toEqual(["1", "2", "3", "4", "5", "6"]);
    expect(closes).toEqual([1006]);
    subscription.unsubscribe();
  });

  test("a client waits for a server that can't be reached at first", async () => {
    serve();
    world.reachable = false;
    const failures: unknown[] = [];
    const client = connect({ onError: (event) => failures.push(event?.type) });
    const answer = client.greeting.query("there");
    await eventually(() => failures.length).toBeGreaterThan(1);
    world.reachable = true;
    expect(await answer).toBe("Hello, there");
  });

  test("a client reconnects when the server asks for it", async () => {
    const { broadcastReconnectNotification } = serve();
    const client = connect();
    expect(await client.visit.mutate()).toBe(1);
    const again = new Promise((resolve) => world.server.once("connection", resolve));
    broadcastReconnectNotification();
    await again;
    expect(await client.visit.mutate()).toBe(2);
  });

  test.each([
    ["the client", "PONG", { keepAlive: { enabled: true, pingMs: 10, pongWaitMs: 5_000 } }, {}],
    ["the server", "PING", {}, { keepAlive: { enabled: true, intervalMs: 10, pongTimeoutMs: 5_000 } }],
  ])("%s answers the pings of the other", async (_, sign, ofServer, ofClient) => {
    const received: string[] = [];
    world.server.on("connection", (peer) => peer.on("message", (data: Buffer) => received.push(data.toString())));
    serve(ofServer);
    const client = connect(ofClient);
    await client.visit.mutate();
    await eventually(() => received.filter((message) => message === sign).length).toBeGreaterThan(2);
    expect(closes).toEqual([]);
  });

  test("calls and answers are binary messages if they are encoded as such", async () => {
    const binary: boolean[] = [];
    world.server.on("connection", (peer) => peer.on("message", (_, isBinary) => binary.push(isBinary)));
    serve({ experimental_encoder: inBytes });
    expect(await connect({ experimental_encoder: inBytes }).greeting.query("bytes")).toBe("Hello, bytes");
    expect(binary).toEqual([true]);
  });

  test("an idle client closes its connection, and opens another when it is used", async () => {
    serve();
    const client = connect({ lazy: { enabled: true, closeMs: 10 } });
    expect(world.server.clients.size).toBe(0);
    expect(await client.visit.mutate()).toBe(1);
    await eventually(() => world.server.clients.size).toBe(0);
    expect(await client.visit.mutate()).toBe(2);
  });
});
