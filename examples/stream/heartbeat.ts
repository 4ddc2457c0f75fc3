/** A client notices that its server has gone, although nothing reports it. The server is one for tests. */
import { pipe } from "websocket-over/pipe";
import { connect, type WebSocketError } from "websocket-over/stream";
import { webSocketServer } from "websocket-over/testing";

await using server = webSocketServer();
const [near, far] = pipe();
server.handleTransport(far);
const opened = connect(near, { keepalive: { intervalMs: 100, timeoutMs: 400 } });
const peer = await (await server.request()).accept();
const session = await opened;
await peer.send("hello");
console.log(await session.receive());

peer.answerPings = false; // the server is gone: no answer, and no end of the connection either
await session.closed.catch(({ closeCode, message }: WebSocketError) => console.log(closeCode, message));
