/** What the other end sees when a Deno QUIC stream is aborted, without this library. */
const lines = new TextDecoderStream();
void Deno.stdin.readable.pipeTo(lines.writable as WritableStream<Uint8Array>);
const { cert, key } = JSON.parse((await lines.readable.getReader().read()).value!) as { cert: string; key: string };
const alpnProtocols = ["test"];
const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
const listener = endpoint.listen({ cert, key, alpnProtocols, maxConcurrentBidirectionalStreams: 1 });
const { port } = endpoint.addr;

void (async () => {
  for await (const incoming of listener) {
    const connection = await incoming.accept();
    for await (const { writable } of connection.incomingBidirectionalStreams) {
      const writer = writable.getWriter();
      await writer.write(Uint8Array.of(1));
      await writer.abort(new WebTransportError("reset", { streamErrorCode: 5 }));
    }
  }
})();

const connection = await Deno.connectQuic({ hostname: "127.0.0.1", port, caCerts: [cert], alpnProtocols });
const { readable, writable } = await connection.createBidirectionalStream({ waitUntilAvailable: true });
await writable.getWriter().write(Uint8Array.of(0));
let bytes = 0;
try {
  for await (const chunk of readable) bytes += chunk.length;
  console.log(`the end, after ${bytes} byte`);
} catch (error) {
  console.log(`a reset, after ${bytes} byte: ${String(error)}`);
}
Deno.exit();
