/** A build step: creates the service worker that caches all files. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

export function offline(): Plugin {
  return {
    name: "playground-offline",
    apply: "build",
    enforce: "post",
    generateBundle(_, bundle) {
      const hash = createHash("sha256");
      for (const [name, file] of Object.entries(bundle).sort(([a], [b]) => (a < b ? -1 : 1))) {
        hash.update(name).update(file.type === "asset" ? file.source : file.code);
      }
      const files = ["./", ...Object.keys(bundle).map((name) => `./${name}`)];
      const source = readFileSync(join(import.meta.dirname, "worker.mjs"), "utf8")
        .replace("__NAME__", `playground-${hash.digest("hex").slice(0, 12)}`)
        .replace("__FILES__", JSON.stringify(files));
      this.emitFile({ type: "asset", fileName: "offline.js", source });
    },
  };
}
