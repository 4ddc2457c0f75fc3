/** Serves the documentation beside the playground during `npm start`, and generates it on the first request. */
import { spawn } from "node:child_process";
import { createReadStream, existsSync } from "node:fs";
import { extname, join, resolve, sep } from "node:path";
import type { Plugin } from "vite";

const root = resolve(import.meta.dirname, "../..");
const folder = join(root, "demo/dist/docs");

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".jpg": "image/jpeg",
};

const WAIT = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="color-scheme" content="light dark" />
    <meta http-equiv="refresh" content="2" />
    <title>The documentation is being written</title>
  </head>
  <body>
    <main>
      <h1>The documentation is being written</h1>
      <p>This takes about half a minute, once for each start. Then it opens by itself.</p>
    </main>
  </body>
</html>`;

type State = "unasked" | "writing" | "written" | { readonly failure: string };

export function documentation(): Plugin {
  let state: State = "unasked";

  function write(): void {
    state = "writing";
    const typedoc = spawn(process.execPath, [join(root, "node_modules/typedoc/bin/typedoc"), "--logLevel", "Warn"], {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for (const stream of [typedoc.stdout, typedoc.stderr]) stream.on("data", (text) => (said += String(text)));
    typedoc.on("error", ({ message }) => (state = { failure: message }));
    typedoc.on("close", (code) => (state = code === 0 ? "written" : { failure: said }));
    process.on("exit", () => typedoc.kill());
  }

  return {
    name: "playground-documentation",
    apply: "serve",
    configureServer({ middlewares }) {
      middlewares.use("/docs", (request, response, next) => {
        if (state === "unasked") write();
        if (state === "writing") {
          response.writeHead(503, { "Content-Type": types[".html"], "Retry-After": "2" }).end(WAIT);
          return;
        }
        if (typeof state === "object") {
          response.writeHead(500, { "Content-Type": "text/plain; charset=utf-8" }).end(state.failure);
          return;
        }
        const { pathname } = new URL(request.url ?? "/", "http://localhost");
        const file = join(folder, decodeURIComponent(pathname.endsWith("/") ? `${pathname}index.html` : pathname));
        if (!file.startsWith(folder + sep) || !existsSync(file)) {
          next();
          return;
        }
        response.writeHead(200, { "Content-Type": types[extname(file)] ?? "text/plain; charset=utf-8" });
        createReadStream(file).pipe(response);
      });
    },
  };
}
