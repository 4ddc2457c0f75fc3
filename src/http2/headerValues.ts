/** Headers in Node's form for HTTP/2, with pseudo-headers among them, and as pairs. */

/** By names in lower case; those that came more than once are lists, or were joined by Node. */
export type HeaderValues = Record<string, string | number | string[] | undefined>;

/** All headers but the pseudo-headers, as pairs. A flat list of names and values is as Node's `rawHeaders` has it. */
export function pairsOf(headers: HeaderValues | readonly string[]): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  const add = (name: string, value: unknown): void => {
    if (!name.startsWith(":")) pairs.push([name, String(value)]);
  };
  if (Array.isArray(headers)) {
    for (let at = 0; at < headers.length; at += 2) add(String(headers[at]), headers[at + 1]);
    return pairs;
  }
  for (const [name, value] of Object.entries(headers)) {
    if (Array.isArray(value)) for (const each of value) add(name, each);
    else if (value !== undefined) add(name, value);
  }
  return pairs;
}

/** Pairs in Node's form. `fromEntries` defines properties, so that a header named `__proto__` is one like any other. */
export function valuesOf(pairs: readonly (readonly [name: string, value: string])[]): HeaderValues {
  const values = new Map<string, string[]>();
  for (const [name, value] of pairs) {
    const key = name.toLowerCase();
    const list = values.get(key);
    if (list === undefined) values.set(key, [value]);
    else list.push(value);
  }
  return Object.fromEntries(Array.from(values, ([name, list]) => [name, list.length === 1 ? list[0]! : list]));
}
