/** The service worker: a WebSocket server for all pages in its scope. */
import { messagePortTransport } from "websocket-over/messageport";
import { serve } from "websocket-over/stream";

interface ServiceWorkerEvent extends MessageEvent<unknown> {
  waitUntil(promise: Promise<unknown>): void;
}

addEventListener("message", (event) => {
  const { ports } = event;
  const served = serve([messagePortTransport(ports[0]!)], async (request) => {
    const session = await request.accept();
    for await (const message of session) await session.send(`the service worker says ${message}`);
  });
  (event as ServiceWorkerEvent).waitUntil(served); // keeps it awake while the connection is open
});
