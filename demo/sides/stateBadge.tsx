/** The state of one side in one word, spoken when it changes. */
import type { VNode } from "preact";
import type { ConnectionState } from "../../src/index.ts";

export function StateBadge({ state, owner }: { readonly state: ConnectionState; readonly owner: string }): VNode {
  return (
    <p class={`badge ${state}`} role="status" aria-live="polite" aria-label={`${owner} state`}>
      {state}
    </p>
  );
}
