/** Converts what crossws peers send. */

/** The options of `send()` and `publish()` of a peer; see {@link crosswsAdapter}. */
export interface CrosswsSendOptions {
  readonly compress?: boolean | undefined;
}

/** Returns what to send for a value: a string, or bytes in one of their forms. */
export function sendable(data: unknown): unknown {
  switch (typeof data) {
    case "string":
      return data;
    case "number":
    case "boolean":
    case "bigint":
      return String(data);
    case "undefined":
      return "";
    case "object":
      if (data === null) return "";
      return isPlain(data) ? JSON.stringify(data) : data;
    case "function":
    case "symbol":
      throw new TypeError(`a ${typeof data} can't be sent`);
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
