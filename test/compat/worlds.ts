/** The worlds that each library has to work in. The first is the oracle, on Node: a case that fails there is wrong. */
import type { WorldKind } from "./faces.ts";
import { overPipes } from "./overPipes.ts";

export const worlds: readonly WorldKind[] =
  "document" in globalThis ? [overPipes] : [(await import("./loopback.ts")).loopback, overPipes];
