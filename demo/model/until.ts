/** Waits for something that no event tells of. */

const LOOK_EVERY_MS = 30;

/** Fulfilled when it has happened, or after `patienceMs` milliseconds; with whether it has. */
export async function until(happened: () => boolean, patienceMs: number): Promise<boolean> {
  const endMs = performance.now() + patienceMs;
  while (!happened() && performance.now() < endMs) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  return happened();
}
