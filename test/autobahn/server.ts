/** An echo server over TCP for a fuzzing client: `npm run autobahn:server -- PORT [--deflate]`. */
import { createServer, type AddressInfo } from "node:net";
import { ConnectionType, WSConnection } from "../../src/index.ts";
import { drive } from "../peers/tcp.ts";
import { echo, fail, limits, readArguments } from "./echo.ts";

const { argument, extensions } = readArguments("npm run autobahn:server -- PORT [--deflate]");
const port = Number(argument);
if (!Number.isInteger(port) || port < 0 || port > 65_535) fail(`not a port: ${argument}`);

const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  const connection = new WSConnection(ConnectionType.SERVER, { limits, extensions });
  drive(connection, socket, (event) => echo(connection, event));
});
server.on("error", (error) => fail(error.message));
server.listen(port, "127.0.0.1", () => {
  console.log(`Echoing at ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});
