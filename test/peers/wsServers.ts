/**
 * A ws server over TCP and one of ours over pipes, with the same interface: what holds for the first must hold for the
 * second.
 */
import { connect, type AddressInfo } from "node:net";
import { Duplex } from "node:stream";
import { WebSocketServer as WsServer, type ServerOptions, type WebSocket } from "ws";
import type { ClientOptions } from "../../src/index.ts";
import { WebSocketServer } from "../../src/server/index.ts";
import { pipe, type ByteTransport } from "../../src/transports/pipe.ts";
import { Client } from "../server/client.ts";

/** What both take. */
export type Options = Pick<
  ServerOptions,
  "handleProtocols" | "verifyClient" | "path" | "clientTracking" | "maxPayload" | "autoPong"
>;

export interface Running {
  readonly server: WsServer;
  /** A stream of bytes to the server. */
  dial(): ByteTransport;
  stop(): Promise<void>;
}

export interface ServerKind {
  readonly name: string;
  readonly start: (options?: Options) => Promise<Running>;
}

export const ws: ServerKind = {
  name: "ws over TCP",
  async start(options = {}) {
    const server = new WsServer({ ...options, host: "127.0.0.1", port: 0 });
    await new Promise((resolve) => server.on("listening", resolve));
    const { port } = server.address() as AddressInfo;
    const sockets = new Set<Duplex>();
    return {
      server,
      dial() {
        const socket = connect({ host: "127.0.0.1", port, noDelay: true, allowHalfOpen: true });
        socket.on("error", () => {});
        sockets.add(socket);
        return { ...(Duplex.toWeb(socket) as unknown as ByteTransport), close: () => socket.destroySoon() };
      },
      stop: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          for (const socket of sockets) socket.destroy();
        }),
    };
  },
};

export const ours: ServerKind = {
  name: "ours over pipes",
  start(options = {}) {
    const server = new WebSocketServer(options as object);
    const ends = new Set<ByteTransport>();
    return Promise.resolve({
      server: server as unknown as WsServer,
      dial() {
        const [near, far] = pipe();
        server.handleTransport(far);
        ends.add(far);
        return near;
      },
      stop: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          for (const end of ends) end.close?.();
        }),
    });
  },
};

/** Connects a client that is accepted. */
export async function openPeer(
  running: Running,
  options: Partial<ClientOptions> = {},
): Promise<{ client: Client; peer: WebSocket; request: Parameters<WsServer["shouldHandle"]>[0] }> {
  const connected = new Promise<{ peer: WebSocket; request: Parameters<WsServer["shouldHandle"]>[0] }>((resolve) => {
    running.server.once("connection", (peer, request) => resolve({ peer, request }));
  });
  const client = new Client(running.dial(), options);
  await client.event("connectionEstablished");
  return { client, ...(await connected) };
}
