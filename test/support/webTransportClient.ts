/** The page's own WebTransport, connected to the servers of the tests. */
import { expect, inject, onTestFinished } from "vitest";
import { dial, type ByteTransport } from "../../src/transports/webTransport.ts";

/** The running servers; `null` without Deno. */
export const servers = inject("webTransport");

/** Closed when the test ends. */
export async function openSession(port = servers!.port): Promise<WebTransport> {
  const session = new WebTransport(`https://127.0.0.1:${port}/`, {
    serverCertificateHashes: [{ algorithm: "sha-256", value: Uint8Array.from(servers!.hash) }],
  });
  onTestFinished(() => session.close());
  session.closed.catch(() => undefined);
  await session.ready;
  return session;
}

/** Two joined streams of a session with the relay: what one end sends has also gone through Deno. */
export async function relayedStreams(session: WebTransport): Promise<[ByteTransport, ByteTransport]> {
  const name = crypto.getRandomValues(new Uint8Array(16));
  const end = async (): Promise<ByteTransport> => {
    const transport = await dial(session);
    const writer = transport.writable.getWriter();
    await writer.write(name.slice()); // the server identifies a stream by its first bytes
    writer.releaseLock();
    const reader = transport.readable.getReader();
    expect((await reader.read()).value).toEqual(Uint8Array.of(1));
    reader.releaseLock();
    return transport;
  };
  return await Promise.all([end(), end()]);
}
