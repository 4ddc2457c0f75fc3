/** Our class and our server, joined by pipes: it runs wherever JavaScript does. */
import type { WebSocketServer as WsServer } from "ws";
import { WebSocketServer } from "../../src/server/index.ts";
import { pipe, type ByteTransport } from "../../src/transports/pipe.ts";
import { createWebSocketClass } from "../../src/websocket/index.ts";
import type { World, WorldKind } from "./faces.ts";

export const overPipes: WorldKind = {
  name: "our WebSocket and our server over pipes",
  open() {
    // In a page the origin of the requests is that page's, which is not the server's.
    const server = new WebSocketServer({ origins: "any" });
    const lines = new Set<ByteTransport>();
    const world: World = {
      url: "ws://server.test",
      WebSocket: createWebSocketClass(() => {
        if (!world.reachable) throw new Error("the server can't be reached");
        const [near, far] = pipe();
        lines.add(far);
        void far.closed?.then(() => lines.delete(far));
        server.handleTransport(far);
        return near;
      }),
      // That this holds is what the tests are about.
      server: server as unknown as WsServer,
      reachable: true,
      breakOff: () => lines.forEach((line) => line.close?.()),
      close: () =>
        new Promise((resolve) => {
          // Some libraries have closed the server before.
          server.close(() => resolve());
          world.breakOff();
        }),
    };
    return Promise.resolve(world);
  },
};
