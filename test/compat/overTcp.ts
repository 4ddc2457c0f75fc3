/** Node's own WebSocket and the server of ws over TCP: what the libraries are known to work with. */
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { WebSocketServer } from "ws";
import type { WorldKind } from "./faces.ts";

export const loopback: WorldKind = {
  name: "the WebSocket of Node and the server of ws",
  async open() {
    const http = createServer();
    const server = new WebSocketServer({ server: http });
    const sockets = new Set<Socket>();
    http.on("connection", (socket) => {
      if (!world.reachable) {
        socket.destroy();
        return;
      }
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const breakOff = (): void => sockets.forEach((socket) => socket.destroy());
    const world = {
      url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`,
      WebSocket: globalThis.WebSocket,
      server,
      reachable: true,
      breakOff,
      close: () =>
        new Promise<void>((resolve) => {
          // Some libraries have closed the server of ws before.
          server.close(() => http.close(() => resolve()));
          breakOff();
        }),
    };
    return world;
  },
};
