/** The site as `npm run docs` writes it: no link leads nowhere, and its search finds the page that answers a question. */
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { inflateSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { entries } from "../support/entries.ts";
import { run } from "./project.ts";

const root = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "site-"));
const site = join(folder, "docs");
let pages: readonly string[] = [];

beforeAll(async () => {
  const typedoc = join(root, "node_modules/typedoc/bin/typedoc");
  await run(process.execPath, [typedoc, "--out", site, "--logLevel", "Warn"], root, 900_000);
  pages = globSync("**/*.html", { cwd: site });
}, 960_000);
afterAll(() => rmSync(folder, { recursive: true }));

const read = (path: string): string => readFileSync(join(site, path), "utf8");

test("each entry has a page under the name by which it is imported, with a sentence", () => {
  for (const { name } of entries) {
    const page = read(`modules/${name.replaceAll("/", "_")}.html`);
    expect(page).toContain(`<title>${name} | websocket-over</title>`);
    const [, sentence] =
      /<section class="tsd-panel tsd-comment">\s*<div class="tsd-comment tsd-typography"><p>([^]*?)<\/p>/.exec(page)!;
    expect(sentence).toMatch(/\.$/);
  }
});

test("no link and no picture leads nowhere, without a network", () => {
  const fragments = new Map<string, Set<string>>();
  const hasFragment = (file: string, id: string): boolean => {
    if (!fragments.has(file)) {
      const ids = [...readFileSync(file, "utf8").matchAll(/\bid="([^"]+)"/g)].map(([, found]) => found!);
      fragments.set(file, new Set(ids));
    }
    return fragments.get(file)!.has(id);
  };
  const broken = new Set<string>();
  expect(pages.length).toBeGreaterThan(300);
  for (const page of pages) {
    for (const [, escaped] of read(page).matchAll(/\b(?:href|src)="([^"]*)"/g)) {
      const link = escaped!.replaceAll("&amp;", "&");
      if (/^(https?:|data:|#?$)/.test(link)) continue;
      if (link.startsWith("/")) broken.add(`${page} → ${link}: does not work under another path`);
      const [path = "", id] = link.split("#");
      let file = path === "" ? join(site, page) : join(site, dirname(page), decodeURIComponent(path));
      if (file === join(folder, "index.html")) continue; // the playground, which Vite writes beside it
      if (existsSync(file) && statSync(file).isDirectory()) file = join(file, "index.html");
      if (!existsSync(file)) broken.add(`${page} → ${link}`);
      else if (id !== undefined && file.endsWith(".html") && !hasFragment(file, decodeURIComponent(id))) {
        broken.add(`${page} → ${link}: no such heading`);
      }
    }
  }
  expect([...broken]).toEqual([]);
});

interface Row {
  readonly name: string;
  readonly url: string;
}

/**
 * The search of the site, as the page's script does it: a word finds those that contain it, a word of up to three
 * letters those that begin with it. Names that match come first.
 */
function makeSearch(): (text: string) => Row[] {
  const lunr = createRequire(join(root, "node_modules/typedoc/package.json"))("lunr") as {
    Index: { load(index: unknown): { search(query: string): { ref: string; score: number }[] } };
  };
  const packed = Buffer.from(/"(.*)"/.exec(read("assets/search.js"))![1]!, "base64");
  const { rows, index } = JSON.parse(inflateSync(packed).toString()) as { rows: Row[]; index: unknown };
  const loaded = lunr.Index.load(index);
  return (text) => {
    const words = text.split(" ").map((word) => (word.length > 3 ? `*${word}*` : `${word}*`));
    const found = loaded.search(words.join(" ")).map(({ ref, score }) => {
      const row = rows[Number(ref)]!;
      const starts = row.name.toLowerCase().startsWith(text.toLowerCase());
      return { row, score: starts ? (score * 10) / (1 + Math.abs(row.name.length - text.length)) : score };
    });
    return found.sort((a, b) => b.score - a.score).map(({ row }) => row);
  };
}

/** What people ask in the issues of ws, graphql-ws, partysocket and simple-peer, as they type it, and the page's title. */
const questions: readonly [asked: string, title: string][] = [
  ["nginx 60 seconds timeout", "Behind nginx and other proxies"],
  ["detect broken connection", "Send and receive with sessions"],
  ["ping pong heartbeat", "Send and receive with sessions"],
  ["send queue is full", "Send and receive with sessions"],
  ["reconnect automatically", "Keep a connection when its network is lost"],
  ["missed messages offline", "Keep a connection when its network is lost"],
  ["close code 1006", "Something does not work"],
  ["broadcast to all clients", "Rooms, in one process and over several machines"],
  ["scale several servers redis", "Rooms, in one process and over several machines"],
  ["authenticate jwt token", "Know who connects"],
  ["graphql subscription", "GraphQL from page to page, with graphql-ws over WebRTC"],
  ["graceful shutdown", "Stop a server without losing anyone"],
  ["signaling server", "Connect two pages over WebRTC"],
  ["stun turn", "Connect two pages over WebRTC"],
  ["http proxy agent", "Reach a WebSocket server that you have already"],
  ["max payload size", "Limits and security"],
  ["compression memory", "Compress messages"],
  ["mock server jest", "Test code that uses a WebSocket"],
  ["require commonjs", "Where it runs"],
  ["service worker", "A worker as a WebSocket server"],
  ["client ip address", "Behind nginx and other proxies"],
  ["self signed certificate", "Reach a WebSocket server that you have already"],
  ["express same port", "A server with the API of ws"],
  ["multiple paths", "A server with the API of ws"],
  ["custom headers", "Know who connects"],
  ["no subprotocol", "Something does not work"],
  ["closed before the connection was established", "Something does not work"],
  ["WebSocket is not defined", "Something does not work"],
  ["bufferedAmount", "bufferedAmount"],
  ["send large file", "Send and receive with sessions"],
  ["refresh expired token", "Know who connects"],
  ["4401", "Know who connects"],
  ["server restart", "Stop a server without losing anyone"],
  ["ice connection failed", "Connect two pages over WebRTC"],
  ["more than two peers", "Connect two pages over WebRTC"],
  ["react native", "Where it runs"],
  ["unreliable unordered", "WebRTC to a server"],
  ["video and data channel", "Connect two pages over WebRTC"],
  ["RSV1 must be clear", "Something does not work"],
  ["unexpected server response 400", "Something does not work"],
];

describe("the search finds the answering page first", () => {
  test.each(questions)("%s", (asked, title) => {
    const [first] = makeSearch()(asked);
    expect(first).toMatchObject({ name: title });
  });

  test("the page's script looks for short words as this test does", () => {
    expect(read("assets/main.js")).toContain("c.length>3?`*${c}*`:c.length?`${c}*`");
  });

  test("but a name of the reference before all pages, if it is that name", () => {
    expect(makeSearch()("createWebSocketClass")[0]!.url).toContain("createWebSocketClass");
  });
});
