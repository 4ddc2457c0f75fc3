/** The library over a runtime's `node:net`: `server`, or `client PORT`. */
import { connect, createServer, type AddressInfo } from "node:net";
import process from "node:process";
import { permessageDeflate } from "../../src/deflate/index.ts";
import { serve } from "../../src/stream/index.ts";
import { listen, socketTransport } from "../../src/transports/node.ts";
import { answers } from "../support/answers.ts";
import { tryAll } from "./tries.ts";

const [role, port] = process.argv.slice(2);
if (role === "server") {
  const server = createServer();
  server.listen(0, "127.0.0.1", () => console.log(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`));
  await serve(listen(server), answers(), { extensions: [permessageDeflate()] });
} else {
  await tryAll(() => socketTransport(connect(Number(port), "127.0.0.1")), console.log);
}
