/** A Blob as happy-dom has it, and workerd before its compatibility date 2024-09-26: no `Symbol.toStringTag`. */
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
