/**
 * WebSockets in real browsers that go on when what carries them is lost. `RESUME_RUNS=50` repeats the subscription,
 * `RESUME_MEBIBYTES=50` makes the document larger.
 */
import { expect, test, type BrowserContext, type Page } from "@playwright/test";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { GraphQLInt, GraphQLObjectType, GraphQLSchema, GraphQLString } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { WebSocketServer as WsServer } from "ws";
import { resumed, type ByteTransport } from "../src/resume/index.ts";
import { WebSocketServer } from "../src/server/index.ts";
import { listen } from "../src/transports/node.ts";
import { webSocketTransport } from "../src/transports/webSocketTransport.ts";
import { startWebTransportServer } from "../test/support/webTransportServer.ts";
import type { Addresses, Course, ResumePage, Subscribed } from "./page/resume.ts";
import { openPage, type Remote } from "./story/tell.ts";

const RUNS = Number(process.env.RESUME_RUNS ?? 1);
const MEBIBYTES = Number(process.env.RESUME_MEBIBYTES ?? 4);

const RESULTS = 2000;

const open = (page: Page): Promise<Remote<ResumePage>> => openPage<ResumePage>(page, "resume.html", "resumePage");

/** A subscription that counts, as fast as it is read, and calls back at a number. */
function countingSchema(at: number, reached: () => void): GraphQLSchema {
  async function* count(): AsyncGenerator<{ count: number }> {
    for (let i = 1; i <= RESULTS; i++) {
      if (i === at) reached();
      if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      yield { count: i };
    }
  }
  return new GraphQLSchema({
    query: new GraphQLObjectType({ name: "Query", fields: { greeting: { type: GraphQLString } } }),
    subscription: new GraphQLObjectType({
      name: "Subscription",
      fields: { count: { type: GraphQLInt, subscribe: count } },
    }),
  });
}

/** The server is reached by WebTransport, through a relay that is killed at result 700, and by a WebSocket. */
async function subscribe(page: Page, resumes: boolean): Promise<Subscribed> {
  const tcp = createServer({ allowHalfOpen: true });
  const sockets = new Set<Socket>();
  tcp.on("connection", (socket) => sockets.add(socket));
  const overTCP = listen(tcp);
  tcp.listen(0, "127.0.0.1");
  const ws = new WsServer({ port: 0, host: "127.0.0.1" });
  await Promise.all([once(tcp, "listening"), once(ws, "listening")]);
  const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;
  const environment = { TUNNEL_TO: String(portOf(tcp)) };
  const relay = await startWebTransportServer("test/runtimes/webTransportTunnel.ts", environment);
  test.skip(relay === undefined, "there is no Deno");
  const { addresses, kill } = relay!;
  const transports = new ReadableStream<ByteTransport>({
    start(controller) {
      ws.on("connection", (socket) => controller.enqueue(webSocketTransport(socket)));
      void (async () => {
        for await (const transport of overTCP) controller.enqueue(transport);
      })();
    },
  });
  const server = new WebSocketServer({ origins: "any" });
  useServer({ schema: countingSchema(700, () => void kill()) }, server as never);
  void server.serve(resumes ? resumed(transports) : transports).catch(() => undefined);
  try {
    const { port: webTransportPort, hash } = addresses;
    const where: Addresses = { webTransportPort, hash, webSocketPort: portOf(ws) };
    return await (await open(page)).subscribe(where, resumes);
  } finally {
    server.close();
    await kill();
    for (const socket of ws.clients) socket.terminate();
    for (const socket of sockets) socket.destroy();
    ws.close();
    tcp.close();
  }
}

test.describe("a graphql-ws subscription over WebTransport whose relay is killed", () => {
  const all = Array.from({ length: RESULTS }, (_, at) => at + 1);

  for (let run = 1; run <= RUNS; run++) {
    test(`goes on over a WebSocket, with no close event and no result lost (${run} of ${RUNS})`, async ({ page }) => {
      const { carriers, ...rest } = await subscribe(page, true);
      expect(rest).toEqual({ counts: all, closes: 0, failed: false });
      expect(carriers).toEqual(["WebTransport", "WebSocket"]);
    });
  }

  test("fails without ./resume", async ({ page }) => {
    test.setTimeout(180_000); // the browser waits for half a minute before it gives a silent session up
    const { counts, closes, failed } = await subscribe(page, false);
    expect(counts.length).toBeLessThan(RESULTS);
    expect(counts).toEqual(all.slice(0, counts.length));
    expect({ closes, failed }).toEqual({ closes: 1, failed: true });
  });
});

/** Writes a document in one page while the other one keeps it, and does the steps at shares of the way. */
async function transfer(
  context: BrowserContext,
  mebibytes: number,
  steps: readonly ((near: Remote<ResumePage>, far: Remote<ResumePage>) => Promise<unknown>)[],
): Promise<{ readonly before: Course; readonly after: Course }> {
  const [near, far] = [await open(await context.newPage()), await open(await context.newPage())] as const;
  await Promise.all([near.meet("room"), far.meet("room")]);
  await far.serveDocument();
  await near.openDocument();
  await new Promise((resolve) => setTimeout(resolve, 2500)); // rounds of ICE are at least two seconds apart
  const before = await near.course();
  const bytes = mebibytes * 2 ** 20;
  const polling = { timeout: 60_000 + mebibytes * 10_000, intervals: [10, 50, 250] };
  await near.write(mebibytes);
  for (const [at, step] of steps.entries()) {
    await expect.poll(() => far.size(), polling).toBeGreaterThan((bytes * at) / 5);
    expect(await far.size()).toBeLessThan(bytes);
    await step(near, far);
  }
  await expect.poll(() => far.size(), polling).toBe(bytes);
  expect(await far.hash()).toBe(await near.hash());
  return { before, after: await near.course() };
}

test.describe("a document of y-websocket that is being transferred", () => {
  test.beforeEach(() => test.setTimeout(120_000 + MEBIBYTES * 20_000));

  test(`survives a restart of ICE and a killed carrier, ${MEBIBYTES} MiB`, async ({ context }) => {
    const { before, after } = await transfer(context, MEBIBYTES, [
      (near) => near.restartIce(),
      (near) => near.killCarrier(),
    ]);
    expect(before).toMatchObject({ carriers: 1, connections: 1, closes: 0 });
    expect(after).toMatchObject({ connections: 1, closes: 0 });
    expect(after.carriers).toBeGreaterThan(1);
    expect(after.ufrag).not.toBe(before.ufrag);
  });

  test(`survives a new connection when ICE can't be restarted, ${MEBIBYTES} MiB`, async ({ context }) => {
    const { after } = await transfer(context, MEBIBYTES, [
      (near, far) => Promise.all([near.failConnection(), far.failConnection()]),
    ]);
    expect(after).toMatchObject({ connections: 2, closes: 0 });
  });
});
