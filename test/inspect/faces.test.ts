/**
 * The connections inside sessions, sockets and servers: `onConnection` receives each, and a tap on it sees everything.
 */
import { describe, expect, test } from "vitest";
import type { Connection, ConnectionOptions } from "../../src/index.ts";
import { tap, type FrameRecord, type Trace } from "../../src/inspect/index.ts";
import { WebSocketServer } from "../../src/server/index.ts";
import { accept, connect, serve } from "../../src/stream/index.ts";
import { pipe } from "../../src/transports/pipe.ts";
import { createWebSocketClass, webSocketOver } from "../../src/websocket/index.ts";

/** Taps every connection that it is given. */
function taps(): { traces: Trace[]; onConnection: (connection: Connection, options: ConnectionOptions) => void } {
  const traces: Trace[] = [];
  const onConnection = (connection: Connection, connectionOptions: ConnectionOptions): void =>
    void traces.push(tap(connection, { connectionOptions }));
  return { traces, onConnection };
}

/** What was seen, each record in a word. */
const outline = (trace: Trace | undefined): string[] =>
  trace!.records.map((record) =>
    record.kind === "frame" ? `${record.direction} ${record.opcode}` : `${record.direction} ${record.kind}`,
  );

const texts = (trace: Trace | undefined, direction: string): string[] =>
  trace!.records
    .filter((record): record is FrameRecord => record.kind === "frame" && record.opcode === 1)
    .filter((record) => record.direction === direction)
    .map((record) => new TextDecoder().decode(record.payload));

describe("onConnection", () => {
  test("of connect and accept", async () => {
    const [near, far] = pipe();
    const [client, server] = [taps(), taps()];
    const accepting = accept(far, { onConnection: server.onConnection }).then((request) => request.accept());
    const session = await connect(near, { onConnection: client.onConnection });
    const peer = await accepting;
    await session.send("hello");
    expect(await peer.receive()).toBe("hello");
    await session.close({ closeCode: 1000 });
    await peer.closed;
    expect(outline(client.traces[0])).toEqual(["sent head", "received head", "sent 1", "sent 8", "received 8"]);
    expect(outline(server.traces[0])).toEqual(["received head", "sent head", "received 1", "received 8", "sent 8"]);
    expect(server.traces[0]!.closed).toMatchObject({ type: "connectionClosed", code: 1000, wasClean: true });
  });

  test("of serve", async () => {
    const [near, far] = pipe();
    const { traces, onConnection } = taps();
    const served = serve([far], async (request) => void (await request.accept()).send("hi"), { onConnection });
    const session = await connect(near);
    expect(await session.receive()).toBe("hi");
    await session.close();
    await served;
    expect(texts(traces[0], "sent")).toEqual(["hi"]);
  });

  test("of the WebSocket class, of an object over a transport, and of the server", async () => {
    const [sockets, peers] = [taps(), taps()];
    const server = new WebSocketServer({ onConnection: peers.onConnection });
    server.on("connection", (peer) => peer.on("message", (data) => peer.send(data, { binary: false })));
    const dial = (): ReturnType<typeof pipe>[0] => {
      const [near, far] = pipe();
      server.handleTransport(far);
      return near;
    };
    const options = { onConnection: sockets.onConnection };
    const Class = createWebSocketClass(dial, options);
    for (const make of [() => new Class("ws://a/"), () => webSocketOver(dial(), options)]) {
      const socket = make();
      await new Promise((resolve) => {
        socket.onopen = () => socket.send("echo");
        socket.onmessage = () => socket.close();
        socket.onclose = resolve;
      });
    }
    for (const trace of [...sockets.traces, ...peers.traces]) {
      expect(texts(trace, "sent")).toEqual(["echo"]);
      expect(texts(trace, "received")).toEqual(["echo"]);
    }
    expect([sockets.traces.length, peers.traces.length]).toEqual([2, 2]);
  });

  test("an error that it throws reaches the caller", async () => {
    const onConnection = (): never => {
      throw new Error("not today");
    };
    const [near, far] = pipe();
    await expect(connect(near, { onConnection })).rejects.toThrow("not today");
    await expect(accept(far, { onConnection })).rejects.toThrow("not today");
    expect(() => webSocketOver(near, { onConnection })).toThrow("not today");
    expect(() => new WebSocketServer({ onConnection }).handleTransport(far)).toThrow("not today");
  });
});
