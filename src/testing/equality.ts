/** Compares a JSON value with an expected one, which may contain asymmetric matchers of any runner. */

/** With `partial`, objects may have more properties than expected. */
export function matches(actual: unknown, expected: unknown, partial = false): boolean {
  if (isAsymmetric(expected)) return expected.asymmetricMatch(actual);
  if (typeof expected !== "object" || expected === null) return Object.is(actual, expected);
  if (typeof actual !== "object" || actual === null || Array.isArray(actual) !== Array.isArray(expected)) return false;
  const values = actual as Record<string, unknown>;
  // JSON has no undefined values.
  const wanted = Object.entries(expected).filter(([, value]) => value !== undefined);
  const isWhole = partial && !Array.isArray(expected) ? true : Object.keys(actual).length === wanted.length;
  return (
    isWhole && wanted.every(([name, value]) => Object.hasOwn(values, name) && matches(values[name], value, partial))
  );
}

function isAsymmetric(value: unknown): value is { asymmetricMatch(actual: unknown): boolean } {
  return typeof (value as { asymmetricMatch?: unknown } | null | undefined)?.asymmetricMatch === "function";
}
