/** Keeps the focus where it was when the element that has it is removed: the browser would give it to the whole page. */

/** What takes the focus in place of something in it. */
const PLACES = "[tabindex], [role], section, form, main";

/** Watches all of `root`. */
export function keepFocusIn(root: Element): void {
  /** The element that had it last, and its ancestors, nearest first. */
  let path: readonly Element[] = [];
  root.addEventListener("focusin", (event) => {
    path = event
      .composedPath()
      .filter((target): target is Element => target instanceof Element && root.contains(target));
  });
  const mend = (): void => {
    if (path[0]?.isConnected !== false || document.activeElement !== document.body) return;
    const place = path.find((element): element is HTMLElement => element.isConnected && element.matches(PLACES));
    path = [];
    if (place === undefined) return;
    if (place.tabIndex < 0) place.tabIndex = -1;
    place.focus({ preventScroll: true });
  };
  new MutationObserver(mend).observe(root, { childList: true, subtree: true });
}
