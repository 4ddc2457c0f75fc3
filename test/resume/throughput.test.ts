/** What a session costs on a carrier, in virtual time: 64 KiB chunks over 25 MB/s and 5 ms. */
import { expect, test } from "vitest";
import { resumable, resumed } from "../../src/resume/index.ts";
import type { ByteTransport } from "../../src/transports/byteTransport.ts";
import { turn } from "../simulation/host.ts";
import { VirtualClock } from "../simulation/virtualClock.ts";
import { SimulatedCarrier } from "./simulatedCarrier.ts";

const CHUNKS = 256;
const CHUNK_BYTES = 64 * 1024;
const whole = (length: number): number => length;

/** How long the chunks take, in milliseconds. */
async function timeOf(
  clock: VirtualClock,
  writerEnd: ByteTransport,
  readerEnd: () => Promise<ByteTransport>,
): Promise<number> {
  const writing = (async () => {
    const writer = writerEnd.writable.getWriter();
    for (let i = 0; i < CHUNKS; i++) await writer.write(new Uint8Array(CHUNK_BYTES));
  })();
  let endMs: number | undefined;
  const reading = (async () => {
    const reader = (await readerEnd()).readable.getReader();
    for (let left = CHUNKS * CHUNK_BYTES; left > 0;) left -= (await reader.read()).value!.length;
    endMs = clock.now();
  })();
  for (await turn(); endMs === undefined; await turn()) clock.step();
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
  const ms = await timeOf(clock, client, async () => (await host.next()).value!);
  // Naming the session takes three ways over the carrier, once.
  expect(aloneMs / (ms - 3 * latencyMs)).toBeGreaterThan(0.95);
  client.close();
});
