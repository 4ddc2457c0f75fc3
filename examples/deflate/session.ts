/** Both ends agree on compression. */
import { permessageDeflate } from "websocket-over/deflate";
import { pipe } from "websocket-over/pipe";
import { connect, serve } from "websocket-over/stream";

const extensions = [permessageDeflate()]; // one object serves any number of connections
const [near, far] = pipe();
const served = serve(
  [far],
  async (request) => {
    const session = await request.accept();
    for await (const message of session) await session.send(message);
  },
  { extensions },
);

const session = await connect(near, { extensions });
console.log(session.extensions);
await session.send(JSON.stringify(Array(1000).fill({ type: "price", symbol: "ACME" })));
console.log(String(await session.receive()).length, "characters");
await session.send("a secret", { compress: false });
await session.close();
await served;
