/** How much room there is for panels beside each other. */
import { signal, type ReadonlySignal } from "@preact/signals";

function matches(query: string): ReadonlySignal<boolean> {
  const list = matchMedia(query);
  const isSo = signal(list.matches);
  list.addEventListener("change", () => void (isSo.value = list.matches));
  return isSo;
}

/** Room for one panel at a time. */
export const isNarrow = matches("(max-width: 899px)");
/** Room for the ladder and one column beside it. */
export const isMedium = matches("(min-width: 900px) and (max-width: 1279px)");
