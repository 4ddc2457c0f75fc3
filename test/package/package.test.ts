/** The package as users get it: packed, installed into an empty project, with every entry in use. */
import { createHash } from "node:crypto";
import {
  globSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, dirname, extname, join, resolve } from "node:path";
import { build as bundleWithESBuild, transform } from "esbuild";
import { chromium, type Browser } from "playwright";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { build as bundleWithVite } from "vite";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import webpack from "webpack";
import { Program } from "../peers/programs.ts";
import { findChromium } from "../support/chromium.ts";
import { documents, runnableProgramsOf } from "../support/documents.ts";
import { entries as packageEntries } from "../support/entries.ts";
import { findRuntime } from "../support/runtimes.ts";
import { install, run, tool, type Project } from "./project.ts";

const root = resolve(import.meta.dirname, "../..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  dependencies: Record<string, string>;
};
const entries = packageEntries.map(({ name }) => name);
/** Entries that need Node, and that no other entry imports. */
const nodeOnly = ["websocket-over/node", "websocket-over/playwright"];
/** The output of `everything()` in every environment. */
const SEEN =
  "500 permessage-deflate | 500 permessage-deflate | faces | 3 textReceived | function | function | function | function | true";

// Each starts something: a compiler, a runtime, a bundler, a browser.
vi.setConfig({ testTimeout: 60_000 });

let project: Project;

beforeAll(async () => {
  project = await install();
  copyFileSync(join(import.meta.dirname, "consumer/everywhere.ts"), join(project.folder, "everywhere.ts"));
  compile("nodenext", ["ESNext"], ["web"]);
  await run(tool("tsc"), ["-p", "tsconfig.json"], project.folder);
  writeFileSync(
    join(project.folder, "main.js"),
    `import { everything } from "./everywhere.js";\nconsole.log(await everything());\n`,
  );
}, 240_000);
afterAll(() => project?.remove());

