/** Over TCP on this machine: Node's own WebSocket and the `ws` server, or ours in place of either. */
import { createServer } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { WebSocketServer as WsServer } from "ws";
import { WebSocketServer } from "../../src/server/index.ts";
import { socketTransport, upgrades } from "../../src/transports/node.ts";
import { createWebSocketClass } from "../../src/websocket/index.ts";
import type { World, WorldKind } from "./faces.ts";

/** What the libraries are known to work with. */
export const oracle: WorldKind = {
  name: "the WebSocket of Node and the server of ws",
  open: () => join({ ourClient: false, ourServer: false }),
};

export const ourServerOverTcp: WorldKind = {
  name: "the WebSocket of Node and our server over TCP",
  open: () => join({ ourClient: false, ourServer: true }),
};

export const ourClientOverTcp: WorldKind = {
  name: "our WebSocket over TCP and the server of ws",
  open: () => join({ ourClient: true, ourServer: false }),
};

async function join({ ourClient, ourServer }: { ourClient: boolean; ourServer: boolean }): Promise<World> {
  const http = createServer();
  const sockets = new Set<Socket>();
  http.on("connection", (socket) => {
    if (!world.reachable) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  let server: WsServer;
  if (ourServer) {
    const ours = new WebSocketServer();
    void ours.serve(upgrades(http));
    server = ours as unknown as WsServer;
  } else {
    server = new WsServer({ server: http });
  }
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  const breakOff = (): void => sockets.forEach((socket) => socket.destroy());
  const world: World = {
    url: `ws://127.0.0.1:${port}`,
    WebSocket: ourClient ? createWebSocketClass(dial) : globalThis.WebSocket,
    server,
    reachable: true,
    breakOff,
    close: () =>
      new Promise<void>((resolve) => {
        // Some libraries have closed the server before.
        server.close(() => http.close(() => resolve()));
        breakOff();
      }),
  };
  return world;
}

async function dial({ hostname, port }: URL): Promise<ReturnType<typeof socketTransport>> {
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  return socketTransport(socket);
}
