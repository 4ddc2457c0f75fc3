/** A session goes on when its connection is lost. Both ends are here; between them is a real TCP connection. */
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { dial, listen, type ByteTransport } from "websocket-over/node";
import { resumable, resumed } from "websocket-over/resume";
import { connect, serve } from "websocket-over/stream";

// The server.
const tcp = createServer().listen(0, "127.0.0.1");
await once(tcp, "listening");
const served = serve(resumed(listen(tcp)), async (request) => {
  const session = await request.accept();
  for await (const message of session) await session.send(`you said ${message}`);
});

// The client.
const url = `ws://127.0.0.1:${(tcp.address() as AddressInfo).port}/chat`;
let carrier: ByteTransport | undefined;
const transport = resumable(async (signal) => (carrier = await dial(url, { signal })));
transport.onstatechange = () => console.log(transport.state);
const session = await connect(transport, { url });
await session.send("hello");
console.log(await session.receive());

carrier?.close?.(); // the network is gone
await session.send("are you there?");
console.log(await session.receive());

await session.close();
tcp.close();
await served;
