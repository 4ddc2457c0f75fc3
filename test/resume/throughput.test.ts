/** How fast a session is on carriers that are fast, and on one that is very slow. Time is virtual. */
import { expect, test } from "vitest";
import { resumable, resumed } from "../../src/resume/index.ts";
import type { ByteTransport } from "../../src/transports/byteTransport.ts";
import { turn } from "../simulation/host.ts";
import { VirtualClock } from "../simulation/virtualClock.ts";
import { SimulatedCarrier } from "./simulatedCarrier.ts";

const CHUNKS = 256;
const CHUNK_BYTES = 64 * 1024;
const MOST_MS = 3_600_000;
const whole = (length: number): number => length;

/** How long the chunks take, in milliseconds. */
async function timeOf(
  clock: VirtualClock,
  writerEnd: ByteTransport,
  readerEnd: () => Promise<ByteTransport>,
  chunks = CHUNKS,
): Promise<number> {
  const writing = (async () => {
    const writer = writerEnd.writable.getWriter();
    for (let i = 0; i < chunks; i++) await writer.write(new Uint8Array(CHUNK_BYTES));
  })();
  let endMs: number | undefined;
  const reading = (async () => {
    const reader = (await readerEnd()).readable.getReader();
    for (let left = chunks * CHUNK_BYTES; left > 0;) {
      const { value } = await reader.read();
      left -= value!.length;
    }
    endMs = clock.now();
  })();
  await turn();
  while (endMs === undefined && clock.now() < MOST_MS) {
    clock.step();
    await turn();
  }
  if (endMs === undefined) return Infinity;
  await Promise.all([writing, reading]);
  return endMs;
}

test.each([1, 5, 15])("a session is as fast as its carrier, but for a twentieth, at %i ms", async (latencyMs) => {
  const alone = new VirtualClock();
  const carrier = new SimulatedCarrier(alone, latencyMs, 25_000, whole);
  const aloneMs = await timeOf(alone, carrier.client, () => Promise.resolve(carrier.server));

  const clock = new VirtualClock();
  const below = new SimulatedCarrier(clock, latencyMs, 25_000, whole);
  const client = resumable(() => below.client, { clock });
  const host = resumed([below.server], { clock });
  const ms = await timeOf(clock, client, async () => ((await host.next()) as IteratorYieldResult<ByteTransport>).value);
  // Naming the session takes three ways over the carrier, once.
  expect(aloneMs / (ms - 3 * latencyMs)).toBeGreaterThan(0.95);
  client.close();
});

test("a carrier of messages that is too slow for long ones gets shorter ones", async () => {
  const clock = new VirtualClock();
  const arriving = new TransformStream<ByteTransport, ByteTransport>();
  const incoming = arriving.writable.getWriter();
  // Within the silence that ends a carrier, 2 s, it brings 20 kB.
  const client = resumable(
    () => {
      const carrier = new SimulatedCarrier(clock, 5, 10, whole, true);
      void incoming.write(carrier.server);
      return carrier.client;
    },
    { clock, probeMs: 1000 },
  );
  const host = resumed(arriving.readable, { clock, probeMs: 1000 });
  const ms = await timeOf(
    clock,
    client,
    async () => ((await host.next()) as IteratorYieldResult<ByteTransport>).value,
    4,
  );
  expect(ms).toBeLessThan((3 * 4 * CHUNK_BYTES) / 10);
  client.close();
  await host.return!();
});
