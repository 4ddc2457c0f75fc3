/** Defines what a rule is, and turns a violation into an error. The rules are in `rules.ts`. */
import { RemoteProtocolError, type ProtocolErrorCode } from "./errors.ts";

/** A rule that a peer can break, as in {@link rules}. */
export type Rule<Code extends string = ProtocolErrorCode> = readonly [
  code: Code,
  section: string | undefined,
  words: string,
  closeCode?: number | undefined,
  status?: number | undefined,
];

/** The error for a peer that broke a rule. `offset` is the position in the stream of received bytes. */
export function violation(
  [code, section, words, closeCode, status]: Rule,
  offset?: number,
  ...values: unknown[]
): RemoteProtocolError {
  return new RemoteProtocolError(inWords(words, values), { code, section, closeCode, status, offset });
}

/** The message of a rule, with each `%` replaced by a value. */
export function inWords(words: string, values: readonly unknown[]): string {
  let next = 0;
  return words.replace(/%/g, () => String(values[next++]));
}
