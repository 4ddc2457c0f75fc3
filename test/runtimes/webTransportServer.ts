/**
 * WebTransport servers for browsers, run by Deno: the library's server on the streams of every session, one that joins
 * streams in pairs, and the recipe's server of Yjs documents. They read their certificate from stdin, and stop when it
 * ends.
 */
import { permessageDeflate } from "../../src/deflate/index.ts";
import { connect, serve } from "../../src/stream/index.ts";
import { dial, incoming, type ByteTransport } from "../../src/transports/webTransport.ts";
import { documentServer } from "../../examples/use-with/documentServer.ts";
import { answers } from "../support/answers.ts";
import type { ServerSession } from "./http3.ts";
import { listenTillTold } from "./listenTillTold.ts";

const options = { extensions: [permessageDeflate()] };

/** Each session has a separate server, which can also end the session, and call the page back. */
async function serveWebSockets(session: ServerSession): Promise<void> {
  const handler = answers({
    async "/end-session"(socket) {
      await socket.receive();
      session.close({ closeCode: 7, reason: "the server goes" });
    },
    async "/call-back"(socket) {
      for await (const name of socket) void callBack(session, String(name));
    },
  });
  await serve(incoming(session), handler, { ...options, origins: "any" });
}

/** A WebSocket over a stream that the server opens, with the page as its server. */
async function callBack(session: ServerSession, name: string): Promise<void> {
  const socket = await connect(await dial(session), { ...options, url: `ws://page/${name}` });
  await socket.send(`the server calls ${name}`);
  for await (const message of socket) await socket.send(message);
}

/** Joins the streams that begin with the same bytes, and tells both so by a byte. What happens to one happens to the other. */
async function relay(session: ServerSession): Promise<void> {
  const first = new Map<string, ByteTransport>();
  for await (const transport of incoming(session)) {
    void readName(transport).then(async (name) => {
      const other = first.get(name);
      if (other === undefined) return first.set(name, transport);
      first.delete(name);
      for (const { writable } of [transport, other]) {
        const writer = writable.getWriter();
        await writer.write(Uint8Array.of(1));
        writer.releaseLock();
      }
      void transport.readable.pipeTo(other.writable as WritableStream<Uint8Array>).catch(() => undefined);
      void other.readable.pipeTo(transport.writable as WritableStream<Uint8Array>).catch(() => undefined);
      return undefined;
    });
  }
}

/** Nothing else comes before the stream is joined. */
async function readName({ readable }: ByteTransport): Promise<string> {
  const reader = readable.getReader();
  const bytes: number[] = [];
  while (bytes.length < 16) bytes.push(...(await reader.read()).value!);
  reader.releaseLock();
  return String(bytes);
}

await listenTillTold({
  port: serveWebSockets,
  relayPort: relay,
  documentsPort: documentServer({ origins: "any" }),
});
