/** The field under the pointer: everything that belongs to it is highlighted. */
import { effect, signal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";

/** The keys of the fields. */
const lit = signal<readonly string[]>([]);

/** Highlights every element of the box whose `data-fields` has one of these keys, while one is hovered or focused. */
export function useLitFields(box: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const root = box.current!;
    const light = ({ target }: Event): void => {
      const field = (target as Element).closest<HTMLElement>("[data-fields]");
      lit.value = field?.dataset.fields?.split(" ").filter((key) => key !== "") ?? [];
    };
    const darken = (): void => void (lit.value = []);
    root.addEventListener("pointerover", light);
    root.addEventListener("focusin", light);
    root.addEventListener("pointerleave", darken);
    root.addEventListener("focusout", darken);
    const stop = effect(() => {
      const keys = new Set(lit.value);
      root.classList.toggle("has-lit", keys.size > 0);
      for (const element of root.querySelectorAll<HTMLElement>("[data-fields]")) {
        const isLit = element.dataset.fields!.split(" ").some((key) => keys.has(key));
        element.classList.toggle("lit", isLit);
      }
    });
    return () => {
      stop();
      lit.value = [];
    };
  }, []);
}
