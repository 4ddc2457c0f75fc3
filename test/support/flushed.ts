/** Waits until a driver has written everything, or never will. */
import type { Driver } from "../../src/stream/driver.ts";

export function flushed(driver: Driver): Promise<void> {
  return new Promise((resolve) => driver.written(() => resolve()));
}
