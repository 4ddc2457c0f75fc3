/** The box for bytes. */
import type { VNode } from "preact";
export function ExplainView(): VNode {
  return <main class="explain" />;
}
