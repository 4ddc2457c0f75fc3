/** Why a connection failed: the server's own answer, which a browser's `WebSocket` hides. */
import { accept } from "websocket-over/stream";
import { pipe } from "websocket-over/pipe";
import { createWebSocketClass, type WebSocketError } from "websocket-over/websocket";

const WebSocket = createWebSocketClass(() => {
  const [near, far] = pipe();
  void accept(far).then((request) => request.reject({ status: 401, body: "the token has expired" }));
  return near;
});

const socket = new WebSocket("wss://api.example/feed?token=old");
socket.onclose = ({ code, cause }: CloseEvent & { cause?: WebSocketError }) => {
  const { status, body } = cause!.rejection!;
  console.log(code, status, new TextDecoder().decode(body));
};
