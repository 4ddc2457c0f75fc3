/** Speeds as lines over message sizes, drawn by uPlot, which is loaded when there is something to draw. */
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type uPlot from "uplot";
import plotStyle from "uplot/dist/uPlot.min.css?url";
import type { Series } from "./row.ts";

interface Props {
  readonly series: readonly Series[];
  /** What is said of the numbers at the left. */
  readonly unit: string;
  readonly label: string;
  /** In place of sizes, at the bottom. */
  readonly names?: readonly string[];
}

const HEIGHT = 260;
/** Two series of one transport have the same colour: ours is solid, the other one dashed. */
const HUES = [255, 150, 325, 60];

export function Plot({ series, unit, label, names }: Props): VNode {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let gone = false;
    let destroy = (): void => {};
    void (async () => {
      const { default: UPlot } = await import("uplot");
      await loadStyle();
      if (gone) return;
      const plot = draw(UPlot, box.current!, { series, unit, names });
      const observer = new ResizeObserver(([entry]) =>
        plot.setSize({ width: Math.max(200, entry!.contentRect.width), height: HEIGHT }),
      );
      observer.observe(box.current!);
      destroy = () => {
        observer.disconnect();
        plot.destroy();
      };
    })();
    return () => {
      gone = true;
      destroy();
    };
  }, [series]);
  return (
    <figure class="plot">
      <div class="canvas" ref={box} role="img" aria-label={label} />
      <figcaption>
        {series.map(({ name }, index) => (
          <span key={name}>
            <svg width="26" height="8" aria-hidden="true">
              <line
                x1="0"
                x2="26"
                y1="4"
                y2="4"
                stroke={colourOf(index)}
                stroke-width="2"
                {...(index % 2 === 1 && { "stroke-dasharray": "6 4" })}
              />
            </svg>
            {name}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

/** Draws the series into the box. */
function draw(
  UPlot: typeof uPlot,
  box: HTMLDivElement,
  { series, unit, names }: Pick<Props, "series" | "unit"> & { names: Props["names"] | undefined },
): uPlot {
  const xs = [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const ys = series.map(({ points }) => xs.map((x) => points.find((point) => point.x === x)?.y ?? null));
  // A canvas can't use custom properties, so this returns their values.
  const { color: ink, outlineColor: line } = getComputedStyle(box);
  const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
  const options: uPlot.Options = {
    width: box.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    // An enumeration that there is in uPlot's types alone: 1 is an even scale, 3 a logarithmic one.
    /* eslint-disable @typescript-eslint/no-unsafe-enum-assignment */
    scales: {
      x: { time: false, distr: names === undefined ? 3 : 1, log: 2 },
      y: { distr: 3, log: 10 },
    },
    /* eslint-enable @typescript-eslint/no-unsafe-enum-assignment */
    axes: [
      {
        ...axis,
        splits: () => xs,
        values: () => xs.map((x) => names?.[x] ?? (x < 1024 ? `${x} B` : `${x / 1024} KiB`)),
      },
      {
        ...axis,
        grid: { ...axis.grid, filter: powersOfTen },
        ticks: { ...axis.ticks, filter: powersOfTen },
        label: unit,
        labelSize: 22,
        size: 62,
      },
    ],
    series: [{}, ...series.map(({ name }, index) => lineOf(name, index))],
  };
  return new UPlot(options, [xs, ...ys], box);
}

function powersOfTen(_: unknown, splits: number[]): (number | null)[] {
  return splits.map((split) => (Number.isInteger(Math.log10(split)) ? split : null));
}

function lineOf(name: string, index: number): uPlot.Series {
  const isDashed = index % 2 === 1;
  return {
    label: name,
    stroke: colourOf(index),
    width: 2,
    ...(isDashed && { dash: [6, 4] }),
    points: { show: true, size: isDashed ? 5 : 8 },
  };
}

function colourOf(index: number): string {
  return `oklch(0.62 0.16 ${HUES[(index >> 1) % HUES.length]!})`;
}

/** A link, since the page allows no styles but its own files. */
function loadStyle(): Promise<void> {
  return new Promise((resolve) => {
    if (document.querySelector("link.plot-style") !== null) {
      resolve();
      return;
    }
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.className = "plot-style";
    link.href = plotStyle;
    link.onload = () => resolve();
    link.onerror = () => resolve();
    document.head.append(link);
  });
}
