/**
 * A WebTransport server for browsers, to be run by Deno: the library's server on the streams of every session. Its
 * certificate comes by stdin, and it lives as long as that.
 */
import { permessageDeflate } from "../../src/deflate/index.ts";
import { connect, serve, WebSocketError, type IncomingRequest } from "../../src/stream/index.ts";
import { dial, incoming } from "../../src/transports/webTransport.ts";
import { listenForSessions, type ServerSession } from "./http3.ts";

const options = { extensions: [permessageDeflate()] };

/** How the WebSockets of a session ended, as it looked from here, by their paths. */
type Ends = Map<string, string>;

async function serveWebSockets(session: ServerSession): Promise<void> {
  const ends: Ends = new Map();
  await serve(incoming(session), (request) => answer(request, session, ends), { ...options, origins: "any" });
}

async function answer(request: IncomingRequest, session: ServerSession, ends: Ends): Promise<void> {
  const socket = await request.accept({ subprotocol: request.subprotocols[0] });
  void socket.closed.then(
    ({ closeCode, reason }) => ends.set(request.target, `closed ${closeCode} ${reason}`),
    (error: unknown) => ends.set(request.target, error instanceof WebSocketError ? describe(error) : String(error)),
  );
  switch (request.target) {
    case "/close":
      await socket.receive();
      await socket.close({ closeCode: 4001, reason: "the server's word" });
      break;
    case "/drop":
      await socket.receive();
      await socket.close({ signal: AbortSignal.abort() });
      break;
    case "/end-session":
      await socket.receive();
      session.close({ closeCode: 7, reason: "the server goes" });
      break;
    case "/call-back":
      for await (const name of socket) void callBack(session, String(name));
      break;
    case "/ends":
      for await (const path of socket) await socket.send(ends.get(String(path)) ?? "still open");
      break;
    default:
      for await (const message of socket) await socket.send(message);
  }
}

/** What the application is told, and what the transport said. */
function describe({ closeCode, cause }: WebSocketError): string {
  return `failed ${closeCode} ${(cause as { code?: string } | undefined)?.code ?? "without a fault"}`;
}

/** A WebSocket over a stream that the server opens, with the page as its server. */
async function callBack(session: ServerSession, name: string): Promise<void> {
  const socket = await connect(await dial(session), { ...options, url: `ws://page/${name}` });
  await socket.send(`the server calls ${name}`);
  for await (const message of socket) await socket.send(message);
}

const lines = new TextDecoderStream();
void Deno.stdin.readable.pipeTo(lines.writable as WritableStream<Uint8Array>);
const input = lines.readable.getReader();
const certificate = JSON.parse((await input.read()).value!) as { cert: string; key: string };
const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
const listener = endpoint.listen({ ...certificate, alpnProtocols: ["h3"], maxConcurrentBidirectionalStreams: 500 });
void listenForSessions(listener).pipeTo(
  new WritableStream({ write: (session) => void serveWebSockets(session).catch(() => undefined) }),
);
console.log(endpoint.addr.port);
await input.read();
Deno.exit();
