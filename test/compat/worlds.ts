/** The worlds that each library has to work in. The first is the oracle: a case that fails there is wrong. */
import type { WorldKind } from "./faces.ts";
import { loopback } from "./loopback.ts";
import { overPipes } from "./overPipes.ts";

export const worlds: readonly WorldKind[] = [loopback, overPipes];
