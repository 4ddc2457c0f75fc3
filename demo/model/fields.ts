/** Reads the values of a form. */
import type { TargetedSubmitEvent } from "preact";

/** The value of the field with this name. */
export function fieldOf(event: TargetedSubmitEvent<HTMLFormElement>, name: string): string {
  const value = new FormData(event.currentTarget).get(name);
  if (typeof value !== "string") throw new Error(`the form has no field ${name}`);
  return value;
}

/** Whether the checkbox with this name is checked. */
export function isChecked(event: TargetedSubmitEvent<HTMLFormElement>, name: string): boolean {
  return new FormData(event.currentTarget).has(name);
}
