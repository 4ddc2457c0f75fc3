/** `dial` and WebSockets over HTTP/2 with a runtime's `node:net` and `node:http2`: `server`, or `client PORT`. */
import http2 from "node:http2";
import { createServer, type AddressInfo } from "node:net";
import process from "node:process";
import { extendedConnects, http2Dial } from "../../src/http2/index.ts";
import { connect, serve, type WebSocketError } from "../../src/stream/index.ts";
import { dial, listen } from "../../src/transports/node.ts";
import { answers } from "../support/answers.ts";

const [role, port] = process.argv.slice(2);
const origin = `ws://127.0.0.1:${port ?? ""}`;

async function echo(open: (path: string) => ReturnType<typeof connect>): Promise<string> {
  const session = await open("/echo");
  const seen: unknown[] = [];
  for (const message of ["héllo", new Uint8Array(1_000_000)]) {
    void session.send(message);
    seen.push((await session.receive())?.length);
  }
  const { closeCode } = await session.close({ closeCode: 4000 });
  return [...seen, closeCode].join();
}

if (role === "server") {
  const server = http2.createServer((_, response) => void response.end("a page"));
  void serve(extendedConnects(server), async (request) => {
    if (request.target === "/no") await request.reject({ status: 401, body: "log in" });
    else await answers()(request);
  });
  server.listen(0, "127.0.0.1", () => console.log(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`));
} else {
  const tcp = createServer();
  void serve(listen(tcp), answers());
  await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve));
  const own = `ws://127.0.0.1:${(tcp.address() as AddressInfo).port}`;
  console.log("dial", await echo(async (path) => connect(await dial(own + path), { url: own + path })));
  tcp.close();
  const session = http2.connect(origin.replace("ws", "http"));
  const open = async (path: string): ReturnType<typeof connect> =>
    connect(await http2Dial(session)(origin + path), { url: origin + path });
  console.log("http2", await echo(open));
  await open("/no").catch((error: unknown) => {
    const { rejection } = error as WebSocketError;
    console.log(rejection?.status, new TextDecoder().decode(rejection?.body));
  });
  session.close();
}
