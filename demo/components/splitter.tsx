/** The line between two panels, which can be dragged, or moved by the arrow keys (the window splitter pattern of ARIA). */
import type { Signal } from "@preact/signals";
import type { VNode } from "preact";

interface Props {
  readonly label: string;
  /** The orientation of the line: a vertical one moves sideways. */
  readonly orientation: "vertical" | "horizontal";
  /** The size of one of the panels, in CSS pixels. */
  readonly size: Signal<number>;
  readonly min: number;
  readonly max: number;
  /** Whether that panel is after the line, and so grows when the line moves back. */
  readonly behind?: boolean;
}

const KEY_STEP = 16;

export function Splitter({ label, orientation, size, min, max, behind = false }: Props): VNode {
  const sign = behind ? -1 : 1;
  const set = (value: number): void => void (size.value = Math.round(Math.min(max, Math.max(min, value))));
  const drag = (event: PointerEvent): void => {
    const line = event.currentTarget as HTMLElement;
    const at = (of: PointerEvent): number => (orientation === "vertical" ? of.clientX : of.clientY);
    const [from, before] = [at(event), size.value];
    const move = (moved: PointerEvent): void => set(before + sign * (at(moved) - from));
    event.preventDefault();
    line.setPointerCapture(event.pointerId);
    line.addEventListener("pointermove", move);
    line.addEventListener("lostpointercapture", () => line.removeEventListener("pointermove", move), { once: true });
  };
  const press = (event: KeyboardEvent): void => {
    const forward = orientation === "vertical" ? "ArrowRight" : "ArrowDown";
    const back = orientation === "vertical" ? "ArrowLeft" : "ArrowUp";
    if (event.key !== forward && event.key !== back) return;
    event.preventDefault();
    set(size.value + sign * (event.key === forward ? KEY_STEP : -KEY_STEP));
  };
  return (
    <div
      class={`splitter ${orientation}`}
      role="separator"
      tabIndex={0}
      aria-label={label}
      aria-orientation={orientation}
      aria-valuenow={size.value}
      aria-valuemin={min}
      aria-valuemax={max}
      onPointerDown={drag}
      onKeyDown={press}
    />
  );
}
