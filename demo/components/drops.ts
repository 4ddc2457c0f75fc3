/** Files that are dropped on the page. Without this the browser would leave the page and open them. */

/** Keeps the browser from opening them, except where a field takes files. */
export function holdDrops(): void {
  const hold = (event: DragEvent): void => {
    if (!(event.target as Element).matches('input[type="file"]')) event.preventDefault();
  };
  addEventListener("dragover", hold);
  addEventListener("drop", hold);
}
