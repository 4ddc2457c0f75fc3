/** Converts a transport's port messages for a binding, which preserves `Uint8Array`s but not `ArrayBuffer`s. */

/** Replaces buffers, single or in an array, by views of them. Leaves other values unchanged. */
export function withViews(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(withViews);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}

/** Replaces views by buffers. Each buffer is new, and contains only its bytes. */
export function withBuffers(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(withBuffers);
  return data instanceof Uint8Array ? new Uint8Array(data).buffer : data;
}

/** Returns the buffers in the data, to be transferred. */
export function buffersIn(data: unknown): ArrayBuffer[] {
  if (Array.isArray(data)) return data.flatMap(buffersIn);
  return data instanceof ArrayBuffer ? [data] : [];
}
