/** The positions of the life cycle's states in a drawing, computed from its table. */
import { lifeCycle, type ConnectionState, type Signal } from "../../src/index.ts";

export interface StateBox {
  readonly state: ConnectionState;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

export interface Arrow {
  readonly from: ConnectionState;
  readonly to: ConnectionState;
  readonly signals: readonly Signal[];
  /** For the `d` of an SVG path. */
  readonly path: string;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly StateBox[];
  readonly arrows: readonly Arrow[];
}

export const BOX_HEIGHT = 24;
const CHARACTER_WIDTH = 6.4;
const BOX_PADDING = 9;
const COLUMN_GAP = 20;
const ROW_DISTANCE = 38;
/** Room above and below for arrows that pass over a column. */
const ARC_HEIGHT = 24;

/** The signals that leave a state, gathered by the state that they lead to. */
export function signalsByTarget(state: ConnectionState): ReadonlyMap<ConnectionState, readonly Signal[]> {
  return Map.groupBy(Object.keys(lifeCycle[state]) as Signal[], (name) => lifeCycle[state][name]!);
}

export function layOut(): Layout {
  const columns = columnsOfStates();
  const mostRows = Math.max(...columns.map((column) => column.length));
  const height = 2 * ARC_HEIGHT + BOX_HEIGHT + (mostRows - 1) * ROW_DISTANCE;
  const boxes: StateBox[] = [];
  let x = 1;
  for (const column of columns) {
    const width = Math.max(...column.map((state) => state.length)) * CHARACTER_WIDTH + 2 * BOX_PADDING;
    column.forEach((state, row) => {
      const y = height / 2 + (row - (column.length - 1) / 2) * ROW_DISTANCE;
      boxes.push({ state, x, y, width });
    });
    x += width + COLUMN_GAP;
  }
  const layerOf = (state: ConnectionState): number => columns.findIndex((column) => column.includes(state));
  const arrows = boxes.flatMap((from) =>
    [...signalsByTarget(from.state)].flatMap(([target, signals]): Arrow[] => {
      if (target === from.state) return [];
      const to = boxes.find((box) => box.state === target)!;
      const span = layerOf(target) - layerOf(from.state);
      const path = span > 1 ? arc(from, to, height, span) : curve(from, to);
      return [{ from: from.state, to: target, signals, path }];
    }),
  );
  return { width: x - COLUMN_GAP + 1, height, boxes, arrows };
}

/** Every state one column behind the last of those that lead to it. */
function columnsOfStates(): ConnectionState[][] {
  const states = Object.keys(lifeCycle) as ConnectionState[];
  const layers = new Map<ConnectionState, number>();
  const place = (state: ConnectionState, layer: number): void => {
    if ((layers.get(state) ?? -1) >= layer) return;
    layers.set(state, layer);
    for (const target of signalsByTarget(state).keys()) if (target !== state) place(target, layer + 1);
  };
  place("connecting", 0);
  return Array.from({ length: Math.max(...layers.values()) + 1 }, (_, layer) =>
    states.filter((state) => layers.get(state) === layer),
  );
}

function curve(from: StateBox, to: StateBox): string {
  const [x1, x2] = [from.x + from.width, to.x - 4];
  const middle = (x1 + x2) / 2;
  return `M${x1} ${from.y} C${middle} ${from.y} ${middle} ${to.y} ${x2} ${to.y}`;
}

/** Over the columns between, on the side of the drawing where the arrow begins. */
function arc(from: StateBox, to: StateBox, height: number, span: number): string {
  const above = from.y <= height / 2;
  const side = above ? -1 : 1;
  const [x1, x2] = [from.x + from.width / 2, to.x + to.width / 2 + (above ? 9 * (span - 2) : 0)];
  const [y1, y2] = [from.y + (side * BOX_HEIGHT) / 2, to.y + side * (BOX_HEIGHT / 2 + 4)];
  const peak = above ? -ARC_HEIGHT / 8 - (span - 2) * 10 : height + ARC_HEIGHT / 8;
  return `M${x1} ${y1} C${x1} ${peak} ${x2} ${peak} ${x2} ${y2}`;
}
