/** Bundles the script that `websocket-over/playwright` puts into pages and workers, to where it is published. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "vite";

const root = resolve(import.meta.dirname, "..");

/** Written whole or not at all: tests may run at the same time. */
export async function bundlePageScript(folder = join(root, "dist/playwright")) {
  const [{ output }] = await build({
    configFile: false,
    logLevel: "warn",
    build: {
      write: false,
      target: "es2023",
      minify: true,
      lib: { entry: join(root, "src/playwright/page/main.ts"), formats: ["iife"], name: "websocketOver" },
    },
  });
  const unfinished = join(folder, `page.bundle.${process.pid}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(unfinished, output[0].code);
  renameSync(unfinished, join(folder, "page.bundle.js"));
}

if (process.argv[1] === import.meta.filename) await bundlePageScript();
