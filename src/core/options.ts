/** What callers give to a function: whether it is what the function takes, and what to say if it is not. */

/**
 * What a value has to be, in words that are tested: `"a string or an object"` by its `typeof`; `"{ now, setTimeout }"` by
 * the members that it has.
 */
export type Kind = string;

type KindOf<Value> = [Value] extends [boolean]
  ? "a boolean"
  : [Value] extends [number]
    ? "a number"
    : [Value] extends [(...given: never[]) => unknown]
      ? "a function"
      : Kind | OptionTable<Value>;

/** Every option of an interface, and its kind, or the table of the options in it. One that is missing here does not compile. */
export type OptionTable<Options> = { readonly [Name in keyof Options]-?: KindOf<Exclude<Options[Name], undefined>> };

type Table = Readonly<Record<string, unknown>>;

/** What to do instead with a value that has the member that is the key. */
export type Advice = Readonly<Record<string, string>>;

/**
 * Throws `TypeError` for an option that is not in the table, or is not of its kind. One that is `undefined` counts as
 * absent. `where` names the function.
 */
export function checkOptions(where: string, options: unknown, table: object): void {
  if (typeof options !== "object" || options === null) {
    refuse(`${where} takes options, { ${Object.keys(table).join(", ")} }`, options);
  }
  for (const name in options) {
    const value = options[name as never] as unknown;
    if (value === undefined) continue;
    const kind = (table as Table)[name];
    if (typeof kind === "string") requireKind(`${where}: ${name} must be`, value, kind);
    else if (typeof kind === "object") checkOptions(`${where}: ${name}`, value, kind!);
    else if (Object.hasOwn(options, name)) {
      throw new TypeError(`${where} has no option ${name}; did you mean ${nearest(name, Object.keys(table))}?`);
    }
  }
}

/** Throws `TypeError` for a value of another kind: `expected` begins its message. */
export function requireKind(expected: string, value: unknown, kind: Kind, advice?: Advice): void {
  const isKind =
    kind[0] === "{"
      ? kind.match(/\w+/g)!.every((name) => name in Object(value))
      : value !== null && kind.includes(typeof value);
  if (!isKind) refuse(`${expected} ${kind}`, value, advice);
}

/** Throws `TypeError`, which shows of text nothing: it may be a secret. */
export function refuse(expected: string, value: unknown, advice: Advice = {}): never {
  const object = Object(value) as object;
  const shown =
    typeof value === "string"
      ? "a string"
      : object === value
        ? `an instance of ${object.constructor?.name}`
        : String(value);
  const [, instead] = Object.entries(advice).find(([member]) => member in object) ?? [];
  throw new TypeError(`${expected}, not ${shown}${instead ? `: ${instead}` : ""}`);
}

/** The name that shares the most pairs of letters with this one. */
function nearest(name: string, known: string[]): string {
  const lower = name.toLowerCase();
  const likeness = (other: string): number =>
    [...other.toLowerCase()].filter((letter, i, all) => lower.includes(letter + all[i + 1])).length - other.length / 2;
  return known.sort((a, b) => likeness(b) - likeness(a))[0]!;
}
