/** One end of a story over WebRTC, in a page or on Node. */
import { dataChannelProtocol, dataChannelTransport, incomingChannels } from "../../src/transports/webrtc.ts";
import { startServer } from "./serveStory.ts";
import { answer, offer } from "./signalling.ts";
import { StoryClient } from "./story.ts";

/** Of the WebSockets, whoever makes the offer of WebRTC. */
export type Role = "client" | "server";

export class RtcPeer extends StoryClient {
  readonly #connection: () => RTCPeerConnection;
  #made: RTCPeerConnection | undefined;

  constructor(makeConnection: () => RTCPeerConnection) {
    super();
    this.#connection = () => (this.#made ??= makeConnection());
  }

  async offer(role: Role): Promise<string> {
    this.#become(role);
    this.#connection().createDataChannel("there is nothing to offer without one");
    return await offer(this.#connection());
  }

  async answer(role: Role, sdp: string): Promise<string> {
    this.#become(role);
    return await answer(this.#connection(), sdp);
  }

  async takeAnswer(sdp: string): Promise<void> {
    await this.#connection().setRemoteDescription({ type: "answer", sdp });
  }

  leave(): void {
    this.#made?.close();
  }

  /** Every WebSocket has a separate channel. */
  #become(role: Role): void {
    const connection = this.#connection();
    if (role === "server") startServer()(incomingChannels(connection, { filter: ({ label }) => label === "story" }));
    else {
      this.dial = () => dataChannelTransport(connection.createDataChannel("story", { protocol: dataChannelProtocol }));
    }
  }
}
