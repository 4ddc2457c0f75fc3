/**
 * The worlds that each library must work in. The first, on Node, is the reference: a case that fails there is wrong.
 */
import { vi } from "vitest";
import type { WorldKind } from "./faces.ts";
import { overPieces, overPipes, overTunnel } from "./overPipes.ts";

// Longer than what is waited for within, so that it is told what did not come.
vi.setConfig({ testTimeout: 20_000 });

const tcp = "document" in globalThis ? undefined : await import("./overTcp.ts");
const oracle = tcp === undefined ? [] : [tcp.oracle];
const ofOneSide = tcp === undefined ? [] : [tcp.ourServerOverTcp, tcp.ourClientOverTcp];

export const worlds: readonly WorldKind[] = [...oracle, overPipes, overPieces];

/** Those for libraries with a server of their own: on Node, each side of ours with the other one of somebody else. */
export const worldsOfBothSides: readonly WorldKind[] = [...worlds, ...ofOneSide];

/** Those for libraries that are content with an object, and do not ask for a class. */
export const worldsOfObjects: readonly WorldKind[] = [...worlds, overTunnel];
