/** In the page: a session that goes on when its WebSocket is lost. */
import { resumable } from "websocket-over/resume";
import { connect, type WebSocketSession } from "websocket-over/stream";
import { webSocketProtocol, webSocketTransport } from "websocket-over/websocket-transport";

/** Calls `show` with the state whenever it changes, for a "reconnecting…" badge. */
export async function openSession(url: string, show: (state: string) => void): Promise<WebSocketSession> {
  const transport = resumable(() => webSocketTransport(new WebSocket(url, webSocketProtocol)));
  transport.onstatechange = () => show(transport.state);
  return await connect(transport, { url });
}
