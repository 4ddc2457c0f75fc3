/** A headless Chromium with the bench in one of its pages. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { chromium, type Page } from "playwright";
import { build, type Plugin, type Rolldown } from "vite";
import { requireChromium } from "../support/chromium.ts";
import type { InPage } from "./page.ts";

export interface ChromiumPage {
  readonly page: Page;
  /** Reloads the page, so that nothing is left of the last measurement. */
  readonly renew: () => Promise<void>;
  close(): Promise<void>;
}

/** The global variable of a page that has the bench. */
declare global {
  var inPage: InPage;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

export async function openChromiumPage(): Promise<ChromiumPage> {
  const script = await bundle();
  const server = createServer((request, response) => {
    // Isolates the page, which makes its clock twenty times as fine.
    response.setHeader("cross-origin-opener-policy", "same-origin");
    response.setHeader("cross-origin-embedder-policy", "require-corp");
    const isScript = request.url === "/bench.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? script : '<!doctype html><script type="module" src="/bench.js"></script>');
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const browser = await chromium.launch({ executablePath: requireChromium() });
  const close = async (): Promise<void> => {
    await browser.close();
    server.closeAllConnections();
    server.close();
  };
  try {
    const page = await browser.newPage();
    const failed = new Promise<never>((_, reject) => page.on("pageerror", reject));
    failed.catch((error: unknown) => console.error(error));
    const renew = async (): Promise<void> => {
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await Promise.race([failed, page.waitForFunction(() => "inPage" in globalThis)]);
    };
    await renew();
    return { page, renew, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Bundles the page as for production, but keeps the names. */
async function bundle(): Promise<string> {
  const output = (await build({
    configFile: false,
    root,
    logLevel: "error",
    plugins: [inPlaceOfNode],
    define: { "process.env.WS_NO_BUFFER_UTIL": '"1"', "process.env.WS_NO_UTF_8_VALIDATE": '"1"' },
    build: {
      write: false,
      minify: false,
      target: "esnext",
      rolldownOptions: {
        input: `${root}/test/bench/page.ts`,
        output: { codeSplitting: false },
      },
    },
  })) as Rolldown.RolldownOutput;
  const script = output.output.find((file) => file.type === "chunk");
  if (script === undefined) throw new Error("nothing was bundled");
  return script.code;
}

const WS = '"/node_modules/ws/lib';

/** Short replacements for modules that are not packages. */
const IN_A_FEW_WORDS: Record<string, string> = {
  ws: `export { default as Receiver } from ${WS}/receiver.js"; export { default as Sender } from ${WS}/sender.js";`,
  crypto: "export const randomFillSync = (bytes) => crypto.getRandomValues(bytes);",
  util: "export const types = { isUint8Array: (value) => value instanceof Uint8Array };",
  http: "export {};",
  zlib: "export {};",
};

const PACKAGES: Record<string, string> = {
  buffer: "buffer/index.js",
  process: "process/browser.js",
  stream: "readable-stream/lib/ours/browser.js",
};

const inPlaceOfNode: Plugin = {
  name: "in-place-of-node",
  enforce: "pre",
  resolveId(source) {
    const name = source.replace(/^node:/, "").replace(/\/$/, "");
    if (name in IN_A_FEW_WORDS) return `\0${name}`;
    const path = PACKAGES[name];
    if (path !== undefined) return `${root}/node_modules/${path}`;
    return source.startsWith("/node_modules/") ? root + source : undefined;
  },
  load: (id) => (id.startsWith("\0") ? IN_A_FEW_WORDS[id.slice(1)] : undefined),
};
