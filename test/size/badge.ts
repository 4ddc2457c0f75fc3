/** The badge of README.md, drawn from the sizes that `npm run check` allows. `node test/size/badge.ts` writes it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const HEIGHT = 20;
const CHARACTER = 6.6;
const PADDING = 8;

/** What the badge names, and the row of .size-limit.json that has its size, without the goal. */
const shown = { "the protocol": "websocket-over", connect: "websocket-over/stream, connect alone" };

export function sizeBadge(): string {
  const rows = JSON.parse(readFileSync(join(root, ".size-limit.json"), "utf8")) as { name: string; limit: string }[];
  const sizes = Object.entries(shown).map(([name, wanted]) => {
    const row = rows.find((row) => row.name.replace(/ \(goal: .*\)$/, "") === wanted);
    if (row === undefined) throw new Error(`.size-limit.json has no row "${wanted}" for the badge`);
    return `${name} ${row.limit}`;
  });
  const [label, value] = ["gzip, at most", sizes.join(" · ")] as const;
  const [left, right] = [label, value].map((text) => Math.round(text.length * CHARACTER) + 2 * PADDING) as [
    number,
    number,
  ];
  const width = left + right;
  const text = (content: string, x: number, space: number): string =>
    `  <text x="${x + PADDING}" y="14" textLength="${space - 2 * PADDING}">${content}</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${HEIGHT}" role="img" aria-label="${label}: ${value}">`,
    `  <clipPath id="round"><rect width="${width}" height="${HEIGHT}" rx="3" /></clipPath>`,
    `  <g clip-path="url(#round)">`,
    `    <rect width="${left}" height="${HEIGHT}" fill="#444" />`,
    `    <rect x="${left}" width="${right}" height="${HEIGHT}" fill="#0b5fa5" />`,
    `  </g>`,
    `  <g fill="#fff" font-family="Verdana, DejaVu Sans, sans-serif" font-size="11">`,
    `  ${text(label, 0, left)}`,
    `  ${text(value, left, right)}`,
    `  </g>`,
    `</svg>`,
    ``,
  ].join("\n");
}

if (process.argv[1] === import.meta.filename) writeFileSync(join(root, "demo/pictures/size.svg"), sizeBadge());
