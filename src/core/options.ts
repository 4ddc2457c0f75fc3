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

/** Ends a message about a value that is wrong, or adds nothing to it. */
export type Advise = (value: unknown) => string;

/**
 * Reads the options of the table once each, inherited ones too, and returns those that are not `undefined`. Throws
 * `TypeError` for an option of another kind, and for an own one that is not in the table. `where` names the function.
 */
export function checkOptions<Options extends object>(where: string, options: Options, table: object): Options {
  const names = Object.keys(table);
  if (typeof options !== "object" || options === null) {
    refuse(`${where} takes options, { ${names.join(", ")} }`, options);
  }
  for (const name of Object.keys(options)) {
    if (!(name in table) && options[name as never] !== undefined) {
      throw new TypeError(`${where} has no option ${name}; ${suggestion(name, names)}`);
    }
  }
  const checked: Record<string, unknown> = {};
  for (const name of names) {
    const value = options[name as never] as unknown;
    if (value === undefined) continue;
    const kind = (table as Table)[name];
    checked[name] = typeof kind === "object" ? checkOptions(`${where}: ${name}`, value as object, kind!) : value;
    if (typeof kind === "string") requireKind(`${where}: ${name} must be`, value, kind);
  }
  return checked as Options;
}

/** Throws `TypeError` for a value of another kind: `expected` begins its message, and what `advise` returns ends it. */
export function requireKind(expected: string, value: unknown, kind: Kind, advise?: Advise): void {
  const isKind =
    kind[0] === "{"
      ? kind.match(/\w+/g)!.every((name) => name in Object(value))
      : value !== null && kind.includes(typeof value);
  if (!isKind) refuse(`${expected} ${kind}`, value, advise);
}

/** Throws `TypeError`. Shows nothing of text, which may be a secret. */
export function refuse(expected: string, value: unknown, advise: Advise = () => ""): never {
  const shown =
    typeof value === "string"
      ? "a string"
      : Object(value) === value
        ? `an instance of ${(value as Partial<object>).constructor?.name ?? "nothing"}`
        : String(value);
  throw new TypeError(`${expected}, not ${shown}${advise(value)}`);
}

/** Says what to do instead: by the member that a value has, the first of these that it has. */
export function advice(by: Readonly<Record<string, string>>): Advise {
  return (value) => {
    const member = Object.keys(by).find((name) => name in Object(value));
    return member === undefined ? "" : `; ${by[member]!}`;
  };
}

/** The name that shares the most pairs of letters with this one; all names if that is too few. */
function suggestion(name: string, known: readonly string[]): string {
  const lower = name.toLowerCase();
  const likeness = (other: string): number => {
    let pairs = 0;
    for (let i = 2; i <= other.length; i++) if (lower.includes(other.slice(i - 2, i).toLowerCase())) pairs++;
    return pairs / (name.length + other.length);
  };
  const best = known.reduce((a, b) => (likeness(b) > likeness(a) ? b : a));
  return likeness(best) < 0.2 ? `it has ${known.join(", ")}` : `did you mean ${best}?`;
}
