/** How the playground is started. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

test("npm start opens no browser, since Vite takes any value of --open for a path", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: { start: string } };
  expect(scripts.start).toMatch(/&& vite$/);
  expect(readFileSync("vite.config.ts", "utf8")).not.toMatch(/\bopen:/);
});
