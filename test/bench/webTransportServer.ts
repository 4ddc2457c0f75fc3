/**
 * The other end of the WebTransport bench, run by Deno: raw streams on one port, the library's server on the other. A
 * stream starts with an `up`, whose messages are counted and answered with a byte, or a `down`, which is answered with
 * messages. Each turn of a WebSocket does the same, as text.
 */
import { serve } from "../../src/stream/index.ts";
import { incoming } from "../../src/transports/webTransport.ts";
import type { ServerSession } from "../runtimes/http3.ts";
import { listenTillTold } from "../runtimes/listenTillTold.ts";
import { newMessage, readAll, STREAM_TURNS, type Turn } from "./transportTurns.ts";

async function serveRaw(session: ServerSession): Promise<void> {
  for await (const { readable, writable } of session.incomingBidirectionalStreams) {
    play(readable as ReadableStream<Uint8Array>, writable).catch(() => undefined); // it ends with the page
  }
}

/** Five bytes describe each turn. */
async function play(readable: ReadableStream<Uint8Array>, writable: WritableStream): Promise<void> {
  const reader = readable.getReader();
  const writer = writable.getWriter();
  let waiting: Uint8Array = new Uint8Array(0);
  for (;;) {
    while (waiting.length < 5) {
      const { done, value } = await reader.read();
      if (done) return;
      const joined = new Uint8Array(waiting.length + value.length);
      joined.set(waiting);
      joined.set(value, waiting.length);
      waiting = joined;
    }
    const count = new DataView(waiting.buffer, waiting.byteOffset).getUint32(1);
    const kind = STREAM_TURNS[waiting[0]!]!;
    waiting = waiting.subarray(5);
    if (kind !== "down") {
      await readAll(reader, count, { intoMessages: kind === "up, into messages", first: waiting });
      waiting = new Uint8Array(0);
      await writer.write(Uint8Array.of(1));
    } else for (let i = 0; i < count; i++) await writer.write(newMessage());
  }
}

async function serveWebSockets(session: ServerSession): Promise<void> {
  await serve(
    incoming(session),
    async (request) => {
      const socket = await request.accept();
      for (;;) {
        const turn = await socket.receive();
        if (typeof turn !== "string") return;
        const { kind, count } = JSON.parse(turn) as Turn;
        if (kind === "up") {
          for (let i = 0; i < count; i++) await socket.receive();
          await socket.send("done");
        } else for (let i = 0; i < count; i++) await socket.send(newMessage(), { handOver: true });
      }
    },
    { origins: "any" },
  );
}

await listenTillTold({ relayPort: serveRaw, port: serveWebSockets });
