/** Whether the screen is too narrow for panels side by side. */
import { signal } from "@preact/signals";

const query = matchMedia("(max-width: 1099px)");

export const isNarrow = signal(query.matches);

query.addEventListener("change", () => void (isNarrow.value = query.matches));
