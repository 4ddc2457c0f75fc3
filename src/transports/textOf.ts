/** What to say of a value that was thrown, or given as a reason. Never throws, whatever the value does. */
export function textOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return typeof thrown;
  }
}
