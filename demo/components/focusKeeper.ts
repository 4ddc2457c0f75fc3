/**
 * When the focused element is removed, moves the focus to the nearest place around it. The browser would move it to the
 * whole page.
 */

/** The elements that take the focus if something inside them is removed. */
const PLACES = "[tabindex], [role], section, form, main";

/** Watches all of `root`. */
export function keepFocusIn(root: Element): void {
  /** The element that last had the focus, and its ancestors, nearest first. */
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
