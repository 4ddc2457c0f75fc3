/** In the page: reaches a server over WebTransport where that works, and otherwise through a WebSocket. */
import { race } from "websocket-over/resume";
import { connect, type WebSocketSession } from "websocket-over/stream";
import { webSocketProtocol, webSocketTransport } from "websocket-over/websocket-transport";
import { dial } from "websocket-over/webtransport";

export interface Addresses {
  /** Such as `https://server.example:4433/`. */
  readonly webTransport: string;
  readonly options?: WebTransportOptions;
  /** Such as `wss://server.example/tunnel`. */
  readonly webSocket: string;
}

/** Returns a function that opens sessions. It remembers which way worked. */
export function connector({ webTransport, options, webSocket }: Addresses): (url: string) => Promise<WebSocketSession> {
  const ways = [
    async (signal: AbortSignal) => {
      const session = new WebTransport(webTransport, options); // throws where there is none, as in older browsers
      signal.addEventListener("abort", () => session.close());
      return await dial(session, { signal });
    },
    () => webSocketTransport(new WebSocket(webSocket, webSocketProtocol)),
  ];
  return async (url) => await connect(await race(ways, { headStartMs: 500 }), { url });
}
