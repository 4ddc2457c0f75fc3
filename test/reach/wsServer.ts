/** An unmodified server of ws: echoes, and tells of each end. The same as websockets_server.py. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";

const http = createServer();
const server = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  handleProtocols: (offered) => offered.has("chat") && "chat",
});
server.on("headers", (headers) => headers.push("Set-Cookie: seen=1"));
server.on("connection", (socket: WebSocket, request: IncomingMessage) => {
  socket.on("error", () => {});
  socket.on("message", (data: Buffer, isBinary) => {
    const text = isBinary ? "" : data.toString();
    const [, code, reason] = /^close (\d+) (.*)$/.exec(text) ?? [];
    if (code !== undefined) socket.close(Number(code), reason);
    else if (text === "cookie") socket.send(request.headers.cookie ?? "");
    else socket.send(data, { binary: isBinary });
  });
  socket.on("close", (code, reason) => console.log(`closed ${code} ${reason.toString()}`));
});
http.on("upgrade", (request, socket, head) => {
  socket.on("error", () => {}); // a client that resets the connection must not end the program
  if (request.url === "/401") {
    socket.end("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nContent-Length: 9\r\n\r\nno token\n");
    return;
  }
  server.handleUpgrade(request, socket, head, (peer) => server.emit("connection", peer, request));
});
http.listen(0, "127.0.0.1", () => console.log(`ws://127.0.0.1:${(http.address() as AddressInfo).port}/`));
