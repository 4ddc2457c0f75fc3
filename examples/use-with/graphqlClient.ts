/** The page that asks. The client connects when it is first asked, and again after its channel was lost. */
import { createClient, type Client } from "graphql-ws";
import { dataChannelProtocol, dataChannelTransport } from "websocket-over/webrtc";
import { createWebSocketClass } from "websocket-over/websocket";

export function graphQLOver(peerConnection: RTCPeerConnection): Client {
  const webSocketImpl = createWebSocketClass(() =>
    dataChannelTransport(peerConnection.createDataChannel("graphql", { protocol: dataChannelProtocol })),
  );
  return createClient({ url: "ws://peer/graphql", webSocketImpl });
}
