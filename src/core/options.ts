/** Checks options against a table, and writes the error messages. */

/**
 * The expected kind of a value, in words that are also the check: `"a string or an object"` checks its `typeof`,
 * `"{ now, setTimeout }"` checks that it has these members.
 */
export type Kind = string;

type KindOf<Value> = [Value] extends [boolean]
  ? "a boolean"
  : [Value] extends [number]
    ? "a number"
    : [Value] extends [(...given: never[]) => unknown]
      ? "a function"
      : Kind | OptionTable<Value>;

/**
 * The kind of every option of an interface, or the table of a nested one. A missing option does not compile, and neither
 * does an optional one whose type lacks `undefined`, which `checkOptions` treats as absent.
 */
export type OptionTable<Options> = {
  readonly [Name in keyof Options]-?: TakesUndefined<Options, Name> extends true
    ? KindOf<Exclude<Options[Name], undefined>>
    : never;
};

/** Whether an option is required, or takes an explicit `undefined`. */
type TakesUndefined<Options, Name extends keyof Options> =
  object extends Pick<Options, Name> ? (Record<Name, undefined> extends Pick<Options, Name> ? true : false) : true;

type Table = Readonly<Record<string, Kind | object>>;

/** Returns advice to append to an error message about a value, or an empty string. */
export type Advise = (value: unknown) => string;

/** The class of checked options. An inner function that gets them does not check them again. */
class Checked {
  [name: string]: unknown;
}

/** Marks options that the library makes of checked ones. */
export function passOn<Options extends object>(options: Options): Options {
  return Object.assign(new Checked(), options);
}

/**
 * Reads each option of the table once, inherited ones included, and returns those that are not `undefined`. Throws
 * `TypeError` for an option of the wrong kind, and for an own option that is not in the table. `where` names the
 * function. Returns options that have been checked as they are.
 */
export function checkOptions<Options extends object>(where: string, options: Options, table: object): Options {
  if (options instanceof Checked) return options;
  const names = Object.keys(table);
  if (typeof options !== "object" || options === null) {
    refuse(`${where} takes options, { ${names.join(", ")} }`, options);
  }
  const checked = new Checked();
  for (const name of new Set([...Object.keys(options), ...names])) {
    const value: unknown = options[name as never];
    if (value === undefined) continue;
    if (!names.includes(name)) throw new TypeError(`${where} has no option ${name}; ${suggestion(name, names)}`);
    const kind = (table as Table)[name]!;
    if (typeof kind === "string") requireKind(`${where}: ${name} must be`, value, kind);
    checked[name] = typeof kind === "string" ? value : checkOptions(`${where}: ${name}`, value as object, kind);
  }
  return checked as Options;
}

/**
 * Throws as {@link checkOptions} does, for options that are all booleans. Runs once a message, so it allocates nothing
 * unless it throws, and passes the object that it checked last.
 */
export function checkFlags(where: string, options: object, table: object): void {
  if (options !== checkedOptions || table !== checkedTable) checkNewFlags(where, options, table);
}

/** Apart from `checkFlags`, which the engine inlines: as one function it takes a fifth of the time of a short message. */
function checkNewFlags(where: string, options: object, table: object): void {
  if (options instanceof Checked) return;
  let isValid = typeof options === "object" && options !== null;
  for (const name in options) {
    const value: unknown = options[name as never];
    if (value !== undefined && (typeof value !== "boolean" || table[name as never] !== "a boolean")) isValid = false;
  }
  if (!isValid) checkOptions(where, options, table);
  checkedOptions = options;
  checkedTable = table;
}

let checkedOptions: object | undefined;
let checkedTable: object | undefined;

/** Throws `TypeError` for a value of another kind. `expected` starts its message, and what `advise` returns ends it. */
export function requireKind(expected: string, value: unknown, kind: Kind, advise?: Advise): void {
  const isKind =
    kind[0] === "{"
      ? kind.match(/\w+/g)!.every((name) => name in Object(value))
      : value !== null && kind.includes(typeof value);
  if (!isKind) refuse(`${expected} ${kind}`, value, advise);
}

/** Throws `RangeError` for a number that is neither a count nor `Infinity`. */
export function requireCount(name: string, value: number | undefined): void {
  if (value === undefined || value === Infinity || (Number.isSafeInteger(value) && value >= 0)) return;
  throw new RangeError(`${name} must be a whole number of at least 0, or Infinity; it is ${String(value)}`);
}

/** Throws `TypeError`. Does not show strings, because they may be secrets. */
export function refuse(expected: string, value: unknown, advise: Advise = () => ""): never {
  const shown =
    typeof value === "string"
      ? "a string"
      : Object(value) === value
        ? `an instance of ${(value as Partial<object>).constructor?.name ?? "nothing"}`
        : String(value);
  throw new TypeError(`${expected}, not ${shown}${advise(value)}`);
}

/** Creates advice from a table of member names. The first member that the value has chooses the text. */
export function advice(by: Readonly<Record<string, string>>): Advise {
  return (value) => {
    const member = Object.keys(by).find((name) => name in Object(value));
    return member === undefined ? "" : `; ${by[member]!}`;
  };
}

/** Suggests the option that shares the most letter pairs with `name`; lists all options if none is similar enough. */
function suggestion(name: string, known: readonly string[]): string {
  const letters = Array.from(name.toLowerCase());
  let suggested = `it has ${known.join(", ")}`;
  let most = 0.19;
  for (const other of known) {
    const shared = letters.filter((letter, i) => i > 0 && other.toLowerCase().includes(letters[i - 1]! + letter));
    const likeness = shared.length / (name.length + other.length);
    if (likeness > most) {
      suggested = `did you mean ${other}?`;
      most = likeness;
    }
  }
  return suggested;
}
