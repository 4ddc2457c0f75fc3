/** What a message says: read as text, JSON, CBOR or MessagePack. The last two are loaded when they are needed. */

/** `undefined` if the bytes are not UTF-8. */
export function textIn(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** A value that was read. */
export interface Read {
  readonly value: unknown;
}

/** Reads only JSON objects and arrays. A number is JSON too, but a tree would add nothing to it. */
export function jsonIn(text: string): Read | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

export type BinaryFormat = "cbor" | "messagePack";

/**
 * Guesses the format from the first byte. Accepts only maps and lists, because every byte starts some value in both
 * formats.
 */
export function formatsOf([first]: Uint8Array): BinaryFormat[] {
  if (first === undefined) return [];
  const isCBOR = first >= 0x80 && first <= 0xdb;
  const isMessagePack = (first >= 0x80 && first <= 0x9f) || (first >= 0xdc && first <= 0xdf);
  return [...(isMessagePack ? (["messagePack"] as const) : []), ...(isCBOR ? (["cbor"] as const) : [])];
}

/** The value, if the bytes are one value of this format and nothing else. */
export async function readAs(format: BinaryFormat, bytes: Uint8Array): Promise<Read | undefined> {
  try {
    if (format === "cbor") {
      const { decode } = await import("cbor2");
      return { value: decode(bytes) };
    }
    const { decode } = await import("@msgpack/msgpack");
    return { value: decode(bytes, { useBigInt64: true }) };
  } catch {
    return undefined;
  }
}
