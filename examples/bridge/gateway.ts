/** A gateway in front of a WebSocket server that exists already, here one of `ws`. */
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { gateway } from "websocket-over/bridge";
import { dial, listen } from "websocket-over/node";
import { connect, serve, type WebSocketError } from "websocket-over/stream";

// The existing server.
const existing = new WebSocketServer({
  port: 0,
  host: "127.0.0.1",
  verifyClient: ({ req }, done) => done(req.url !== "/secret", 401, "log in first"),
});
existing.on("connection", (socket, { url, headers }) => socket.send(`this is ${url} for ${headers.cookie}`));
await once(existing, "listening");
const upstream = `ws://127.0.0.1:${(existing.address() as AddressInfo).port}`;

// The gateway. It takes clients from any transports; here they come over TCP.
const tcp = createServer().listen(0, "127.0.0.1");
await once(tcp, "listening");
const handler = gateway({ to: ({ target }) => upstream + target, allow: [upstream], dial, forwardCookies: ["sid"] });
const served = serve(listen(tcp), handler);

// Two clients.
const address = `ws://127.0.0.1:${(tcp.address() as AddressInfo).port}`;
const open = async (url: string) => connect(await dial(url), { url, headers: { Cookie: "sid=42; other=1" } });
const session = await open(`${address}/chat`);
console.log(await session.receive());
await session.close();
await open(`${address}/secret`).catch(({ rejection }: WebSocketError) => console.log(rejection?.status));

tcp.close();
existing.close();
await served;
