/** The page that serves: every WebSocket of its peer is a channel of their connection. */
import type { GraphQLSchema } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { WebSocketServer } from "websocket-over/server";
import { incomingChannels } from "websocket-over/webrtc";

export function serveGraphQL(peerConnection: RTCPeerConnection, schema: GraphQLSchema): void {
  const server = new WebSocketServer();
  useServer({ schema }, server as never); // TypeScript asks for the class of ws itself
  void server.serve(incomingChannels(peerConnection, { filter: ({ label }) => label === "graphql" }));
}
