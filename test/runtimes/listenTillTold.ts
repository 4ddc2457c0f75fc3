/** WebTransport servers in a Deno program that another program starts and stops. */
import { listenForSessions, type ServerSession } from "./http3.ts";

/**
 * Listens with each of the handlers on a separate port. Reads the certificate from a line of stdin, prints a line with
 * the port of each handler, and exits at the end of stdin.
 */
export async function listenTillTold(
  handlers: Readonly<Record<string, (session: ServerSession) => Promise<void>>>,
): Promise<void> {
  const lines = new TextDecoderStream();
  void Deno.stdin.readable.pipeTo(lines.writable as WritableStream<Uint8Array>);
  const input = lines.readable.getReader();
  const certificate = JSON.parse((await input.read()).value!) as { cert: string; key: string };

  const endpoints = Object.values(handlers).map((handle) => {
    const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
    const listener = endpoint.listen({ ...certificate, alpnProtocols: ["h3"], maxConcurrentBidirectionalStreams: 500 });
    void listenForSessions(listener).pipeTo(
      new WritableStream({ write: (session) => void handle(session).catch(() => undefined) }),
    );
    return endpoint;
  });
  const ports = Object.keys(handlers).map((name, i) => [name, endpoints[i]!.addr.port]);
  console.log(JSON.stringify(Object.fromEntries(ports)));
  await input.read();
  for (const endpoint of endpoints) endpoint.close({ closeCode: 0, reason: "the server stops" });
  setTimeout(() => Deno.exit(), 100); // what it says of that is on its way by then
}
