/** rpc-websockets: JSON-RPC whose client waits for the callback of `send`. */
import { CommonClient, type ICommonWebSocket } from "rpc-websockets";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket as WsClient, type WebSocket as WsPeer } from "ws";
import type { World } from "./faces.ts";
import { overPieces, overPipes, overTunnel } from "./overPipes.ts";
import { oracle } from "./overTcp.ts";

interface Call {
  readonly id?: number;
  readonly method: string;
  readonly params: Record<string, number>;
}

// With the WebSocket of Node, which calls nothing back, every call would hang: here the oracle is ws at both ends.
describe.each([oracle, overPipes, overPieces, overTunnel])("rpc-websockets over $name", (kind) => {
  let world: World;
  let peers: WsPeer[];
  let clients: CommonClient[];
  let notified: unknown[];

  beforeEach(async () => {
    world = await kind.open();
    [peers, clients, notified] = [[], [], []];
    world.server.on("connection", (peer: WsPeer) => {
      peers.push(peer);
      peer.on("message", (data: Buffer) => {
        const { id, method, params } = JSON.parse(data.toString()) as Call;
        if (id === undefined) notified.push([method, params]);
        else if (method === "sum") peer.send(JSON.stringify({ jsonrpc: "2.0", id, result: params.a! + params.b! }));
        else peer.send(JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32601, message: `no ${method}` } }));
      });
    });
  });

  afterEach(async () => {
    for (const client of clients) client.close();
    await world.close();
  });

  async function connect(): Promise<CommonClient> {
    const Class = kind === oracle ? WsClient : world.WebSocket;
    const client = new CommonClient(
      (address) => new Class(address) as unknown as ICommonWebSocket,
      `${world.url}/rpc`,
      {
        reconnect_interval: 20,
      },
    );
    clients.push(client);
    await new Promise((resolve) => client.once("open", resolve));
    return client;
  }

  test("calls are answered, many at a time, and errors are passed on", async () => {
    const client = await connect();
    const sums = Array.from({ length: 50 }, (_, i) => client.call("sum", { a: i, b: 1000 }));
    expect(await Promise.all(sums)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1000));
    await expect(client.call("nothing")).rejects.toMatchObject({ code: -32601, message: "no nothing" });
  });

  test("notifications work both ways", async () => {
    const client = await connect();
    const news = new Promise((resolve) => client.once("news", resolve));
    await client.notify("seen", { page: 7 });
    await expect.poll(() => notified).toEqual([["seen", { page: 7 }]]);
    peers[0]!.send(JSON.stringify({ notification: "news", params: { headline: "wörld" } }));
    expect(await news).toEqual({ headline: "wörld" });
  });

  test("a lost connection is re-established, and works again", async () => {
    const client = await connect();
    client.on("error", () => undefined);
    const closed = new Promise((resolve) => client.once("close", resolve));
    world.breakOff();
    expect(await closed).toBe(1006);
    await new Promise((resolve) => client.once("open", resolve));
    expect(await client.call("sum", { a: 1, b: 2 })).toBe(3);
  });
});
