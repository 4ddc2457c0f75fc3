/** Slows any transport down: two streams are all that a transport needs. */
import { connect, serve } from "websocket-over/stream";
import { pipe, type ByteTransport } from "websocket-over/pipe";

function slow({ readable, writable }: ByteTransport, delayMs: number): ByteTransport {
  const wait = new TransformStream<Uint8Array, Uint8Array>({
    async transform(chunk, controller) {
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      controller.enqueue(chunk);
    },
  });
  return { readable: readable.pipeThrough(wait), writable };
}

const [near, far] = pipe();
const served = serve([far], async (request) => {
  const session = await request.accept();
  for await (const message of session) await session.send(message);
});
const session = await connect(slow(near, 20));
console.log("round trip of 20 ms or more:", (await session.ping()) >= 19);
await session.close();
await served;
