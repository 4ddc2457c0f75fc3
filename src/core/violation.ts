/** What a rule is, and how a peer's violation of it becomes an error. The rules themselves are in `rules.ts`. */
import { RemoteProtocolError, type ProtocolErrorCode } from "./errors.ts";

export type Rule<Code extends string = ProtocolErrorCode> = readonly [
  code: Code,
  section: string | undefined,
  words: string,
  closeCode?: number | undefined,
  status?: number | undefined,
];

/** The error of a peer that broke a rule. `offset` is where, in the stream of received bytes. */
export function violation(
  [code, section, words, closeCode, status]: Rule,
  offset?: number,
  ...values: unknown[]
): RemoteProtocolError {
  return new RemoteProtocolError(inWords(words, values), { code, section, closeCode, status, offset });
}

/** What is said of a rule that was broken, with each value in the place of a `%`. */
export function inWords(words: string, values: readonly unknown[]): string {
  let next = 0;
  return words.replace(/%/g, () => String(values[next++]));
}
