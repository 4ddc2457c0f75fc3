/** Nothing is left behind: no timer, no listener on a signal, no lock on another's stream. */
import { describe, expect, test } from "vitest";
import { accept, connect, serve } from "../../src/stream/index.ts";
import { pipe } from "../../src/transports/pipe.ts";
import { countTimers } from "../support/timers.ts";
import { hex } from "../support/wire.ts";
import { settled, WireTransport } from "../support/wireTransport.ts";

/** A signal that counts its listeners. */
function counted(): { signal: AbortSignal; listeners: () => number } {
  const { signal } = new AbortController();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...given: Parameters<typeof add>) => {
    listeners++;
    add(...given);
  };
  signal.removeEventListener = (...given: Parameters<typeof remove>) => {
    listeners--;
    remove(...given);
  };
  return { signal, listeners: () => listeners };
}

const keepalive = { intervalMs: 60_000, timeoutMs: 60_000 };

describe("after the end of a connection", () => {
  test("that closed cleanly, with every wait that a signal can cancel", async () => {
    const timers = countTimers();
    const { signal, listeners } = counted();
    const [near, far] = pipe();
    const served = serve(
      [far],
      async (request) => {
        const session = await request.accept();
        for await (const message of session) await session.send(message, { signal });
      },
      { signal, keepalive },
    );
    const session = await connect(near, { signal, keepalive });
    await session.send("a", { signal });
    await session.receive({ signal });
    await session.ping({ signal });
    expect(timers()).toBeGreaterThan(0);
    await session.close({ signal });
    await served;
    await settled();
    expect([timers(), listeners()]).toEqual([0, 0]);
  });
  test.each<[string, (transport: WireTransport) => void]>([
    ["whose stream ended", (transport) => transport.end()],
    ["that could not be read", (transport) => transport.failReading(new Error("reset"))],
    ["that broke the rules", (transport) => transport.bring(hex("83 00"))],
    ["that closed, and whose transport never ends", (transport) => transport.bring(hex("88 00"))],
  ])("%s", async (_, end) => {
    const timers = countTimers();
    const { signal, listeners } = counted();
    const transport = new WireTransport();
    const session = await (
      await accept(transport, { handshake: "none", masking: false, closeTimeoutMs: 20, keepalive })
    ).accept();
    const waits = [session.receive({ signal }), session.ping({ signal })];
    end(transport);
    await Promise.allSettled([session.closed, ...waits]);
    await expect.poll(() => [timers(), listeners()]).toEqual([0, 0]);
    expect(transport.ends.at(-1)).toBe("ended");
  });
  test.each<[string, (transport: WireTransport) => void]>([
    ["that was refused", (transport) => transport.bring(new TextEncoder().encode("HTTP/1.1 403 No\r\n\r\n"))],
    ["that never was answered", () => undefined],
  ])("%s", async (_, answer) => {
    const timers = countTimers();
    const { signal, listeners } = counted();
    const transport = new WireTransport();
    answer(transport);
    const connecting = connect(transport, { signal, handshakeTimeoutMs: 20, closeTimeoutMs: 20 });
    if (_ === "that was refused") transport.end();
    await expect(connecting).rejects.toMatchObject({ name: "WebSocketError" });
    await expect.poll(() => [timers(), listeners()]).toEqual([0, 0]);
  });
});
