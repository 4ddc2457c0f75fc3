/** On the server: one handler for WebTransport and for tunnels through WebSockets. */
import { WebSocketServer, type WebSocketServerOptions } from "websocket-over/server";
import { serve, type RequestHandler } from "websocket-over/stream";
import { webSocketTransport } from "websocket-over/websocket-transport";
import { incoming, type WebTransportSession } from "websocket-over/webtransport";

const handler: RequestHandler = async (request) => {
  const session = await request.accept();
  for await (const message of session) await session.send(`${request.target} says ${message}`);
};

/** Call it with each session of your HTTP/3 server. */
export async function serveSession(session: WebTransportSession): Promise<void> {
  await serve(incoming(session), handler);
}

/** Give it the upgrade requests of `/tunnel`. */
export function tunnelServer(options: WebSocketServerOptions): WebSocketServer {
  const server = new WebSocketServer(options);
  server.on("connection", (peer) => void serve([webSocketTransport(peer)], handler));
  return server;
}
