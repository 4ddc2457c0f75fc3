/** The table of rules, and how the decoder reports a violation. */
import * as rules from "../core/rules.ts";
import { inWords, type Rule } from "../core/violation.ts";
import type { Violation } from "./record.ts";

export { rules, type Rule };

export function broken(
  [code, section, words]: Rule<Violation["code"]>,
  ...values: unknown[]
): Pick<Violation, "code" | "message" | "section"> {
  return { code, message: inWords(words, values), section: section! };
}
