/** What the network between the two ends does to the bytes. All of it can be changed at any time. */

export interface NetworkSettings {
  /** How long each chunk is on its way, in milliseconds. */
  readonly latencyMs: number;
  /** The largest piece of a chunk, in bytes; 0 leaves chunks as they were written. */
  readonly chunkBytes: number;
  /** Nothing is delivered but by `step`. */
  readonly stepping: boolean;
  /** One bit is flipped in every so-manieth byte of either direction; 0 for none. */
  readonly corruptEvery: number;
}

export const plainNetwork: NetworkSettings = { latencyMs: 0, chunkBytes: 0, stepping: false, corruptEvery: 0 };

/** What is done to the next chunk of one direction. */
export type Mishap =
  /** `mask` is what the byte at `offset` of the chunk is combined with by exclusive or. */
  | { readonly kind: "corrupt"; readonly offset: number; readonly mask: number }
  /** The first half of it arrives, then the network is gone. */
  | { readonly kind: "cut" };
