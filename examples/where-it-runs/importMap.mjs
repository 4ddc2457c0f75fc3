/** Prints an import map for a page without a bundler, whose server serves `node_modules`. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const manifest = JSON.parse(readFileSync(require.resolve("websocket-over/package.json"), "utf8"));

const imports = { pako: "/node_modules/pako/dist/pako.mjs" }; // for websocket-over/deflate
for (const [entry, target] of Object.entries(manifest.exports)) {
  if (typeof target === "string" || ["./node", "./http2", "./playwright"].includes(entry)) continue;
  imports[entry.replace(".", "websocket-over")] = target.default.replace(".", "/node_modules/websocket-over");
}
const json = JSON.stringify({ imports }, null, 2).replace(/^/gm, "  ");
console.log(`<script type="importmap">\n${json}\n</script>`);
