/** Converts headers between pairs and Node's HTTP/2 form, which includes pseudo-headers. */

/** Keyed by lower-case name. A repeated header is a list, or was joined by Node. */
export type HeaderValues = Record<string, string | number | string[] | undefined>;

/**
 * Returns all headers except pseudo-headers, as pairs. Also takes a flat list of names and values, like Node's
 * `rawHeaders`.
 */
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

/** Converts pairs to Node's form. `fromEntries` defines properties, so a header named `__proto__` is safe. */
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
