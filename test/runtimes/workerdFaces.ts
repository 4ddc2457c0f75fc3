/** The class and the server in workerd, connected by a pipe: any request is answered with their conversation. */
import { WebSocketServer } from "../../src/server/index.ts";
import { pipe } from "../../src/transports/pipe.ts";
import { createWebSocketClass } from "../../src/websocket/index.ts";

export default {
  async fetch(): Promise<Response> {
    const server = new WebSocketServer();
    server.on("connection", (peer) => {
      peer.on("message", (data, binary) => peer.send(data, { binary }));
      peer.on("close", (code) => said.push(`server: close ${code}`));
    });
    const WebSocket = createWebSocketClass(() => {
      const [near, far] = pipe();
      server.handleTransport(far);
      return near;
    });
    const said: string[] = [];
    const socket = new WebSocket("ws://server.test/");
    socket.binaryType = "arraybuffer";
    const closed = new Promise<void>((resolve) => {
      socket.onopen = () => {
        socket.send("text");
        socket.send(new Blob(["blob"]));
        socket.send(Uint8Array.of(1, 2));
      };
      socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
        said.push(typeof data === "string" ? data : `${data.byteLength} bytes`);
        if (said.length === 3) socket.close(4000);
      };
      socket.onclose = ({ code, wasClean }) => {
        said.push(`client: close ${code} ${wasClean}`);
        resolve();
      };
    });
    await closed;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    return new Response(said.join("\n"));
  },
};
