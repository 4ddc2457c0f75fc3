/** The `@example` blocks of docstrings, and where each runs. */

/** Without a title an example runs in Node. */
export type Place = "" | "In a page" | "In a Playwright test";

export interface Example {
  readonly place: Place;
  readonly code: string;
}

export function examplesIn(source: string): Example[] {
  return [...source.matchAll(/^ *\* @example([^\n]*)\n *\* ```ts\n(.*?)\n *\* ```/gms)].map(
    ([, title = "", lines = ""]) => ({
      place: title.trim() as Place,
      code: lines.replace(/^ *\* ?/gm, ""),
    }),
  );
}

/** What the comments of a program say that it prints. */
export function promisedOutput(code: string): string {
  return [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, line]) => `${line}\n`).join("");
}
