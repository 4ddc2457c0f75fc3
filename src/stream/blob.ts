/** Recognizes Blobs of any class. */

/**
 * Checks the brand first, because a Blob may come from another realm, then the members. Blobs of happy-dom have no
 * brand, nor do workerd's before compatibility date 2024-09-26, and a derived class may change it.
 */
export function isBlob(value: unknown): value is Blob {
  if (typeof value !== "object" || value === null) return false;
  if (/^\[object (Blob|File)\]$/.test(Object.prototype.toString.call(value))) return true;
  const { size, type, slice, arrayBuffer } = value as Partial<Blob>;
  const methods = [slice, arrayBuffer];
  return (
    typeof size === "number" && typeof type === "string" && methods.every((method) => typeof method === "function")
  );
}
