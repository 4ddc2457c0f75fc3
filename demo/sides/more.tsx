/** Controls that are not needed at first. Hidden on both sides until the user opens them, which is remembered. */
import type { ComponentChildren, VNode } from "preact";
import { remembered } from "../model/remembered.ts";

export const more = remembered("more", ["closed", "open"]);

export function More({ children }: { readonly children: ComponentChildren }): VNode {
  const isOpen = more.value === "open";
  return (
    <div class="more">
      <button
        type="button"
        class="small plain"
        aria-expanded={isOpen}
        onClick={() => (more.value = isOpen ? "closed" : "open")}
      >
        {isOpen ? "Less" : "More"}
      </button>
      {isOpen && children}
    </div>
  );
}
