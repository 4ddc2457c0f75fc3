/** Choices that a person makes once: kept in this browser, if it lets pages keep anything. */
import { signal, type Signal } from "@preact/signals";

/** A signal that keeps its value under this name. A value that is not one of `choices` counts as the first. */
export function remembered<const Choice extends string>(
  name: string,
  choices: readonly [Choice, ...Choice[]],
): Signal<Choice> {
  const key = `playground.${name}`;
  const kept = choices.find((choice) => choice === read(key));
  const chosen = signal<Choice>(kept ?? choices[0]);
  chosen.subscribe((value) => write(key, value));
  return chosen;
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // blocked for this page
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // It is forgotten with the page.
  }
}
