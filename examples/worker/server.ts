/** The worker: a WebSocket server for every port that it is given. */
import { messagePortTransport } from "websocket-over/messageport";
import { WebSocketServer } from "websocket-over/server";

const server = new WebSocketServer();
server.on("connection", (peer, { url }) => {
  peer.on("message", (data) => peer.send(`${url} says ${data.toString()}`));
});
addEventListener("message", ({ data }: MessageEvent<MessagePort>) => {
  server.handleTransport(messagePortTransport(data));
});
