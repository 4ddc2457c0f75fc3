/** The projects to copy in examples work as their READMEs say, with the package as it is published. */
import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { chromium } from "playwright";
import { preview } from "vite";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { findChromium } from "../support/chromium.ts";
import { install, run, tool, type Project } from "./project.ts";

const root = resolve(import.meta.dirname, "../..");
const executablePath = findChromium();
let project: Project;

vi.setConfig({ testTimeout: 180_000 });

beforeAll(async () => (project = await install()), 480_000);
afterAll(() => project?.remove());

/** Copies a project to where the package is installed, with the other packages that it names. */
function copy(name: string): string {
  const folder = join(project.folder, name);
  cpSync(join(root, "examples", name), folder, { recursive: true });
  const { dependencies = {}, devDependencies = {} } = JSON.parse(
    readFileSync(join(folder, "package.json"), "utf8"),
  ) as Record<"dependencies" | "devDependencies", Record<string, string> | undefined>;
  for (const needed of Object.keys({ ...dependencies, ...devDependencies })) {
    const link = join(project.folder, "node_modules", needed);
    if (existsSync(link)) continue;
    const scope = needed.startsWith("@") ? needed.slice(0, needed.indexOf("/")) : undefined;
    // A whole scope at once, as it has no other packages here.
    symlinkSync(join(root, "node_modules", scope ?? needed), join(project.folder, "node_modules", scope ?? needed));
  }
  return folder;
}

test.each(["vite-webrtc", "playwright"])("%s has a README of a few lines, and is a complete project", (name) => {
  const files = readdirSync(join(root, "examples", name));
  expect(files).toEqual(expect.arrayContaining(["package.json", "README.md"]));
  const steps = readFileSync(join(root, "examples", name, "README.md"), "utf8")
    .trim()
    .split("\n");
  expect(steps.length).toBeLessThanOrEqual(6);
});

describe("vite-webrtc", () => {
  test("two tabs find each other, and a text of one appears in the other", async () => {
    const folder = copy("vite-webrtc");
    await run(tool("vite"), ["build", "--logLevel", "error"], folder, 150_000);
    const server = await preview({
      root: folder,
      configFile: false,
      logLevel: "error",
      preview: { host: "127.0.0.1", port: 0 },
    });
    const browser = await chromium.launch(executablePath === undefined ? {} : { executablePath });
    try {
      const context = await browser.newContext();
      const [ada, bob] = [await context.newPage(), await context.newPage()];
      for (const page of [ada, bob]) await page.goto(server.resolvedUrls!.local[0]!);
      for (const page of [ada, bob]) {
        await page.getByText("Connected. Type something.").waitFor({ timeout: 60_000 });
      }
      await ada.getByLabel("Message").fill("hello, wörld");
      await ada.getByLabel("Message").press("Enter");
      await bob.getByText("they: hello, wörld").waitFor({ timeout: 60_000 });
      await ada.getByText("you: hello, wörld").waitFor();
      await ada.close();
      await bob.getByText("The other tab is gone (left).").waitFor({ timeout: 60_000 });
    } finally {
      await browser.close();
      await server.close();
    }
  });
});

test("playwright: its tests pass, even the one that loses the connection within a message", async () => {
  const folder = copy("playwright");
  // Without a browser of Playwright's own, the one of this machine, as its guide says.
  const options = executablePath === undefined ? {} : { launchOptions: { executablePath } };
  const config = `export default { use: ${JSON.stringify(options)} };\n`;
  writeFileSync(join(folder, "playwright.config.js"), config);
  const printed = await run(tool("playwright"), ["test", "--reporter", "line", "--workers", "1"], folder, 150_000);
  expect(printed).toMatch(/[1-9]\d* passed/);
});
