/** A message cut into fragments of about the same length (RFC 6455 §5.4). */

/** Returns the requested number; the last ones are empty if the message is short. Text is cut between characters. */
export function fragmentsOf<Data extends string | Uint8Array<ArrayBuffer>>(data: Data, count: number): Data[] {
  if (typeof data === "string") {
    const characters = Array.from(data);
    const parts = cuts(characters.length, count).map(([start, end]) => characters.slice(start, end).join(""));
    return parts as Data[];
  }
  return cuts(data.length, count).map(([start, end]) => data.slice(start, end)) as Data[];
}

function cuts(length: number, count: number): (readonly [start: number, end: number])[] {
  const size = Math.ceil(length / count);
  return Array.from({ length: count }, (_, index) => [index * size, (index + 1) * size]);
}
