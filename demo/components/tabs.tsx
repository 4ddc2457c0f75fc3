/** Panels that are shown one at a time (the ARIA tabs pattern), selected by click or arrow keys. */
import type { Signal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";

export interface Tab<Name extends string> {
  readonly name: Name;
  readonly label: string;
}

interface Props<Name extends string> {
  readonly tabs: readonly Tab<Name>[];
  readonly chosen: Signal<Name>;
  /** The accessible name of the group of panels. */
  readonly label: string;
}

export function TabList<Name extends string>({ tabs, chosen, label }: Props<Name>): VNode {
  // On a narrow screen the tabs scroll, and a tab may be selected without a click.
  useEffect(() => {
    document.getElementById(tabId(chosen.value))?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [chosen.value]);
  const move = (event: KeyboardEvent): void => {
    const at = tabs.findIndex(({ name }) => name === chosen.value);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = tabs[(to + tabs.length) % tabs.length]!;
    chosen.value = next.name;
    document.getElementById(tabId(next.name))?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={label} onKeyDown={move}>
      {tabs.map(({ name, label }) => (
        <button
          key={name}
          id={tabId(name)}
          role="tab"
          type="button"
          aria-selected={chosen.value === name}
          {...(chosen.value === name && { "aria-controls": panelId(name) })}
          tabIndex={chosen.value === name ? 0 : -1}
          onClick={() => (chosen.value = name)}
        >
          {label}
        </button>
      ))}
    </div>
  );
}

export function tabId(name: string): string {
  return `tab-${name}`;
}

export function panelId(name: string): string {
  return `panel-${name}`;
}
