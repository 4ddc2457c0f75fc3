/** Our class and our server, joined by pipes: they run wherever JavaScript runs. */
import type { WebSocketServer as WsServer } from "ws";
import type { Extension } from "../../src/core/extension.ts";
import { permessageDeflate } from "../../src/deflate/index.ts";
import { WebSocketServer } from "../../src/server/index.ts";
import { pipe, type ByteTransport } from "../../src/transports/pipe.ts";
import { createWebSocketClass, webSocketOver } from "../../src/websocket/index.ts";
import type { World, WorldKind } from "./faces.ts";

export const overPipes: WorldKind = {
  name: "our WebSocket and our server over pipes",
  open: () => Promise.resolve(join(pipe, createWebSocketClass)),
};

/** No message comes as it was sent: its bytes are others, and come in other chunks. */
export const overPieces: WorldKind = {
  name: "our WebSocket and our server over pipes, compressed and in pieces",
  open: () => {
    const extensions = [permessageDeflate()];
    const line = (): ReturnType<typeof pipe> => pipe().map(inPieces) as ReturnType<typeof pipe>;
    return Promise.resolve(join(line, (dial) => createWebSocketClass(dial, { extensions }), extensions));
  },
};

/** For libraries that are content with an object: one over a transport that there is before, as in a tunnel. */
export const overTunnel: WorldKind = {
  name: "our object over a pipe and our server",
  open: () => {
    const make = (dial: Dial): unknown =>
      function openSocket(url: string, protocols?: string[]): WebSocket {
        return webSocketOver(inTunnel(dial), { url, protocols });
      };
    return Promise.resolve(join(pipe, make as (dial: Dial) => typeof WebSocket));
  },
};

type Dial = () => ByteTransport;

function join(line: typeof pipe, makeClass: (dial: Dial) => typeof WebSocket, extensions: Extension[] = []): World {
  // In a page the origin of the requests is that page's, which is not the server's.
  const server = new WebSocketServer({ origins: "any", extensions });
  const lines = new Set<ByteTransport>();
  const dial = (): ByteTransport => {
    if (!world.reachable) throw new Error("the server can't be reached");
    const [near, far] = line();
    lines.add(far);
    void far.closed?.then(() => lines.delete(far));
    server.handleTransport(far);
    return near;
  };
  const world: World = {
    url: "ws://server.test",
    WebSocket: makeClass(dial),
    // That it is one is what the tests are about.
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
  return world;
}

/** A tunnel that has ended, where there is none. */
function inTunnel(dial: Dial): ByteTransport {
  try {
    return dial();
  } catch {
    const [near, far] = pipe();
    far.close?.();
    return near;
  }
}

function inPieces(transport: ByteTransport): ByteTransport {
  const sizes = [1, 2, 3, 500, 1, 4096, 13];
  let pieces = 0;
  const cut = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      for (let at = 0; at < chunk.length;) {
        const size = sizes[pieces++ % sizes.length]!;
        controller.enqueue(chunk.slice(at, at + size));
        at += size;
      }
    },
  });
  return { ...transport, readable: transport.readable.pipeThrough(cut) };
}
