/** Names and values, one pair per row. */
import type { VNode } from "preact";
import type { Fact } from "../model/eventFacts.ts";

export function FactList({ facts }: { readonly facts: readonly Fact[] }): VNode {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
