/** The playground's server and build. */
import { defineConfig } from "vite";
import { documentation } from "./demo/documentation/plugin.ts";
import { offline } from "./demo/offline/plugin.ts";
import { sourceAliases } from "./test/support/entries.ts";

export default defineConfig({
  // Relative, so that the page can be put anywhere.
  base: "./",
  resolve: { alias: sourceAliases },
  build: { outDir: "demo/dist" },
  plugins: [documentation(), offline()],
  server: { host: "127.0.0.1" },
  oxc: { jsx: { importSource: "preact" } },
});
