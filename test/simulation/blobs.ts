/** Blobs whose bytes are visible at once and which are read in virtual time; the platform's are read in real time. */

const PlatformBlob = globalThis.Blob;

export class SimBlob extends PlatformBlob {
  readonly content: Uint8Array<ArrayBuffer>;
  readonly #read: (() => Promise<void>) | undefined;

  /** The library passes `parts` alone. With `read`, what reading it waits for, or fails with. */
  constructor(parts: [Uint8Array<ArrayBuffer>], read?: () => Promise<void>) {
    super(parts);
    this.content = parts[0].slice();
    this.#read = read;
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    await this.#read?.();
    return this.content.slice().buffer;
  }
}

/** Lets the library make blobs of this kind. Returns how to undo that. */
export function replaceBlob(): () => void {
  const platform = globalThis as { Blob: unknown };
  platform.Blob = SimBlob;
  return () => (platform.Blob = PlatformBlob);
}
