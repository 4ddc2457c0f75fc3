/** Unmodified WebSocket programs over carriers that are killed under them: TCP through a relay, message ports, pipes. */
import { createServer, connect as connectTCP, type AddressInfo, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { GraphQLInt, GraphQLObjectType, GraphQLSchema, GraphQLString } from "graphql";
import { createClient } from "graphql-ws";
import { useServer } from "graphql-ws/use/ws";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { WebSocketServer as WsServer } from "ws";
import { race, resumable, resumed, type DialCarrier } from "../../src/resume/index.ts";
import { WebSocketServer } from "../../src/server/index.ts";
import { messagePortTransport } from "../../src/transports/messagePort.ts";
import { listen, socketTransport } from "../../src/transports/node.ts";
import { pipe, type ByteTransport } from "../../src/transports/pipe.ts";
import { createWebSocketClass } from "../../src/websocket/index.ts";
import { Random } from "../support/random.ts";

// Some carriers are noticed to be dead by their silence alone, which takes ten seconds each time.
vi.setConfig({ testTimeout: 180_000 });

/** Carriers of one kind to one listener, which can be broken. */
interface Network {
  readonly dial: DialCarrier;
  readonly incoming: AsyncIterable<ByteTransport>;
  /** Kills the carriers that there are, or what they go through. */
  readonly kill: () => void;
}

/** TCP, through a relay that is another server and can be killed with all its connections. */
async function tcp(): Promise<Network> {
  const server = createServer({ allowHalfOpen: true });
  const incoming = listen(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const relayed = new Set<Socket>();
  const startRelay = async (port: number): Promise<Server> => {
    const relay = createServer((near) => {
      const far = connectTCP((server.address() as AddressInfo).port, "127.0.0.1");
      // An error at one end is passed on, or the other end would wait for a carrier that is silent.
      for (const socket of [near, far]) relayed.add(socket.on("error", () => [near, far].map((end) => end.destroy())));
      near.pipe(far).pipe(near);
    });
    relay.listen(port, "127.0.0.1");
    await once(relay, "listening");
    return relay;
  };
  let relay = await startRelay(0);
  let isStarting = false;
  const { port } = relay.address() as AddressInfo;
  onTestFinished(() => {
    server.close();
    relay.close();
    for (const socket of relayed) socket.destroy();
  });
  return {
    incoming,
    dial: async (signal) => {
      const socket = connectTCP({ host: "127.0.0.1", port, allowHalfOpen: true, signal });
      await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
      return socketTransport(socket);
    },
    kill: () => {
      // For a moment nothing listens.
      if (!isStarting) {
        isStarting = true;
        relay.close(() => {
          void startRelay(port).then((next) => {
            relay = next;
            isStarting = false;
          });
        });
      }
      for (const socket of relayed) socket.destroy();
      relayed.clear();
    },
  };
}

/** Carriers in memory: the listener is a stream. */
function inMemory(makePair: () => [ByteTransport, ByteTransport]): () => Promise<Network> {
  return () => {
    const pairs: [ByteTransport, ByteTransport][] = [];
    let bring!: (transport: ByteTransport) => void;
    const incoming = new ReadableStream<ByteTransport>({
      start: (controller) => void (bring = (transport) => controller.enqueue(transport)),
    });
    return Promise.resolve({
      incoming,
      dial: () => {
        const pair = makePair();
        pairs.push(pair);
        bring(pair[1]);
        return pair[0];
      },
      kill: () => {
        for (const end of pairs.splice(0).flat()) end.close?.();
      },
    });
  };
}

function ports(): [ByteTransport, ByteTransport] {
  const { port1, port2 } = new MessageChannel();
  return [messagePortTransport(port1), messagePortTransport(port2)];
}

const networks = { "TCP through a relay": tcp, "message ports": inMemory(ports), pipes: inMemory(pipe) };

interface World {
  readonly WebSocket: ReturnType<typeof createWebSocketClass>;
  readonly server: WebSocketServer;
  readonly kill: () => void;
}

/** The class and the server over a network: with `./resume` between, or without. */
async function open(makeNetwork: () => Promise<Network>, resumes: boolean): Promise<World> {
  const network = await makeNetwork();
  const { dial, incoming } = network;
  const stop = new AbortController();
  const WebSocket = createWebSocketClass(
    resumes ? () => resumable((signal) => race([dial], { signal }), { signal: stop.signal }) : () => dial(stop.signal),
  );
  const server = new WebSocketServer();
  void server.serve(resumes ? resumed(incoming, { signal: stop.signal }) : incoming).catch(() => undefined);
  onTestFinished(() => {
    server.close();
    stop.abort(new Error("the test is over"));
  });
  return { WebSocket, server, kill: () => network.kill() };
}

/** A subscription that counts, as fast as it is read, and calls back now and then. */
function makeSchema(reached: (count: number) => void): GraphQLSchema {
  async function* count(to: number): AsyncGenerator<{ count: number }> {
    for (let i = 1; i <= to; i++) {
      reached(i);
      if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
      yield { count: i };
    }
  }
  return new GraphQLSchema({
    query: new GraphQLObjectType({ name: "Query", fields: { greeting: { type: GraphQLString } } }),
    subscription: new GraphQLObjectType({
      name: "Subscription",
      fields: {
        count: {
          type: GraphQLInt,
          args: { to: { type: GraphQLInt } },
          subscribe: (_, { to }: { to: number }) => count(to),
        },
      },
    }),
  });
}

const RESULTS = 2000;

async function subscribe({ WebSocket, server, kill }: World, kills: readonly number[]) {
  const schema = makeSchema((count) => {
    if (kills.includes(count)) kill();
  });
  useServer({ schema }, server as unknown as WsServer);
  let closes = 0;
  const client = createClient({
    url: "ws://server.example/graphql",
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    on: { closed: () => void closes++ },
  });
  const counts: unknown[] = [];
  let failed = false;
  try {
    for await (const { data } of client.iterate({ query: `subscription { count(to: ${RESULTS}) }` })) {
      counts.push(data?.count);
    }
  } catch {
    failed = true;
  }
  const closesBefore = closes;
  await client.dispose();
  return { counts, closes: closesBefore, failed };
}

describe.each(Object.entries(networks))("over %s that are killed", (_, makeNetwork) => {
  test("a graphql-ws subscription goes on, with no close event and no result lost", async () => {
    const world = await open(makeNetwork, true);
    const { counts, closes, failed } = await subscribe(world, [100, 555, 560, 1500]);
    expect(counts).toEqual(Array.from({ length: RESULTS }, (_, at) => at + 1));
    expect({ closes, failed }).toEqual({ closes: 0, failed: false });
  });

  test("the same without ./resume fails", async () => {
    const world = await open(makeNetwork, false);
    const { counts, closes, failed } = await subscribe(world, [100, 555, 560, 1500]);
    expect(counts.length).toBeLessThan(RESULTS);
    expect({ closes, failed }).toEqual({ closes: 1, failed: true });
  });

  test("messages of 4 MiB in all arrive in both directions, once and in order", async () => {
    const { WebSocket, server, kill } = await open(makeNetwork, true);
    server.on("connection", (peer) => {
      peer.on("message", (data, isBinary) => peer.send(data as Uint8Array<ArrayBuffer>, { binary: isBinary }));
    });
    const socket = new WebSocket("ws://server.example/echo");
    socket.binaryType = "arraybuffer";
    await new Promise((resolve) => (socket.onopen = resolve));
    const random = new Random(9);
    const messages = Array.from({ length: 64 }, () => random.bytes(1 + random.below(131_072)));
    const got: Uint8Array[] = [];
    let closes = 0;
    socket.onclose = () => closes++;
    const done = new Promise<void>((resolve) => {
      socket.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
        got.push(new Uint8Array(data));
        if (got.length % 20 === 5) kill();
        if (got.length === messages.length) resolve();
      };
    });
    for (const message of messages) socket.send(message);
    await done;
    expect(got.map((message) => Buffer.from(message).toString("base64"))).toEqual(
      messages.map((message) => Buffer.from(message).toString("base64")),
    );
    expect(closes).toBe(0);
    socket.close();
    await new Promise((resolve) => socket.addEventListener("close", resolve));
  });
});

test("a subscription moves from one kind of carrier to another when the first one is gone", async () => {
  const [first, second] = [await tcp(), await inMemory(ports)()];
  let isGone = false;
  const used: string[] = [];
  const named =
    (name: string, { dial }: Network): DialCarrier =>
    (signal) => {
      if (name === "TCP" && isGone) throw new Error("the network is gone");
      used.push(name);
      return dial(signal);
    };
  const dials = [named("TCP", first), named("port", second)];
  async function* incoming(): AsyncGenerator<ByteTransport> {
    const sources = [first, second].map(({ incoming }) => incoming[Symbol.asyncIterator]());
    const next = sources.map((source) => source.next());
    for (;;) {
      const { at, value } = await Promise.race(
        next.map((promise, at) => promise.then(({ value }) => ({ at, value: value as ByteTransport }))),
      );
      next[at] = sources[at]!.next();
      yield value;
    }
  }
  const world = await open(
    () =>
      Promise.resolve({
        dial: (signal) => race(dials, { signal, headStartMs: 10_000 }),
        incoming: incoming(),
        kill: () => {
          isGone = true;
          first.kill();
        },
      }),
    true,
  );
  const { counts, closes } = await subscribe(world, [700]);
  expect(counts).toEqual(Array.from({ length: RESULTS }, (_, at) => at + 1));
  expect(closes).toBe(0);
  expect(used).toEqual(["TCP", "port"]);
});
