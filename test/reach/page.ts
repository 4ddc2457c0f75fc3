/** What a page tries: its own class, and ours over the carriers that it has. */
import { webRTCDial } from "../../src/transports/webrtc.ts";
import { webSocketProtocol, webSocketTransport } from "../../src/transports/webSocketTransport.ts";
import { createWebSocketClass } from "../../src/websocket/index.ts";
import { tryServer, type Outcome, type Trial } from "./trial.ts";

const options = { headers: { Cookie: "sid=42" } };

const inPage = {
  own: (trial: Trial): Promise<Outcome> => tryServer(WebSocket, trial),
  async webrtc(trial: Trial, endpoint: string): Promise<Outcome> {
    const dial = webRTCDial(endpoint);
    try {
      return await tryServer(createWebSocketClass(dial, options), trial);
    } finally {
      dial.close();
    }
  },
  tunnel(trial: Trial, url: string): Promise<Outcome> {
    const dial = () => webSocketTransport(new WebSocket(url, [webSocketProtocol]));
    return tryServer(createWebSocketClass(dial, options), trial);
  },
};

export type ReachPage = typeof inPage;
declare global {
  var reachPage: ReachPage;
}
globalThis.reachPage = inPage;
