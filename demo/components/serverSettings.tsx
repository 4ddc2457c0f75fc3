/** What the server does by itself. */
import type { Signal } from "@preact/signals";
import type { VNode } from "preact";

interface Props {
  readonly acceptsAtOnce: Signal<boolean>;
  readonly echoes: Signal<boolean>;
}

export function ServerSettings({ acceptsAtOnce, echoes }: Props): VNode {
  return (
    <div class="switches">
      <Switch value={acceptsAtOnce} label="Auto-accept" hint="off: you answer the next request" />
      <Switch value={echoes} label="Echo messages" hint="send back what comes" />
    </div>
  );
}

interface SwitchProps {
  readonly value: Signal<boolean>;
  readonly label: string;
  readonly hint: string;
}

function Switch({ value, label, hint }: SwitchProps): VNode {
  return (
    <label class="switch">
      <input type="checkbox" checked={value.value} onChange={(event) => (value.value = event.currentTarget.checked)} />
      <span>
        {label} <small>{hint}</small>
      </span>
    </label>
  );
}
