/** Serves the playground's page as it is built, under the paths of the build. A few files load sooner than two hundred modules. */
import { extname, resolve } from "node:path";
import { build, type Plugin, type Rolldown } from "vite";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};

export function builtPlayground(): Plugin {
  return {
    name: "built-playground",
    apply: "serve",
    async configureServer({ middlewares }) {
      const { output } = (await build({
        configFile: resolve(import.meta.dirname, "../vite.config.ts"),
        logLevel: "error",
        // Its service worker would answer for the pages of the tests.
        define: { "import.meta.env.PROD": "false" },
        build: { write: false },
      })) as Rolldown.RolldownOutput;
      const files = new Map(
        output.map((file) => [`/${file.fileName}`, file.type === "chunk" ? file.code : file.source]),
      );
      middlewares.use((request, response, next) => {
        const { pathname } = new URL(request.url ?? "/", "http://localhost");
        const path = pathname === "/" ? "/index.html" : pathname;
        // Under its full name, the page is that of the development server.
        const content = pathname === "/index.html" ? undefined : files.get(path);
        if (content === undefined) next();
        else
          response.writeHead(200, { "content-type": types[extname(path)] ?? "application/octet-stream" }).end(content);
      });
    },
  };
}
