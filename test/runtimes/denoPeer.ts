/** The library over `Deno.Conn`, which is already a transport: `server`, or `client PORT`. */
import { permessageDeflate } from "../../src/deflate/index.ts";
import { serve } from "../../src/stream/index.ts";
import type { ByteTransport } from "../../src/transports/byteTransport.ts";
import { answers } from "../support/answers.ts";
import { tryAll } from "./tries.ts";

const hostname = "127.0.0.1";
const [role, port] = Deno.args;
if (role === "server") {
  const listener = Deno.listen({ hostname, port: 0 });
  console.log(`ws://${hostname}:${listener.addr.port}`);
  await serve(listener as AsyncIterable<ByteTransport>, answers(), { extensions: [permessageDeflate()] });
} else {
  await tryAll(() => Deno.connect({ hostname, port: Number(port) }), console.log);
}
