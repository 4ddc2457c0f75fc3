/** The worlds that each library has to work in. The first is the oracle, on Node: a case that fails there is wrong. */
import type { WorldKind } from "./faces.ts";
import { overPieces, overPipes, overTunnel } from "./overPipes.ts";

const ours = [overPipes, overPieces];

export const worlds: readonly WorldKind[] =
  "document" in globalThis ? ours : [(await import("./loopback.ts")).loopback, ...ours];

/** Those for libraries that are content with an object, and do not ask for a class. */
export const worldsOfObjects: readonly WorldKind[] = [...worlds, overTunnel];
