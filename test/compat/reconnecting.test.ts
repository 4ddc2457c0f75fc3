/** reconnecting-websocket and partysocket: clients that reconnect when the connection is lost. */
import { WebSocket as PartySocket } from "partysocket";
import ReconnectingWebSocket from "reconnecting-websocket";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { WebSocket as WsPeer } from "ws";
import type { World } from "./faces.ts";
import { worldsOfBothSides } from "./worlds.ts";

interface Reconnecting extends Pick<WebSocket, "close" | "protocol" | "readyState" | "url"> {
  readonly bufferedAmount: number;
  readonly retryCount: number;
  binaryType: "arraybuffer" | "blob";
  send(data: string | Uint8Array<ArrayBuffer> | Blob): unknown;
  addEventListener(type: string, listener: (event: Event) => void): void;
}
type Options = { WebSocket: unknown; minReconnectionDelay: number; maxReconnectionDelay: number; minUptime: number };
type Library = new (url: string, protocols: string[], options: Options) => Reconnecting;
const libraries: readonly [string, Library][] = [
  // Its declarations promise a default export, as it is for bundlers.
  ["reconnecting-websocket", ReconnectingWebSocket as unknown as Library],
  ["partysocket", PartySocket as Library],
];

describe.each(worldsOfBothSides)("over $name", ({ open }) => {
  describe.each(libraries)("%s", (_, Client) => {
    let world: World;
    let client: Reconnecting;
    let peers: WsPeer[];

    beforeEach(async () => {
      world = await open();
      peers = [];
      world.server.on("connection", (peer) => {
        peers.push(peer);
        peer.on("message", (data, isBinary) => peer.send(data, { binary: isBinary }));
      });
      client = new Client(`${world.url}/room`, ["chat"], {
        WebSocket: world.WebSocket,
        minReconnectionDelay: 5,
        maxReconnectionDelay: 20,
        minUptime: 1_000_000,
      });
      client.binaryType = "arraybuffer";
    });

    afterEach(async () => {
      client.close();
      await world.close();
    });

    const next = (name: string): Promise<Event & { data?: unknown }> =>
      new Promise((resolve) => client.addEventListener(name, resolve));

    test("connects, and exposes its URL", async () => {
      await next("open");
      expect([client.readyState, client.url, client.protocol]).toEqual([1, `${world.url}/room`, "chat"]);
    });

    test("sends queued messages when the connection opens", async () => {
      client.send("early");
      expect(client.bufferedAmount).toBe(5);
      expect(await next("message")).toMatchObject({ data: "early" });
    });

    test("carries strings, buffers and Blobs", async () => {
      await next("open");
      client.send("wörld");
      expect((await next("message")).data).toBe("wörld");
      client.send(Uint8Array.of(1, 2, 3).subarray(1));
      expect((await next("message")).data).toEqual(Uint8Array.of(2, 3).buffer);
      client.binaryType = "blob";
      client.send(new Blob(["blob"]));
      const { data } = await next("message");
      expect(data).toBeInstanceOf(Blob);
      expect(await (data as Blob).text()).toBe("blob");
    });

    test("reconnects after a lost connection, then sends what was queued", async () => {
      await next("open");
      world.reachable = false;
      const lost = Promise.race([next("close"), next("error")]);
      world.breakOff();
      await lost;
      client.send("meanwhile");
      while (client.retryCount < 3) await next("error");
      world.reachable = true;
      expect(await next("message")).toMatchObject({ data: "meanwhile" });
      expect(peers).toHaveLength(2);
    });

    test("reconnects after the server has closed the connection, and reports its code and reason", async () => {
      await next("open");
      const closed = next("close");
      peers[0]?.close(4001, "moved ✓");
      expect(await closed).toMatchObject({ code: 4001, reason: "moved ✓" });
      await next("open");
      client.send("again");
      expect(await next("message")).toMatchObject({ data: "again" });
      expect(peers).toHaveLength(2);
    });

    test("stays closed once close() was called, and the server gets the reason", async () => {
      await next("open");
      const told = new Promise((resolve) => peers[0]?.on("close", (code, reason) => resolve([code, String(reason)])));
      client.close(3000, "bye");
      expect(await told).toEqual([3000, "bye"]);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect([peers.length, client.readyState]).toEqual([1, 3]);
    });
  });
});
