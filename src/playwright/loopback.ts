/** The "wire" mode: a listener on the loopback interface, for the browser's own WebSocket. */
import { createServer, type AddressInfo, type Socket } from "node:net";
import { socketTransport } from "../transports/node.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";

export interface Loopback {
  /** `ws://127.0.0.1:PORT` */
  readonly url: string;
  close(): Promise<void>;
}

export async function listenOnLoopback(connect: (transport: ByteTransport) => void): Promise<Loopback> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    connect(socketTransport(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/**
 * Returns the URL and target that a page requested, if its connection was redirected here, from the encoded target.
 * `undefined` for any other target.
 */
export function readLedTarget(target: string): { readonly url: string; readonly target: string } | undefined {
  const [, origin = "", rest = ""] = /^\/~\/([^/]+)(\/.*)$/.exec(target) ?? [];
  const decoded = percentDecoded(origin);
  if (decoded === undefined || !/^wss?:\/\/[^/?#@\\]+$/i.test(decoded) || !URL.canParse(decoded)) return undefined;
  return { url: decoded + rest, target: rest };
}

function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
