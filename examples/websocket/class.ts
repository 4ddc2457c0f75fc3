/** Gives a `WebSocket` class to code that takes one. What it connects to runs in the same program. */
import { pipe } from "websocket-over/pipe";
import { WebSocketServer } from "websocket-over/server";
import { createWebSocketClass } from "websocket-over/websocket";

const server = new WebSocketServer();
server.on("connection", (peer, request) => {
  peer.send(`welcome to ${request.url}`);
  peer.on("message", (data, isBinary) => peer.send(data, { binary: isBinary }));
});

const WebSocket = createWebSocketClass((url) => {
  const [near, far] = pipe(); // or a data channel, a stream of WebTransport: whatever leads to url.host
  server.handleTransport(far);
  return near;
});

const socket = new WebSocket("wss://chat.example/room");
socket.onmessage = ({ data }) => {
  console.log(data);
  if (data === "hello") socket.close(1000);
};
socket.onopen = () => socket.send("hello");
socket.onclose = ({ code, wasClean }) => console.log(code, wasClean);
