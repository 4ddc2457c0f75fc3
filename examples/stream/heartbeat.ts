/** A client notices that its server has gone, although nothing reports it. The server is one for tests. */
import { connect, type WebSocketError } from "websocket-over/stream";
import { webSocketServer } from "websocket-over/testing";

await using server = webSocketServer();
const url = new URL("wss://chat.example/live");
const opened = connect(await server.dial(url, []), { url, keepalive: { intervalMs: 100, timeoutMs: 400 } });
const peer = await (await server.request()).accept();
const session = await opened;
await peer.send("hello");
console.log(await session.receive());

peer.answerPings = false; // the server is gone: no answer, and no end of the connection either
await session.closed.catch(({ closeCode, message }: WebSocketError) => console.log(closeCode, message));
