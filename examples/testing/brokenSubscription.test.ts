/** A subscription of graphql-ws goes on after its connection broke in the middle of a message. */
import { createClient } from "graphql-ws";
import { expect, test } from "vitest";
import { matchers, webSocketServer, type ServerSocket } from "websocket-over/testing";

expect.extend(matchers);

const result = (id: string, price: number): object => ({ id, type: "next", payload: { data: { price } } });

test("half a result is none, and the client subscribes again", async () => {
  await using server = webSocketServer();
  /** Answers as a server of graphql-ws does, up to the subscription. */
  async function serve(): Promise<{ socket: ServerSocket; id: string }> {
    const request = await server.request();
    const socket = await request.accept({ subprotocol: "graphql-transport-ws" });
    await expect(socket).toReceiveJSON({ type: "connection_init" });
    await socket.sendJSON({ type: "connection_ack" });
    await expect(socket).toReceiveJSON(
      { type: "subscribe", payload: { query: "subscription { price }" } },
      { partial: true },
    );
    const { data } = socket.received.items.at(-1) as { data: string };
    return { socket, id: (JSON.parse(data) as { id: string }).id };
  }

  const client = createClient({
    url: "wss://api.example/graphql",
    webSocketImpl: server.WebSocket,
    shouldRetry: () => true, // else the `error` event of a broken connection ends the subscription
    retryWait: () => Promise.resolve(),
  });
  const prices = client.iterate<{ price: number }>({ query: "subscription { price }" });

  const next = prices.next();
  const first = await serve();
  await first.socket.sendJSON(result(first.id, 1));
  expect((await next).value).toEqual({ data: { price: 1 } });

  const later = prices.next();
  void first.socket.fault.cut({ afterBytes: 20 });
  void first.socket.sendJSON(result(first.id, 2));
  const second = await serve();
  await second.socket.sendJSON(result(second.id, 3));
  expect((await later).value).toEqual({ data: { price: 3 } });
  await client.dispose();
});
