/** Run by Deno: each stream of a page's WebTransport session goes on over TCP to the port that the environment names. */
import process from "node:process";
import { incoming, type ByteTransport } from "../../src/transports/webTransport.ts";
import type { ServerSession } from "./http3.ts";
import { listenTillTold } from "./listenTillTold.ts";

const port = Number(process.env.TUNNEL_TO);

async function join(near: ByteTransport): Promise<void> {
  const far = await Deno.connect({ hostname: "127.0.0.1", port });
  await Promise.all([near.readable.pipeTo(far.writable), far.readable.pipeTo(near.writable)]);
}

async function tunnel(session: ServerSession): Promise<void> {
  for await (const near of incoming(session)) void join(near).catch(() => undefined);
}

await listenTillTold({ port: tunnel });
