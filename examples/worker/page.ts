/** The page: its WebSockets lead to the worker. */
import { messagePortTransport } from "websocket-over/messageport";
import { createWebSocketClass } from "websocket-over/websocket";

const worker = new Worker(new URL("./server.ts", import.meta.url), { type: "module" });

const WebSocket = createWebSocketClass(() => {
  const { port1, port2 } = new MessageChannel();
  worker.postMessage(port2, [port2]);
  return messagePortTransport(port1);
});

const socket = new WebSocket("ws://worker/chat");
socket.onopen = () => socket.send("hello");
socket.onmessage = ({ data }) => document.body.append(String(data));
