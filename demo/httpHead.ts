/** Tells the head of an HTTP message, which is text, from the bytes behind it, which need not be. */

const END = "\r\n\r\n";

/** `head` is empty where the bytes do not begin with one. A head that was cut off is all of the bytes. */
export function splitHead(bytes: Uint8Array): { readonly head: string; readonly rest: Uint8Array } {
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  if (!/^(GET |HTTP\/)/.test(text)) return { head: "", rest: bytes };
  const end = text.indexOf(END);
  const length = end < 0 ? bytes.length : end + END.length;
  return { head: text.slice(0, length).trimEnd(), rest: bytes.subarray(length) };
}
