/** Both ends of two sessions: one uploads a long message piece by piece, the other is refused. */
import { connect, serve, type WebSocketError } from "websocket-over/stream";
import { pipe } from "websocket-over/pipe";

const [near, far] = pipe();
const [bad, other] = pipe();
const stop = new AbortController();
const served = serve(
  [far, other], // or an async iterable: what a listener brings
  async (request) => {
    if (request.target !== "/upload") return request.reject({ status: 404, body: "there is only /upload" });
    const session = await request.accept({ subprotocol: request.subprotocols[0] });
    for await (const { type, readable } of session.incomingMessageStreams) {
      let length = 0;
      for await (const piece of readable) length += piece.length;
      await session.send(`${type}, ${length} bytes`);
    }
  },
  { signal: stop.signal, maxConnections: 100 },
);

{
  await using session = await connect(near, { url: "wss://example.com/upload", protocols: ["upload.v1"] });
  console.log("open:", session.protocol);
  const message = session.createMessageStream("binary").getWriter();
  for (let part = 0; part < 100; part++) await message.write(new Uint8Array(65_536)); // waits for the reader
  await message.close();
  console.log(await session.receive({ signal: AbortSignal.timeout(10_000) }));
} // closed, and waited for

await connect(bad, { url: "wss://example.com/nowhere" }).catch((error: WebSocketError) => {
  const { status, body } = error.rejection!;
  console.log("refused:", status, new TextDecoder().decode(body));
});
await served;
