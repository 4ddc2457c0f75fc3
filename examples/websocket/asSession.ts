/** The same as a session. */
import { pipe } from "websocket-over/pipe";
import { WebSocketServer } from "websocket-over/server";
import { connect } from "websocket-over/stream";

const server = new WebSocketServer();
server.on("connection", (peer, request) => {
  peer.send(`welcome to ${request.url}`);
  peer.on("message", (data, isBinary) => peer.send(data, { binary: isBinary }));
});

const [near, far] = pipe();
server.handleTransport(far);
const session = await connect(near, { url: "wss://chat.example/room" });
console.log(await session.receive());
await session.send("hello");
console.log(await session.receive());
const { closeCode } = await session.close({ closeCode: 1000 });
console.log(closeCode);
