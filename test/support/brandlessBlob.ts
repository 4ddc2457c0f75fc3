/** A Blob without `Symbol.toStringTag`, as in happy-dom, and in workerd before its compatibility date 2024-09-26. */
export function brandless(bytes: Uint8Array<ArrayBuffer>): object {
  const blob = new Blob([bytes]);
  return new (class {
    readonly size = blob.size;
    readonly type = blob.type;
    arrayBuffer = (): Promise<ArrayBuffer> => blob.arrayBuffer();
    slice = (): never => {
      throw new Error("not needed here");
    };
    toString(): string {
      return "[object Blob]";
    }
  })();
}
