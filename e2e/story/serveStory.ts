/** The server of a story, wherever it runs. */
import { permessageDeflate } from "../../src/deflate/index.ts";
import { serve } from "../../src/stream/index.ts";
import type { ByteTransport } from "../../src/transports/byteTransport.ts";
import { answers } from "../../test/support/answers.ts";

/** Starts one, which serves the transports that it is given. */
export function startServer(): (transports: AsyncIterable<ByteTransport> | Iterable<ByteTransport>) => void {
  const handler = answers();
  return (transports) => void serve(transports, handler, { extensions: [permessageDeflate()], origins: "any" });
}
