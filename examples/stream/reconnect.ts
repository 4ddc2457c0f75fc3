/** partysocket connects again when its connection is lost, over any transport. */
import { WebSocket as ReconnectingSocket } from "partysocket";
import { pipe, type ByteTransport } from "websocket-over/pipe";
import { WebSocketServer } from "websocket-over/server";
import { createWebSocketClass } from "websocket-over/websocket";

const server = new WebSocketServer();
server.on("connection", (peer) => peer.on("message", (data) => peer.send(`you said ${data.toString()}`)));

let carrier: ByteTransport | undefined;
const WebSocket = createWebSocketClass(() => {
  const [near, far] = pipe(); // or whatever leads to the server: this is called for each connection
  server.handleTransport(far);
  carrier = far;
  return near;
});

const socket = new ReconnectingSocket("wss://chat.example/", [], { WebSocket, minReconnectionDelay: 10 });
socket.onmessage = ({ data }) => {
  console.log(data);
  if (data === "you said hello")
    carrier?.close?.(); // the network is gone
  else socket.close();
};
socket.addEventListener(
  "close",
  () => {
    console.log("closed");
    socket.send("are you there?"); // kept until there is another connection
  },
  { once: true },
);
socket.send("hello");
