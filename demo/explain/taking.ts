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
    if (!takesFiles(event.target)) event.preventDefault();
  });
  addEventListener("drop", (event) => {
    if (takesFiles(event.target)) return;
    event.preventDefault();
    const [file] = event.dataTransfer?.files ?? [];
    const text = event.dataTransfer?.getData("text") ?? "";
    if (file !== undefined) explain({ kind: "file", file });
    else if (text.trim() !== "" && !isField(event.target)) explain({ kind: "text", text });
  });
}

function isField(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches("input, textarea, select, [contenteditable]");
}

function takesFiles(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches('input[type="file"]');
}
