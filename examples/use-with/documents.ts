/** In the page: documents of a server, each over a stream of one session, which is opened again when it was lost. */
import { WebsocketProvider } from "y-websocket";
import type { Doc } from "yjs";
import { dial } from "websocket-over/webtransport";
import { createWebSocketClass } from "websocket-over/websocket";

export function documentsAt(url: URL, options?: WebTransportOptions): (name: string, doc: Doc) => WebsocketProvider {
  let session: WebTransport | undefined;
  const forget = (): void => void (session = undefined);
  const WebSocketPolyfill = createWebSocketClass(() => {
    if (session === undefined) {
      session = new WebTransport(url, options);
      session.closed.then(forget, forget);
    }
    return dial(session);
  });
  return (name, doc) => new WebsocketProvider(`wss://${url.host}`, name, doc, { WebSocketPolyfill });
}