/** The consumer's configuration: as strict as possible, with the package's types checked. */
function compile(moduleResolution: "nodenext" | "bundler", lib: readonly string[], types: readonly string[]): void {
  const module = moduleResolution === "nodenext" ? "nodenext" : "preserve";
  const compilerOptions = { module, moduleResolution, target: "ES2023", lib, types, strict: true, skipLibCheck: false };
  const files = ["everywhere.ts"];
  writeFileSync(join(project.folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  const own = join(project.folder, "node_modules/@types");
  if (!existsSync(own)) mkdirSync(own);
  for (const name of ["web", "node"]) {
    if (!existsSync(join(own, name))) symlinkSync(join(root, "node_modules/@types", name), join(own, name));
  }
}

describe("what is published", () => {
  test("is the code, its sources, the playground, the licence and the documents, and depends on one package", () => {
    const folder = join(project.folder, "node_modules/websocket-over");
    const documents = ["CHANGELOG.md", "LICENSE", "README.md"];
    expect(readdirSync(folder).sort()).toEqual([...documents, "demo", "dist", "package.json", "src"]);
    expect(Object.keys(manifest.dependencies).sort()).toEqual(["pako"]);
    const installed = readdirSync(join(project.folder, "node_modules")).filter((name) => !name.startsWith("."));
    expect(installed.filter((name) => name !== "@types").sort()).toEqual(["pako", "websocket-over"]);
  });
  test("leads debuggers and editors from each file to its source", () => {
    const folder = join(project.folder, "node_modules/websocket-over/dist");
    const maps = globSync("**/*.map", { cwd: folder });
    expect(maps.length).toBe(globSync("**/*.{js,d.ts}", { cwd: folder }).length - 1); // none for the page's bundle
    for (const map of maps) {
      const { sources } = JSON.parse(readFileSync(join(folder, map), "utf8")) as { sources: string[] };
      for (const source of sources)
        expect(existsSync(join(folder, dirname(map), source)), `${map}: ${source}`).toBe(true);
    }
  });
  test("has a command that serves the playground", async () => {
    const command = join(project.folder, "node_modules/websocket-over/dist/cli/main.js");
    const program = new Program(process.execPath, [command, "playground"]);
    try {
      const [url] = await program.says(/http:\/\/127\.0\.0\.1:\d+\//);
      const page = await (await fetch(url)).text();
      const script = /<script [^>]*src="([^"]+)"/.exec(page)![1]!;
      expect((await fetch(new URL(script, url))).status).toBe(200);
    } finally {
      await program.stop();
    }
  });
  test("passes publint", async () => {
    const { messages } = await publint({ pkgDir: project.unpacked, strict: true });
    expect(messages.map((message) => formatMessage(message, { dependencies: {} } as never))).toEqual([]);
  });
  test("has types that resolve for every import, by Are The Types Wrong", async () => {
    // Ends with an error if there is a problem.
    const report = await run(tool("attw"), [project.tarball, "--profile", "esm-only", "--format", "ascii"], root);
    for (const entry of entries) expect(report).toContain(`"${entry}"`);
  });
  test("has a first sentence and an import for every entry in the README", () => {
    const readme = readFileSync(join(root, "README.md"), "utf8");
    for (const entry of entries) expect(readme, entry).toContain(`\`${entry}\``);
  });
});

describe("types, for a consumer who also checks those of packages", () => {
  test.each([
    ["nodenext", "lib.dom", ["ESNext", "DOM", "DOM.Iterable", "DOM.AsyncIterable"], []],
    ["nodenext", "@types/web", ["ESNext"], ["web"]],
    ["bundler", "lib.dom", ["ESNext", "DOM", "DOM.Iterable", "DOM.AsyncIterable"], []],
    ["bundler", "@types/web", ["ESNext"], ["web"]],
    ["nodenext", "lib.dom and Node's", ["ESNext", "DOM", "DOM.Iterable", "DOM.AsyncIterable"], ["node"]],
  ] as const)("%s with %s", async (moduleResolution, _, lib, types) => {
    compile(moduleResolution, lib, types);
    expect(await run(tool("tsc"), ["-p", "tsconfig.json", "--noEmit"], project.folder)).toBe("");
  });
});

test("no entry reads a global when it is imported, as during server-side rendering", async () => {
  const globals = ["document", "navigator", "window", "self", "location", "WebSocket", "crypto", "performance"];
  const streams = ["ReadableStream", "WritableStream", "RTCPeerConnection", "WebTransport", "MessageChannel"];
  const poisoned = [...globals, ...streams, "Worker", "Event", "MessageEvent", "CloseEvent", "EventTarget", "Blob"];
  const everywhere = entries.filter((entry) => !nodeOnly.includes(entry));
  const read = `
    const read = [];
    for (const name of ${JSON.stringify(poisoned)}) {
      const value = globalThis[name];
      Object.defineProperty(globalThis, name, {
        get() { if (new Error().stack.includes("websocket-over")) read.push(name); return value; },
      });
    }
    for (const entry of ${JSON.stringify(everywhere)}) await import(entry);
    console.log(read.join());`;
  expect(await run(process.execPath, ["--input-type=module", "--eval", read], project.folder)).toBe("\n");
});

describe("runs on", () => {
  const nodes = (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => !folder.includes("node_modules"))
    .map((folder) => join(folder, "node"))
    .filter((path) => existsSync(path))
    // Each once: /bin may lead to /usr/bin.
    .filter((path, i, all) => all.findIndex((other) => realpathSync(other) === realpathSync(path)) === i);

  test.each([process.execPath, ...nodes])("Node: %s", async (node) => {
    const own = `
      import { listen, socketTransport, upgrades } from "websocket-over/node";
      const { everything } = await import("./everywhere.js");
      if ([listen, socketTransport, upgrades].some((made) => typeof made !== "function")) throw new Error();
      console.log(process.version, await everything());`;
    const printed = await run(node, ["--input-type=module", "--eval", own], project.folder);
    expect(printed).toMatch(/^v(2\d|[3-9]\d)\./);
    expect(printed.trimEnd()).toMatch(/ 500 .*$/);
    expect(printed.trimEnd().replace(/^\S+ /, "")).toBe(SEEN);
  });
  test.each(nodes)("Node, the programs of the documentation: %s", async (node) => {
    for (const { code, output } of documents.flatMap(({ text }) => runnableProgramsOf(text))) {
      const file = join(project.folder, "program.mjs");
      writeFileSync(file, (await transform(code, { loader: "ts", target: "node20", format: "esm" })).code);
      expect(await run(node, [file], project.folder), code).toBe(output);
    }
  });
  test.each([process.execPath, ...nodes])("Node, by require(): %s", async (node) => {
    copyFileSync(join(root, "examples/where-it-runs/echo.cjs"), join(project.folder, "echo.cjs"));
    expect(await run(node, ["echo.cjs"], project.folder)).toBe("you said hello\n");
    const entriesForNode = entries.filter((entry) => entry !== "websocket-over/playwright");
    const all = `for (const entry of ${JSON.stringify(entriesForNode)}) require(entry);`;
    expect(await run(node, ["--input-type=commonjs", "--eval", all], project.folder)).toBe("");
  });
  const deno = findRuntime("deno");
  test.skipIf(deno === undefined)("Deno", async () => {
    expect(await run(deno!, ["run", "--allow-read", "main.js"], project.folder)).toBe(`${SEEN}\n`);
  });
  const bun = findRuntime("bun");
  test.skipIf(bun === undefined)("Bun", async () => {
    expect(await run(bun!, ["main.js"], project.folder)).toBe(`${SEEN}\n`);
  });
  const workerd = findRuntime("workerd");
  test.skipIf(workerd === undefined)("workerd", async () => {
    writeFileSync(
      join(project.folder, "worker.js"),
      `import { everything } from "./everywhere.js";
      export default { fetch: async () => new Response(await everything(false)) };`,
    );
    await bundleWithESBuild({ ...esbuildOptions("worker.js"), outfile: join(project.folder, "worker.bundle.js") });
    writeFileSync(
      join(project.folder, "config.capnp"),
      `using Workerd = import "/workerd/workerd.capnp";
      const config :Workerd.Config = (
        services = [(name = "main", worker = (
          modules = [(name = "worker.js", esModule = embed "worker.bundle.js")],
          compatibilityDate = "2026-11-01",
        ))],
        sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
      );`,
    );
    const server = new Program(workerd!, ["serve", join(project.folder, "config.capnp"), "--control-fd=1"]);
    try {
      const port = Number((await server.says(/"port":\s*(\d+)/))[1]);
      const answer = await (await fetch(`http://127.0.0.1:${port}/`)).text();
      // workerd 1.20261117.1: "Transfer list is not supported" by its ports.
      expect(answer, server.output).toBe(SEEN.replace("| 500 permessage-deflate", "| no ports"));
    } finally {
      await server.stop();
    }
  });
});

function esbuildOptions(entry: string): {
  entryPoints: string[];
  bundle: true;
  format: "esm";
  minify: true;
  absWorkingDir: string;
} {
  return {
    entryPoints: [join(project.folder, entry)],
    bundle: true,
    format: "esm",
    minify: true,
    absWorkingDir: project.folder,
  };
}

describe("in a page, under a strict Content-Security-Policy", () => {
  let browser: Browser;
  let origin: string;
  let allowed = "";
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://page").pathname;
    const type =
      { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript" }[extname(path)] ??
      "application/octet-stream";
    // No inline script but the import map, no eval, no WebAssembly, nothing from elsewhere.
    response.setHeader("content-security-policy", `default-src 'none'; script-src 'self' ${allowed}`);
    response.setHeader("content-type", type);
    try {
      response.end(readFileSync(join(project.folder, path)));
    } catch {
      response.writeHead(404).end();
    }
  });
  beforeAll(async () => {
    const executablePath = findChromium();
    browser = await chromium.launch(executablePath === undefined ? {} : { executablePath });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await browser?.close();
    server.close();
  });

  /** Loads one module script and returns the title that it gives the page. */
  async function titleWith(script: string, importMap = "{}"): Promise<string> {
    allowed = `'sha256-${createHash("sha256").update(importMap).digest("base64")}'`;
    writeFileSync(
      join(project.folder, "page.html"),
      `<!doctype html><title>loading</title><script type="importmap">${importMap}</script>
      <script type="module" src="/${script}"></script>`,
    );
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on("console", (message) => problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(String(error)));
    await page.goto(`${origin}/page.html`);
    await page
      .waitForFunction(() => document.title !== "loading", undefined, { timeout: 20_000 })
      .catch(() => undefined);
    const title = await page.title();
    await page.close();
    expect(problems.filter((text) => !text.includes("favicon"))).toEqual([]);
    return title;
  }
  const source = `import { everything } from "./everywhere.js";\ndocument.title = await everything();\n`;

  test("bundled by esbuild", async () => {
    writeFileSync(join(project.folder, "entry.js"), source);
    await bundleWithESBuild({ ...esbuildOptions("entry.js"), outfile: join(project.folder, "esbuild/out.js") });
    expect(await titleWith("esbuild/out.js")).toBe(SEEN);
  });
  test("bundled by Vite", async () => {
    writeFileSync(join(project.folder, "entry.js"), source);
    await bundleWithVite({
      root: project.folder,
      configFile: false,
      logLevel: "error",
      build: { outDir: "vite", lib: { entry: "entry.js", formats: ["es"], fileName: () => "out.js" } },
    });
    expect(await titleWith("vite/out.js")).toBe(SEEN);
  });
  test("bundled by webpack", async () => {
    writeFileSync(join(project.folder, "entry.js"), source);
    const problems = await new Promise<unknown[]>((done, fail) => {
      const compiler = webpack({
        context: project.folder,
        entry: "./entry.js",
        mode: "production",
        experiments: { outputModule: true },
        output: { path: join(project.folder, "webpack"), filename: "out.js", module: true },
      });
      compiler.run((error, stats) => {
        if (error !== null) fail(error);
        else done(stats?.toJson({ all: false, errors: true, warnings: true }).errors ?? []);
      });
    });
    expect(problems).toEqual([]);
    expect(await titleWith("webpack/out.js")).toBe(SEEN);
  });
  test('by a bare <script type="module">, with the published files and an import map', async () => {
    writeFileSync(join(project.folder, "entry.js"), source);
    // The guide's program prints the map, as the guide shows it.
    copyFileSync(join(root, "examples/where-it-runs/importMap.mjs"), join(project.folder, "importMap.mjs"));
    const printed = await run(process.execPath, ["importMap.mjs"], project.folder);
    expect(readFileSync(join(root, "src/where-it-runs.md"), "utf8")).toContain(`\`\`\`html\n${printed}\`\`\``);
    const importMap = /<script type="importmap">(.*)<\/script>/s.exec(printed)![1]!;
    expect(await titleWith("entry.js", importMap)).toBe(SEEN);
  });
});
