/** A switch, with an explanation beside it. */
import type { VNode } from "preact";

interface Props {
  readonly checked: boolean;
  readonly change: (checked: boolean) => void;
  readonly label: string;
  readonly hint?: string;
  readonly disabled?: boolean;
}

export function Switch({ checked, change, label, hint, disabled = false }: Props): VNode {
  return (
    <label class="switch">
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => change(event.currentTarget.checked)}
      />
      <span>
        {label} {hint !== undefined && <small>{hint}</small>}
      </span>
    </label>
  );
}
