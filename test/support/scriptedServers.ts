/** The tests' server on a TCP port, for the browser's own `WebSocket`, for the duration of a test run. */
import { createServer, type AddressInfo, type Socket } from "node:net";
import { Duplex } from "node:stream";
import type { TestProject } from "vitest/node";
import type { ByteTransport } from "../../src/transports/byteTransport.ts";
import { serveScripts } from "../websocket/scriptedServer.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The address of the server, such as `ws://127.0.0.1:1234`. */
    readonly scriptedServer: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    const { readable, writable } = Duplex.toWeb(socket) as unknown as ByteTransport;
    serveScripts({ readable, writable, close: () => socket.destroySoon() });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  project.provide("scriptedServer", `ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return () => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(() => resolve()));
  };
}
