/** WebSockets as streams of one HTTP/2 connection, with both ends in one program. */
import { once } from "node:events";
import http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { extendedConnects, http2Dial } from "websocket-over/http2";
import { connect, serve, type WebSocketError } from "websocket-over/stream";

const server = http2.createServer((_, response) => response.end("a page\n")); // for browsers: createSecureServer
const served = serve(extendedConnects(server), async (request) => {
  if (request.target !== "/chat") return request.reject({ status: 401, body: "log in first" });
  const session = await request.accept({ subprotocol: request.subprotocols[0] });
  for await (const message of session) await session.send(`you said ${message}`);
});
server.listen(0, "127.0.0.1");
await once(server, "listening");

const origin = `127.0.0.1:${(server.address() as AddressInfo).port}`;
const client = http2.connect(`http://${origin}`);
const dial = http2Dial(client); // also for createWebSocketClass
const url = new URL(`ws://${origin}/chat`);
const session = await connect(await dial(url), { url, protocols: ["chat"] });
await session.send("hello");
console.log(session.protocol, "|", await session.receive());
await session.close();

const secret = new URL(`ws://${origin}/secret`);
await connect(await dial(secret), { url: secret }).catch(({ rejection }: WebSocketError) => {
  console.log(rejection!.status, new TextDecoder().decode(rejection!.body));
});
client.close();
server.close();
await served;
