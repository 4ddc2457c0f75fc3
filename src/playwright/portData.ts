/** What a transport posts on its port, as a binding can carry it: `Uint8Array`s come whole there, `ArrayBuffer`s do not. */

/** Buffers, one or in an array, as views of them; the rest as it is. */
export function withViews(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(withViews);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}

/** The other way round. Each buffer is new, and holds its bytes alone. */
export function withBuffers(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(withBuffers);
  return data instanceof Uint8Array ? new Uint8Array(data).buffer : data;
}

/** The buffers in it, to be transferred. */
export function buffersIn(data: unknown): ArrayBuffer[] {
  if (Array.isArray(data)) return data.flatMap(buffersIn);
  return data instanceof ArrayBuffer ? [data] : [];
}
