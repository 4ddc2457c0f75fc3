/** What a Blob is, whoever's class made it. */

/**
 * By its brand, since it may come from another realm; or by its members: happy-dom's Blobs have no brand, nor have
 * workerd's before its compatibility date 2024-09-26, and a derived class may have one of its own.
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
