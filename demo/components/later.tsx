/** A part of the page that is loaded when it is first shown. */
import { useSignal } from "@preact/signals";
import type { ComponentType, VNode } from "preact";
import { useEffect } from "preact/hooks";

/** The loaded part of each `load` function. */
const loaded = new Map<unknown, ComponentType>();

/** Pass the same `load` function each time. */
export function Later({ load }: { readonly load: () => Promise<ComponentType> }): VNode {
  const Part = useSignal(loaded.get(load));
  const problem = useSignal<string | undefined>(undefined);
  useEffect(() => {
    load().then(
      (part) => {
        loaded.set(load, part);
        Part.value = part;
      },
      () => (problem.value = "This part of the page could not be loaded. Check the network, and reload the page."),
    );
  }, [load]);
  if (Part.value !== undefined) return <Part.value />;
  return (
    <p class="hint" role="status">
      {problem.value ?? "Loading …"}
    </p>
  );
}
