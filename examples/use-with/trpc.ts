/** tRPC over a pipe: its own client, and its own handler for the server of ws. */
import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { pipe } from "websocket-over/pipe";
import { WebSocketServer } from "websocket-over/server";
import { createWebSocketClass } from "websocket-over/websocket";

const t = initTRPC.create();
const router = t.router({
  greeting: t.procedure.input((input) => String(input)).query(({ input }) => `hello, ${input}`),
});

const server = new WebSocketServer();
applyWSSHandler({ wss: server as never, router }); // TypeScript asks for the class of ws itself

const WebSocket = createWebSocketClass(() => {
  const [near, far] = pipe(); // in place of your transport
  server.handleTransport(far);
  return near;
});
const client = createWSClient({ url: "ws://server/trpc", WebSocket });
const trpc = createTRPCClient<typeof router>({ links: [wsLink({ client })] });
console.log(await trpc.greeting.query("Ada"));
await client.close();
