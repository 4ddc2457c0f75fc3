/**
 * Lets a hex field accept bytes in the form that other tools copy, such as a hex dump. An input alone would drop the
 * line ends.
 */
import type { TargetedClipboardEvent } from "preact";
import { hex } from "../model/format.ts";
import { readBytes } from "../model/readBytes.ts";

/** Puts the bytes that are pasted into the field in plain hex. Leaves any other text to the browser. */
export function pasteBytes(event: TargetedClipboardEvent<HTMLInputElement>): void {
  const read = readBytes(event.clipboardData?.getData("text") ?? "");
  if (typeof read === "string" || read.spelling === "hex") return;
  event.preventDefault();
  const field = event.currentTarget;
  field.value = hex(read.bytes);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
