/** One side of the conversation: where it stands, what can be done there, and what has happened. */
import type { ComponentChildren, VNode } from "preact";
import type { Side } from "../conversation.ts";
import { EventLog } from "./eventLog.tsx";
import { LifeCycleDrawing } from "./lifeCycleDrawing.tsx";
import { StateBadge } from "./stateBadge.tsx";

interface Props {
  readonly side: Side;
  readonly title: string;
  readonly settings: VNode;
  /** What can be done now. */
  readonly children: ComponentChildren;
}

export function SidePanel({ side, title, settings, children }: Props): VNode {
  return (
    <section class={`panel side ${side.role}`} aria-label={title}>
      <header class="panel-head">
        <h2>{title}</h2>
        <StateBadge state={side.state.value} owner={title} />
      </header>
      <div class="settings">{settings}</div>
      <LifeCycleDrawing state={side.state.value} />
      <div class="actions">{children}</div>
      <EventLog log={side.log} owner={title} />
    </section>
  );
}
