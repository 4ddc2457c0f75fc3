/** A ws server that joins two WebSockets, for those that carry a byte stream, for the duration of a test run. */
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import type { TestProject } from "vitest/node";
import { WebSocketServer, type WebSocket } from "ws";

declare module "vitest" {
  interface ProvidedContext {
    /** The address of the server, such as `ws://127.0.0.1:1234`. */
    readonly webSocketRelay: string;
  }
}

/** If one end closes with this code, the other's connection is cut off. */
const BREAK_OFF = 4999;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { url, stop } = await startWebSocketRelay();
  project.provide("webSocketRelay", url);
  return stop;
}

/**
 * The first two connections that ask for the same path are each other's far end, messages and close codes alike; the
 * first offered subprotocol is chosen. `/refused` is answered with 401, `/unanswered` not at all.
 */
export async function startWebSocketRelay(): Promise<{ url: string; stop: () => Promise<void> }> {
  const first = new Map<string, WebSocket>();
  const unanswered = new Set<Socket>();
  const server = new WebSocketServer({
    port: 0,
    host: "127.0.0.1",
    handleProtocols: (offered) => [...offered][0] ?? false,
    verifyClient: ({ req }, answer) => {
      if (req.url === "/unanswered") unanswered.add(req.socket);
      else answer(req.url !== "/refused", 401);
    },
  });
  server.on("connection", (socket, request) => {
    const url = request.url!;
    const other = first.get(url);
    if (other === undefined) {
      first.set(url, socket);
      socket.pause();
    } else {
      first.delete(url);
      relay(socket, other);
      relay(other, socket);
      other.resume();
    }
  });
  await once(server, "listening");
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      for (const socket of server.clients) socket.terminate();
      for (const socket of unanswered) socket.destroy(); // otherwise they stay half open, and keep the server open
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function relay(from: WebSocket, to: WebSocket): void {
  from.on("error", () => undefined);
  from.on("message", (data, binary) => to.send(data, { binary }));
  from.on("close", (code, reason) => {
    if (code === 1006 || code === BREAK_OFF) to.terminate();
    else if (code === 1005) to.close();
    else to.close(code, reason);
  });
}
