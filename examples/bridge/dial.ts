/** Connects to a WebSocket server by its URL: a session, and a `WebSocket`. */
import { createServer, type AddressInfo } from "node:net";
import { dial, DialError, listen } from "websocket-over/node";
import { connect, serve } from "websocket-over/stream";
import { createWebSocketClass } from "websocket-over/websocket";

const tcp = createServer().listen(0, "127.0.0.1"); // stands for your server
const served = serve(listen(tcp), async (request) => (await request.accept()).send(`this is ${request.target}`));
await new Promise((resolve) => tcp.once("listening", resolve));
const url = `ws://127.0.0.1:${(tcp.address() as AddressInfo).port}/chat`;

const session = await connect(await dial(url, { signal: AbortSignal.timeout(5000) }), { url });
console.log(await session.receive());
await session.close();

const WebSocket = createWebSocketClass(dial);
const socket = new WebSocket(url);
console.log(await new Promise((resolve) => (socket.onmessage = ({ data }) => resolve(data))));
socket.close();
tcp.close();
await served;

await dial(url).catch((error: DialError) => console.log(error.code));
