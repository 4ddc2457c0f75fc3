/** Takes what is pasted outside a field, and files that are dropped anywhere, to be explained. */
import { explain } from "./explained.ts";

/** Keeps the browser from leaving the page for a file that is dropped on it. */
export function takeBytes(): void {
  addEventListener("paste", (event) => {
    if (isField(event.target)) return;
    const [file] = event.clipboardData?.files ?? [];
    const text = event.clipboardData?.getData("text") ?? "";
    if (file === undefined && text.trim() === "") return;
    event.preventDefault();
    explain(file === undefined ? { kind: "text", text } : { kind: "file", file });
  });
  addEventListener("dragover", (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    const [file] = event.dataTransfer?.files ?? [];
    if (file !== undefined) explain({ kind: "file", file });
  });
}

function isField(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches("input, textarea, select, [contenteditable]");
}

/** Leaves text, and files that are dropped on a file field, to the browser. */
function hasFiles({ target, dataTransfer }: DragEvent): boolean {
  const isTaken = target instanceof Element && target.matches('input[type="file"]');
  return !isTaken && dataTransfer?.types.includes("Files") === true;
}
