/** Checks plain data that comes from outside, field by field, and says in words what is wrong with it and where. */

/** Returns the value if it is right, with nothing in it that was not asked for. Throws `Malformed` if it is not. */
export type Check<T> = (value: unknown, where: string) => T;
type Checked<C> = C extends Check<infer T> ? T : never;
type Shape = Readonly<Record<string, Check<unknown>>>;

/** Names the wrong field, the expected value and the given one. */
export class Malformed extends Error {
  override readonly name = "Malformed";

  constructor(where: string, expected: string, value: unknown) {
    super(`${where} must be ${expected}, not ${shown(value)}`);
  }
}

function shown(value: unknown): string {
  if (value === undefined) return "missing";
  const text = value instanceof Uint8Array ? "bytes" : (JSON.stringify(value) ?? typeof value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

export const text: Check<string> = (value, where) => {
  if (typeof value !== "string") throw new Malformed(where, "text", value);
  return value;
};

export const flag: Check<boolean> = (value, where) => {
  if (typeof value !== "boolean") throw new Malformed(where, "true or false", value);
  return value;
};

export const bytes: Check<Uint8Array<ArrayBuffer>> = (value, where) => {
  if (!(value instanceof Uint8Array)) throw new Malformed(where, "bytes", value);
  return value as Uint8Array<ArrayBuffer>;
};

export function whole(least: number, most: number): Check<number> {
  return (value, where) => {
    if (!Number.isInteger(value) || (value as number) < least || (value as number) > most) {
      throw new Malformed(where, `a whole number from ${least} to ${most}`, value);
    }
    return value as number;
  };
}

export function oneOf<const T extends string>(...names: readonly T[]): Check<T> {
  return (value, where) => {
    if (!names.includes(value as T)) throw new Malformed(where, names.map((name) => `"${name}"`).join(" or "), value);
    return value as T;
  };
}

/** The first check that holds. `expected` says in words what that is. */
export function either<A, B>(first: Check<A>, second: Check<B>, expected: string): Check<A | B> {
  return (value, where) => {
    for (const check of [first, second]) {
      try {
        return check(value, where);
      } catch (error) {
        if (!(error instanceof Malformed)) throw error;
      }
    }
    throw new Malformed(where, expected, value);
  };
}

/** `unit` names one entry: entries are counted from 1 in messages. */
export function listOf<T>(entry: Check<T>, unit: string, most = 1000): Check<T[]> {
  return (value, where) => {
    if (!Array.isArray(value)) throw new Malformed(where, "a list", value);
    if (value.length > most) throw new Malformed(where, `a list of at most ${most}`, value.length);
    return value.map((one, index) => entry(one, `${where}, ${unit} ${index + 1}`));
  };
}

/** An object with all fields of `needed`, and with those of `optional` that it has. */
export function record<Needed extends Shape, Optional extends Shape>(
  needed: Needed,
  optional: Optional,
): Check<
  { readonly [Name in keyof Needed]: Checked<Needed[Name]> } & {
    readonly [Name in keyof Optional]?: Checked<Optional[Name]>;
  }
> {
  return (value, where) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new Malformed(where, "an object", value);
    }
    const given = value as Readonly<Record<string, unknown>>;
    const checked: Record<string, unknown> = {};
    for (const [name, check] of Object.entries(needed)) checked[name] = check(given[name], `${where}: ${name}`);
    for (const [name, check] of Object.entries(optional)) {
      if (given[name] !== undefined) checked[name] = check(given[name], `${where}: ${name}`);
    }
    return checked as never;
  };
}

/** An object with all these fields. */
export function exactly<Needed extends Shape>(
  needed: Needed,
): Check<{ readonly [Name in keyof Needed]: Checked<Needed[Name]> }> {
  return record(needed, {});
}

/** An object of one of several kinds, which its field `tag` names. */
export function variants<Kinds extends Readonly<Record<string, Check<object>>>, Tag extends string>(
  tag: Tag,
  kinds: Kinds,
): Check<
  { [Kind in keyof Kinds & string]: { readonly [T in Tag]: Kind } & Checked<Kinds[Kind]> }[keyof Kinds & string]
> {
  const named = exactly({ [tag]: oneOf(...Object.keys(kinds)) });
  return (value, where) => {
    const kind = (named(value, where) as Readonly<Record<string, string>>)[tag]!;
    return { [tag]: kind, ...kinds[kind]!(value, where) } as never;
  };
}
