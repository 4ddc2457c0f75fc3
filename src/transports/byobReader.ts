/** A reader that brings the memory to read into (WHATWG Streams §4.5), for streams of bytes; `undefined` for others. */
export function byobReaderOf(readable: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | undefined {
  try {
    return readable.getReader({ mode: "byob" });
  } catch {
    return undefined;
  }
}
