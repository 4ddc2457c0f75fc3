/**
 * Finds a shorter script that still breaks the same law: deletes ranges, zeroes and lowers values, and runs it again.
 */
import type { Script } from "./choices.ts";

/** Whether a script still fails in the same way. */
export type StillFails = (script: Script) => Promise<boolean>;

export async function shrink(script: Script, stillFails: StillFails, mostRuns = 300): Promise<Script> {
  let best = script;
  let runs = 0;
  const attempt = async (next: Script): Promise<boolean> => {
    if (runs >= mostRuns) return false;
    runs++;
    if (!(await stillFails(next))) return false;
    best = next;
    return true;
  };
  const withStream = (name: string, values: readonly number[]): Script => {
    const others = Object.fromEntries(Object.entries(best).filter(([other]) => other !== name));
    const last = values.findLastIndex((value) => value !== 0);
    return last < 0 ? others : { ...others, [name]: values.slice(0, last + 1) };
  };

  for (let progress = true; progress && runs < mostRuns;) {
    progress = false;
    // One connection alone, as the first: its streams have its number in their names.
    for (const number of new Set(Object.keys(best).map((name) => name.split(".")[1]))) {
      if (number === undefined) continue;
      const alone = Object.entries(best).flatMap(([name, values]) => {
        const [purpose, of] = name.split(".");
        return of === undefined ? [[name, values]] : of === number ? [[`${purpose!}.0`, values]] : [];
      });
      if (alone.length < Object.keys(best).length || number !== "0") {
        if (await attempt(Object.fromEntries(alone) as Script)) progress = true;
      }
    }
    for (const name of Object.keys(best)) {
      if (await attempt(withStream(name, []))) {
        progress = true;
        continue;
      }
      for (let size = Math.ceil((best[name] ?? []).length / 2); size >= 1; size = size >> 1) {
        for (let at = (best[name] ?? []).length - size; at >= 0; at -= size) {
          const values = best[name] ?? [];
          if (at >= values.length) continue;
          const part = values.slice(at, at + size);
          if (part.length === 0) continue;
          const zeroed = [...values.slice(0, at), ...part.map(() => 0), ...values.slice(at + size)];
          if (part.some((value) => value !== 0) && (await attempt(withStream(name, zeroed)))) progress = true;
          else if (await attempt(withStream(name, [...values.slice(0, at), ...values.slice(at + size)])))
            progress = true;
        }
      }
      for (let at = 0; at < (best[name] ?? []).length; at++) {
        const values = best[name] ?? [];
        const value = values[at]!;
        for (const lower of value > 3 ? [1, value >> 1] : value > 1 ? [1] : []) {
          if (await attempt(withStream(name, values.with(at, lower)))) {
            progress = true;
            break;
          }
        }
      }
    }
  }
  return best;
}
