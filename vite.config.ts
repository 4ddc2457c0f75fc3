/** The playground's server and build. */
import { defineConfig } from "vite";
import { documentation } from "./demo/documentation/plugin.ts";
import { offline } from "./demo/offline/plugin.ts";
import { sourceAliases } from "./test/support/entries.ts";

export default defineConfig({
  // Relative, so that the page can be put anywhere.
  base: "./",
  resolve: { alias: sourceAliases },
  build: {
    outDir: "demo/dist",
    // The first with light-dark(). For older ones it becomes a media query, which a chosen theme does not change.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
  },
  plugins: [documentation(), offline()],
  server: { host: "127.0.0.1" },
  oxc: { jsx: { importSource: "preact" } },
});
