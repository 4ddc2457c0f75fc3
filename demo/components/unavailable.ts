/** Buttons that can't be used now. They stay in the order of the Tab key, unlike disabled ones, which lose the focus. */

const UNAVAILABLE = '[aria-disabled="true"]';

/** Keeps clicks, and with them the submission of forms, from every element with `aria-disabled`. */
export function holdUnavailable(): void {
  const hold = (event: Event): void => {
    if (!(event.target as Element).closest(UNAVAILABLE)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  addEventListener("click", hold, { capture: true });
}
