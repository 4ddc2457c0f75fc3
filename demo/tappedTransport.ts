/** A transport that tells what is written to it, and otherwise changes nothing. */
import type { ByteTransport } from "../src/transports/pipe.ts";

/** `tell` is given each chunk, to be read before it returns, and `null` for the end. */
export function tappedTransport(
  transport: ByteTransport,
  tell: (chunk: Uint8Array<ArrayBuffer> | null) => void,
): ByteTransport {
  const writer = transport.writable.getWriter();
  const writable = new WritableStream<Uint8Array<ArrayBuffer>>({
    write(chunk) {
      tell(chunk);
      return writer.write(chunk);
    },
    close() {
      tell(null);
      return writer.close();
    },
    abort: (reason) => writer.abort(reason),
  });
  return { ...transport, writable };
}
