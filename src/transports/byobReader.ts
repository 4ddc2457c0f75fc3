/**
 * Returns a reader that reads into the caller's memory (WHATWG Streams §4.5), or `undefined` if the stream is not a
 * byte stream.
 */
export function byobReaderOf(readable: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | undefined {
  try {
    return readable.getReader({ mode: "byob" });
  } catch {
    return undefined;
  }
}
