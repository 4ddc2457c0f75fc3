/** Delivery of thousands of small chunks, which leaves the page its turns. */
import { expect, test } from "vitest";
import { network } from "../../demo/network/network.ts";
import { stoppable } from "../../demo/network/stoppable.ts";
import { plainNetwork } from "../../demo/network/settings.ts";
import { pipe } from "../../src/transports/pipe.ts";

const ignore = (): void => {};

test("a sender's 64 KiB in chunks of one byte arrive in many tasks, on the network and at the reader", async () => {
  const observer = { departed: ignore, arrived: ignore, broke: ignore };
  const line = network(() => ({ ...plainNetwork, chunkBytes: 1 }), observer, "client");
  const [near, far] = pipe({ highWaterMark: 16 * 1024 });
  const { transport } = stoppable(far, ignore);
  line.carry(near);
  let tasks = 0;
  const counting = setInterval(() => tasks++, 0);
  void line.nearEnd.writable.getWriter().write(new Uint8Array(64 * 1024));
  const reader = transport.readable.getReader();
  let received = 0;
  while (received < 64 * 1024) {
    const { value } = await reader.read();
    received += value!.length;
    // As slow as an end that decodes and draws: 64 KiB take a second.
    if (received % 64 === 0) for (const endMs = performance.now() + 1; performance.now() < endMs;);
  }
  clearInterval(counting);
  // A slice is 8 ms.
  expect(tasks).toBeGreaterThan(20);
});
