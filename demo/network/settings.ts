/** What the network between the two ends does to the bytes. All of it can be changed at any time. */

export interface NetworkSettings {
  /** How long each chunk is in transit, in milliseconds. */
  readonly latencyMs: number;
  /** The largest piece of a chunk, in bytes; 0 leaves chunks as they were written. */
  readonly chunkBytes: number;
  /** Chunks are only delivered by `step`. */
  readonly stepping: boolean;
  /** Flips one bit in every nth byte of either direction; 0 for none. */
  readonly corruptEvery: number;
}

export const plainNetwork: NetworkSettings = { latencyMs: 0, chunkBytes: 0, stepping: false, corruptEvery: 0 };

/** A fault for the next chunk of one direction. */
export type Mishap =
  /** The byte at `offset` of the chunk is XORed with `mask`. */
  | { readonly kind: "corrupt"; readonly offset: number; readonly mask: number }
  /** Half of it arrives, then the network is gone. */
  | { readonly kind: "cut" };
