/** The whole ladder in small, beside it: who sent what, broken rules, and what is in sight. A click leads there. */
import type { RefObject, VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Geometry } from "./geometry.ts";
import { violates } from "./labels.ts";

interface Props {
  readonly geometry: Geometry;
  /** The box that scrolls. */
  readonly box: RefObject<HTMLElement | null>;
  /** The height of all rows, in CSS pixels. */
  readonly height: number;
}

/** In its own units: as many lines as a reader can distinguish. */
const LINES = 240;

export function Minimap({ geometry, box, height }: Props): VNode {
  const sight = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const scroller = box.current!;
    const follow = (): void => {
      const { scrollTop, clientHeight } = scroller;
      const { parentElement, style } = sight.current!;
      const isWhole = height <= clientHeight;
      parentElement!.hidden = isWhole;
      style.top = `${(100 * scrollTop) / height}%`;
      style.height = `${(100 * clientHeight) / height}%`;
    };
    follow();
    scroller.addEventListener("scroll", follow);
    return () => scroller.removeEventListener("scroll", follow);
  }, [height]);
  const lead = (event: PointerEvent): void => {
    if (event.buttons === 0) return;
    const map = event.currentTarget as HTMLElement;
    map.setPointerCapture(event.pointerId);
    const { top, height: shown } = map.getBoundingClientRect();
    box.current!.scrollTop = ((event.clientY - top) / shown) * height - box.current!.clientHeight / 2;
  };
  const { client, server, broken } = linesOf(geometry);
  return (
    <div class="minimap" aria-hidden="true" hidden onPointerDown={lead} onPointerMove={lead}>
      <svg viewBox={`0 0 10 ${LINES}`} preserveAspectRatio="none">
        <path class="from-client" d={pathOf(client, 0, 5)} />
        <path class="from-server" d={pathOf(server, 5, 5)} />
        <path class="violates" d={pathOf(broken, 0, 10)} />
      </svg>
      <div class="sight" ref={sight} />
    </div>
  );
}

type Lines = ReadonlySet<number>;

function linesOf({ rows, height }: Geometry): Readonly<Record<"client" | "server" | "broken", Lines>> {
  const lines = { client: new Set<number>(), server: new Set<number>(), broken: new Set<number>() };
  for (const { item, end } of rows) {
    const line = Math.floor((end * LINES) / (height + 1));
    lines[item.from].add(line);
    if (violates(item)) lines.broken.add(line);
  }
  return lines;
}

function pathOf(lines: Lines, x: number, width: number): string {
  return Array.from(lines, (y) => `M${x} ${y}h${width}v1h-${width}z`).join("");
}
