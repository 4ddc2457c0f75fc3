/** A tunnel: the bytes pass as they are, whatever the protocol. Here it is a WebSocket. */
import { bridgeBytes } from "websocket-over/bridge";
import { pipe } from "websocket-over/pipe";
import { connect, serve } from "websocket-over/stream";

const [client, near] = pipe(); // in place of a data channel, a port, …
const [far, server] = pipe(); // in place of `await dial("ws://127.0.0.1:8080")`
void serve([server], async (request) => (await request.accept()).send("through the tunnel"));

const passed = bridgeBytes(near, far, { idleMs: 60_000, maxBytes: 2 ** 30 });
const session = await connect(client, { url: "ws://server.example/" });
console.log(await session.receive());
await session.close();
const { aToB, bToA } = await passed;
console.log(aToB > 100, bToA > 100);
