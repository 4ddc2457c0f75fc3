/**
 * Whether the page explains bytes, and which bytes. This part loads at the start; the rest loads when it is needed.
 */
import { signal } from "@preact/signals";

/** The input, before anything is known about it. */
export type Given =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "file"; readonly file: File }
  /** The value of `#explain=`. */
  | { readonly kind: "link"; readonly value: string };

/** Whether the page shows the box for bytes in place of the two ends. */
export const explaining = signal(false);
/** The input to explain; `undefined` while the box is empty. */
export const given = signal<Given | undefined>(undefined);

const HASH = /^#explain(?:=(.*))?$/s;

/** Follows the hash of the page, now and whenever it changes. */
export function followExplain(): void {
  const read = (): void => {
    const match = HASH.exec(location.hash);
    explaining.value = match !== null;
    const [, value = ""] = match ?? [];
    if (value !== "") given.value = { kind: "link", value };
  };
  addEventListener("hashchange", read);
  read();
}

/** Opens the box with what was pasted or dropped. */
export function explain(what: Given): void {
  given.value = what;
  explaining.value = true;
  if (location.hash !== "#explain") history.pushState(null, "", "#explain");
}

/** Returns to the two ends. The browser's “Back” leads to the same bytes again. */
export function stopExplaining(): void {
  explaining.value = false;
  history.pushState(null, "", location.pathname + location.search);
}
