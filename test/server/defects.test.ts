/** Listeners and callbacks of the application that throw, and error events without a listener. */
import { describe, expect, test } from "vitest";
import { WebSocketServer, type Peer } from "../../src/server/index.ts";
import { hex } from "../support/wire.ts";
import { dial, open } from "./client.ts";
import { collectReports } from "./reports.ts";

const throwing = (what: string) => (): never => {
  throw new Error(what);
};
const defect = (what: string): Error => new Error(what);

describe("an error that a listener throws is reported, and the connection continues", () => {
  test.each(["message", "ping", "pong"] as const)("of %s", async (event) => {
    const { reports } = collectReports();
    const { client, peer } = await open(new WebSocketServer());
    peer.on(event, throwing(event));
    client.do((connection) => {
      connection.sendData("one");
      connection.ping();
      connection.pong();
    });
    await client.event("pongReceived");
    peer.send("still here");
    expect(await client.message()).toBe("still here");
    expect(reports).toEqual([defect(event)]);
  });
  test("of close and of error", async () => {
    const { reports } = collectReports();
    const server = new WebSocketServer();
    const { client, peer } = await open(server);
    peer.on("error", throwing("error"));
    peer.on("close", throwing("close"));
    await client.raw(hex("83 80 00 00 00 00"));
    await client.event("connectionClosed");
    await new Promise<void>((resolve) => server.close(() => resolve()));
    expect(reports).toEqual([defect("error"), defect("close")]);
  });
  test("of connection", async () => {
    const { reports } = collectReports();
    const server = new WebSocketServer();
    server.on("connection", throwing("connection"));
    const { client } = dial(server);
    await client.event("connectionEstablished");
    expect(reports).toEqual([defect("connection")]);
    expect(server.clients!.size).toBe(1);
  });
  test("of the browser's style, and on the socket", async () => {
    const { reports } = collectReports();
    const { client, peer } = await open(new WebSocketServer());
    peer.onmessage = throwing("onmessage");
    peer._socket.on("drain", throwing("drain"));
    client.do((connection) => connection.sendData("one"));
    peer.send(new Uint8Array(1_000_000));
    await client.message();
    await expect.poll(() => reports).toEqual([defect("onmessage"), defect("drain")]);
  });
});

test.each<[string, (peer: Peer, callback: () => void) => void]>([
  ["send", (peer, callback) => peer.send("data", callback)],
  ["send of a Blob", (peer, callback) => peer.send(new Blob(["data"]), callback)],
  ["ping", (peer, callback) => peer.ping(callback)],
])("an error that a callback of %s throws is reported, and later messages are sent", async (_, use) => {
  const { reports } = collectReports();
  const { peer } = await open(new WebSocketServer());
  use(peer, throwing("callback"));
  let called = false;
  peer.send("behind", () => (called = true));
  await expect.poll(() => called).toBe(true);
  expect(reports).toEqual([defect("callback")]);
});

describe("an error that a hook throws is reported, and the client gets 500", () => {
  const withCallback = <Hook>(hook: Hook): Hook => Object.defineProperty(hook, "length", { value: 2 });
  const rejected = Promise.reject.bind(Promise);
  test.each([
    ["verifyClient", { verifyClient: throwing("hook") }],
    ["verifyClient, later", { verifyClient: () => rejected(new Error("hook")) }],
    ["verifyClient with a callback", { verifyClient: withCallback(throwing("hook")) }],
    ["verifyClient with a callback, later", { verifyClient: withCallback(() => rejected(new Error("hook"))) }],
    ["handleProtocols", { handleProtocols: throwing("hook") }],
    ["handleProtocols, later", { handleProtocols: () => rejected(new Error("hook")) }],
  ])("%s", async (_, options) => {
    const { reports } = collectReports();
    const { client } = dial(new WebSocketServer(options), { subprotocols: ["chat"] });
    expect((await client.event("connectionRejected")).status).toBe(500);
    expect(reports).toEqual([defect("hook")]);
  });
  test("a headers listener", async () => {
    const { reports } = collectReports();
    const server = new WebSocketServer();
    server.on("headers", throwing("headers"));
    expect((await dial(server).client.event("connectionRejected")).status).toBe(500);
    expect(reports).toEqual([defect("headers")]);
  });
});

describe("what the handshake can't send is an error of the application, and the client gets 500", () => {
  test.each([
    ["a subprotocol that was not offered", { handleProtocols: () => "other" }],
    [
      "an invalid status",
      { verifyClient: (_: unknown, verified: (...args: unknown[]) => void) => verified(false, 101) },
    ],
    [
      "a header that breaks the line",
      {
        verifyClient: (_: unknown, verified: (...args: unknown[]) => void) =>
          verified(false, 401, "", { "x-a": "b\r\nSet-Cookie: c" }),
      },
    ],
  ])("%s", async (_, options) => {
    const { reports } = collectReports();
    const { client } = dial(new WebSocketServer(options as never), { subprotocols: ["chat"] });
    expect((await client.event("connectionRejected")).status).toBe(500);
    expect(reports).toHaveLength(1);
  });
  test.each(["no colon", "X-A: b\r\nSet-Cookie: c", "Sec-WebSocket-Accept: forged", ": empty"])(
    "the line %j of a headers listener",
    async (line) => {
      const { reports } = collectReports();
      const server = new WebSocketServer();
      server.on("headers", (lines) => void lines.push(line));
      expect((await dial(server).client.event("connectionRejected")).status).toBe(500);
      expect(reports).toHaveLength(1);
    },
  );
});

describe("an error event without a listener", () => {
  test("of a peer is reported to the platform, and only its connection ends", async () => {
    const { reports } = collectReports();
    const server = new WebSocketServer();
    const bad = await open(server);
    const good = await open(server);
    await bad.client.raw(hex("83 80 00 00 00 00"));
    await bad.client.event("connectionClosed");
    expect(reports).toMatchObject([{ name: "RemoteProtocolError", code: "reservedOpcode" }]);
    good.peer.send("still here");
    expect(await good.client.message()).toBe("still here");
  });
  test("of the server is reported to the platform", async () => {
    const { reports } = collectReports();
    const server = new WebSocketServer();
    const next = (): Promise<never> => Promise.reject(new Error("no more"));
    await server.serve({ [Symbol.asyncIterator]: () => ({ next }) });
    expect(reports).toEqual([new Error("no more")]);
  });
  test("of a handshake is not reported", async () => {
    const { reports } = collectReports();
    const { client } = dial(new WebSocketServer({ path: "/other" }));
    await client.event("connectionRejected");
    expect([...reports, ...reports]).toEqual([]);
  });
});
