/**
 * vscode-ws-jsonrpc, which connects editors to language servers: it assigns `onopen` late and still expects the event.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createWebSocketConnection, listen, type IWebSocket } from "vscode-ws-jsonrpc";
import type { WebSocket as WsPeer } from "ws";
import type { World } from "./faces.ts";
import { worldsOfObjects } from "./worlds.ts";

type MessageConnection = ReturnType<typeof createWebSocketConnection>;

const silent = { error() {}, warn() {}, info() {}, log() {} };

/** What it asks of a server's end. */
const ofPeer = (peer: WsPeer): IWebSocket => ({
  send: (content) => peer.send(content),
  onMessage: (callback) => peer.on("message", (data: Buffer) => callback(data.toString())),
  onError: (callback) => peer.on("error", callback),
  onClose: (callback) => peer.on("close", (code, reason) => callback(code, reason.toString())),
  dispose: () => peer.close(),
});

describe.each(worldsOfObjects)("vscode-ws-jsonrpc over $name", ({ open }) => {
  let world: World;
  let servers: MessageConnection[];
  let documents: string[];

  beforeEach(async () => {
    world = await open();
    servers = [];
    documents = [];
    world.server.on("connection", (peer) => {
      const connection = createWebSocketConnection(ofPeer(peer), silent);
      servers.push(connection);
      connection.onRequest("hover", async ({ word }: { word: string }) => {
        await connection.sendNotification("progress", `looking for ${word}`);
        return { contents: `about ${word}` };
      });
      connection.onNotification("opened", (text: string) => void documents.push(text));
      connection.onRequest("opened", () => documents.length);
      connection.listen();
    });
  });

  afterEach(() => world.close());

  const connect = (): Promise<MessageConnection> =>
    new Promise((resolve) => {
      const webSocket = new world.WebSocket(`${world.url}/server`);
      listen({
        webSocket,
        logger: silent,
        onConnection: (connection) => {
          connection.listen();
          resolve(connection);
        },
      });
    });

  test("requests are answered, and notifications arrive before the answer", async () => {
    const connection = await connect();
    const progress: string[] = [];
    connection.onNotification("progress", (text: string) => void progress.push(text));
    const words = Array.from({ length: 20 }, (_, i) => `wörd ${i}`);
    expect(await Promise.all(words.map((word) => connection.sendRequest("hover", { word })))).toEqual(
      words.map((word) => ({ contents: `about ${word}` })),
    );
    expect(progress).toEqual(words.map((word) => `looking for ${word}`));
  });

  test("a long document arrives whole", async () => {
    const connection = await connect();
    const text = "let it be; // ✓\n".repeat(20_000);
    await connection.sendNotification("opened", text);
    expect(await connection.sendRequest("opened")).toBe(1);
    expect(documents).toEqual([text]);
  });

  test("the server's own requests are answered by the client", async () => {
    const connection = await connect();
    connection.onRequest("configuration", () => ({ tabs: 2 }));
    await connection.sendRequest("opened");
    expect(await servers[0]?.sendRequest("configuration")).toEqual({ tabs: 2 });
  });

  test("a lost connection is reported as an error and a close", async () => {
    const connection = await connect();
    const error = new Promise<Error>((resolve) => connection.onError(([reason]) => resolve(reason)));
    const closed = new Promise<void>((resolve) => connection.onClose(resolve));
    world.breakOff();
    expect((await error).message).toContain("code = 1006");
    await closed;
  });
});
