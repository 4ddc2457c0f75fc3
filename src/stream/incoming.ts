/** Takes transports from an iterable, and stops taking them. */
import { advice, refuse } from "../core/options.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { ignore } from "../transports/ignore.ts";
import { insteadOfTransport } from "../transports/requireTransport.ts";
import { discard } from "./discard.ts";

export type Source = AsyncIterator<ByteTransport, unknown> | Iterator<ByteTransport, unknown>;

/**
 * Starts iterating over transports. Throws `TypeError` if the value is not an iterable of transports. `where` names the
 * function.
 */
export function iteratorOf(where: string, transports: AsyncIterable<ByteTransport> | Iterable<ByteTransport>): Source {
  const source = Object(transports) as Partial<AsyncIterable<ByteTransport> & Iterable<ByteTransport>>;
  const begin = source[Symbol.asyncIterator] ?? source[Symbol.iterator];
  // Node's sockets are iterable, and so are strings. A stream of objects may bring transports.
  const isSocket = "write" in source && (source as { readableObjectMode?: boolean }).readableObjectMode !== true;
  if (begin === undefined || source !== transports || isSocket) {
    refuse(`${where} takes transports, as an array or another iterable`, transports, advice(insteadOfTransports));
  }
  return (begin as () => Source).call(source);
}

const insteadOfTransports: Readonly<Record<string, string>> = {
  ...insteadOfTransport,
  readable: "put it into an array",
  call: "the handler comes second",
};

/**
 * Ends the remaining transports of an array, because nobody else will. Tells any other source to stop; the rest is up
 * to it.
 */
export function stopTaking(transports: object, iterator: Source, reason: unknown): void {
  if (Array.isArray(transports)) {
    const rest = { [Symbol.iterator]: () => iterator as Iterator<ByteTransport> };
    for (const transport of rest) discard(transport, reason);
    return;
  }
  try {
    Promise.resolve(iterator.return?.()).catch(ignore);
  } catch {
    // As above, but thrown.
  }
}
