/** The worlds that each library has to work in. The first is the oracle, on Node: a case that fails there is wrong. */
import { vi } from "vitest";
import type { WorldKind } from "./faces.ts";
import { overPieces, overPipes, overTunnel } from "./overPipes.ts";

// Longer than what is waited for within, so that it is told what did not come.
vi.setConfig({ testTimeout: 20_000 });

const ours = [overPipes, overPieces];

export const worlds: readonly WorldKind[] =
  "document" in globalThis ? ours : [(await import("./loopback.ts")).loopback, ...ours];

/** Those for libraries that are content with an object, and do not ask for a class. */
export const worldsOfObjects: readonly WorldKind[] = [...worlds, overTunnel];
