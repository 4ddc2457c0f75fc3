/** graphql-ws: its client, and its server for ws. */
import { GraphQLInt, GraphQLObjectType, GraphQLSchema, GraphQLString } from "graphql";
import { CloseCode, createClient, type Client, type ClientOptions } from "graphql-ws";
import { useServer } from "graphql-ws/use/ws";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { WebSocket as WsPeer } from "ws";
import type { World } from "./faces.ts";
import { worldsOfBothSides } from "./worlds.ts";

/**
 * Its subscription counts down from `from`, and waits for `released` before it yields 1. Calls `finished` at its end.
 */
function makeSchema(released: Promise<void>, finished: () => void): GraphQLSchema {
  async function* countdown(from: number): AsyncGenerator<{ countdown: number }> {
    try {
      for (let i = from; i > 0; i--) {
        if (i === 1) await released;
        yield { countdown: i };
      }
    } finally {
      finished();
    }
  }
  return new GraphQLSchema({
    query: new GraphQLObjectType({
      name: "Query",
      fields: {
        greeting: {
          type: GraphQLString,
          args: { name: { type: GraphQLString } },
          resolve: (_, { name }: { name: string }) => `Hello, ${name}`,
        },
      },
    }),
    subscription: new GraphQLObjectType({
      name: "Subscription",
      fields: {
        countdown: {
          type: GraphQLInt,
          args: { from: { type: GraphQLInt } },
          subscribe: (_, { from }: { from: number }) => countdown(from),
        },
      },
    }),
  });
}

describe.each(worldsOfBothSides)("graphql-ws over $name", ({ open }) => {
  let world: World;
  let release: () => void;
  let finished: Promise<void>;
  let schema: GraphQLSchema;
  let clients: Client[];

  beforeEach(async () => {
    world = await open();
    finished = new Promise((finish) => {
      schema = makeSchema(new Promise((resolve) => (release = resolve)), finish);
    });
    clients = [];
  });

  afterEach(async () => {
    release();
    for (const client of clients) await client.dispose();
    await world.close();
  });

  function connect(options: Partial<ClientOptions> = {}): Client {
    const client = createClient({
      url: `${world.url}/graphql`,
      webSocketImpl: world.WebSocket,
      retryAttempts: 0,
      onNonLazyError: () => {},
      ...options,
    });
    clients.push(client);
    return client;
  }

  const peer = (): Promise<WsPeer> => new Promise((resolve) => world.server.once("connection", resolve));

  test("a query is answered", async () => {
    useServer({ schema }, world.server);
    const answers = connect().iterate({
      query: "query ($name: String) { greeting(name: $name) }",
      variables: { name: "wörld 👋" },
    });
    expect(await Array.fromAsync(answers)).toEqual([{ data: { greeting: "Hello, wörld 👋" } }]);
  });

  test("the server sees the subprotocol, the path and the parameters of the client", async () => {
    const seen: unknown[] = [];
    useServer(
      {
        schema,
        onConnect: ({ connectionParams, extra }) => {
          seen.push(extra.socket.protocol, extra.request.url, connectionParams);
        },
      },
      world.server,
    );
    await Array.fromAsync(connect({ connectionParams: { token: "secret" } }).iterate({ query: "{ greeting }" }));
    expect(seen).toEqual(["graphql-transport-ws", "/graphql", { token: "secret" }]);
  });

  test("a subscription yields one result after the other", async () => {
    release();
    useServer({ schema }, world.server);
    const answers = await Array.fromAsync(connect().iterate({ query: "subscription { countdown(from: 100) }" }));
    expect(answers.map(({ data }) => data?.countdown)).toEqual(Array.from({ length: 100 }, (_, i) => 100 - i));
  });

  test("two subscriptions and a query share one connection", async () => {
    release();
    let connections = 0;
    world.server.on("connection", () => connections++);
    useServer({ schema }, world.server);
    const client = connect();
    const queries = ["subscription { countdown(from: 3) }", "subscription { countdown(from: 5) }", "{ greeting }"];
    const answers = await Promise.all(queries.map((query) => Array.fromAsync(client.iterate({ query }))));
    expect(answers.map(({ length }) => length)).toEqual([3, 5, 1]);
    expect(connections).toBe(1);
  });

  test("the server's pings are answered", async () => {
    const connected = peer();
    useServer({ schema }, world.server, 20);
    const answers = connect().iterate({ query: "subscription { countdown(from: 2) }" });
    await answers.next();
    const socket = await connected;
    for (let i = 0; i < 3; i++) await new Promise((resolve) => socket.once("pong", resolve));
    release();
    expect((await answers.next()).value).toEqual({ data: { countdown: 1 } });
  });

  test("a subscription continues after the connection was lost", async () => {
    let connections = 0;
    world.server.on("connection", () => connections++);
    useServer({ schema }, world.server);
    const client = connect({ retryAttempts: 5, shouldRetry: () => true, retryWait: () => Promise.resolve() });
    const answers = client.iterate({ query: "subscription { countdown(from: 2) }" });
    expect((await answers.next()).value).toEqual({ data: { countdown: 2 } });
    world.breakOff();
    expect((await answers.next()).value).toEqual({ data: { countdown: 2 } });
    release();
    expect((await answers.next()).value).toEqual({ data: { countdown: 1 } });
    expect(connections).toBe(2);
  });

  test("a client that can't reach the server gets an error", async () => {
    world.reachable = false;
    const answers = connect().iterate({ query: "{ greeting }" });
    await expect(answers.next()).rejects.toMatchObject({ type: "error" });
  });

  test("a client that may not connect gets the reason", async () => {
    useServer({ schema, onConnect: () => false }, world.server);
    const answers = connect().iterate({ query: "{ greeting }" });
    await expect(answers.next()).rejects.toMatchObject({ code: CloseCode.Forbidden, reason: "Forbidden" });
  });

  test("the server chooses its subprotocol, wherever it is in the offer", async () => {
    useServer({ schema }, world.server);
    const socket = new world.WebSocket(world.url, ["graphql-ws", "graphql-transport-ws"]);
    await new Promise((resolve) => (socket.onopen = resolve));
    expect(socket.protocol).toBe("graphql-transport-ws");
  });

  test("a client that offers only another subprotocol is refused", async () => {
    useServer({ schema }, world.server);
    const socket = new world.WebSocket(world.url, "graphql-ws");
    const opened = vi.fn();
    socket.onopen = opened;
    expect(await new Promise((resolve) => (socket.onclose = resolve))).toMatchObject({ code: 1006, wasClean: false });
    expect(opened).not.toHaveBeenCalled();
  });

  test("a client that terminates its connection leaves no subscription behind", async () => {
    const connected = peer();
    useServer({ schema }, world.server);
    const client = connect();
    await client.iterate({ query: "subscription { countdown(from: 2) }" }).next();
    const socket = await connected;
    const closed = new Promise((resolve) => {
      socket.once("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    client.terminate();
    expect(await closed).toEqual({ code: 4499, reason: "Terminated" });
    release();
    await finished;
    expect(world.server.clients.size).toBe(0);
  });

  test("a server that is disposed of closes with Going Away", async () => {
    const { dispose } = useServer({ schema }, world.server);
    const closed = Promise.withResolvers<unknown>();
    const client = connect({ on: { closed: (event) => closed.resolve(event) } });
    const answers = client.iterate({ query: "subscription { countdown(from: 2) }" });
    await answers.next();
    const failed = expect(answers.next()).rejects.toMatchObject({ code: 1001 });
    await dispose();
    await failed;
    expect(await closed.promise).toMatchObject({ code: 1001, reason: "Going away", wasClean: true });
  });
});
