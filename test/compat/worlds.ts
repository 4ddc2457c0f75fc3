/**
 * The worlds that each library must work in. The first, on Node, is the reference: a case that fails there is wrong.
 */
import { vi } from "vitest";
import type { WorldKind } from "./faces.ts";
import { overPieces, overPipes, overTunnel } from "./overPipes.ts";

// Longer than the waits inside, so that their messages say what did not arrive.
vi.setConfig({ testTimeout: 20_000 });

const tcp = "document" in globalThis ? undefined : await import("./overTcp.ts");
const oracle = tcp === undefined ? [] : [tcp.oracle];
const ofOneSide = tcp === undefined ? [] : [tcp.ourServerOverTcp, tcp.ourClientOverTcp];

export const worlds: readonly WorldKind[] = [...oracle, overPipes, overPieces];

/** For libraries with a bundled server: on Node, each of our sides with a foreign one. */
export const worldsOfBothSides: readonly WorldKind[] = [...worlds, ...ofOneSide];

/** Those for libraries that are content with an object, and do not ask for a class. */
export const worldsOfObjects: readonly WorldKind[] = [...worlds, overTunnel];
