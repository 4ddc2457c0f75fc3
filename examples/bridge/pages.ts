/** In a page: it lets another page, which it has met over WebRTC, reach a server that only this one can reach. */
import { bridgeMessages } from "websocket-over/bridge";
import type { Meeting } from "websocket-over/rendezvous";
import { serve } from "websocket-over/stream";

export async function shareServer(meeting: Meeting, url: string): Promise<void> {
  await serve(meeting.incoming, async (request) => {
    const socket = new WebSocket(url, [...request.subprotocols]);
    const session = await request.accept();
    await bridgeMessages(session, socket);
  });
}
