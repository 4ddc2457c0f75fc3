/** When a driver has written all that its connection has to send, or never will. */
import type { Driver } from "../../src/stream/driver.ts";

export function flushed(driver: Driver): Promise<void> {
  return new Promise((resolve) => driver.written(() => resolve()));
}
