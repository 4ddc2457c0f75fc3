/** Compares two outcomes that must be equal. */

/** Throws, and says where they differ first. */
export function same(actual: unknown, expected: unknown, how: string): void {
  const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (one === other) return;
  let at = 0;
  while (one[at] === other[at]) at++;
  const around = (text: string): string => text.slice(Math.max(0, at - 80), at + 200);
  throw new Error(`${how} something else comes of it:\n  ${around(one)}\nwhere whole it is:\n  ${around(other)}`);
}
