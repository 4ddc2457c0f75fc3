/**
 * For TypeDoc: finds a document by the words that its front matter has under `search`, as readers name the problem, and
 * tells assistive technology which part of a page is which. Leads to the playground from every page.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { IndexEvent, PageEvent, RendererEvent } from "typedoc";

const ACCESSIBLE = [
  ['<div class="col-sidebar">', '<div class="col-sidebar" role="complementary">'],
  ['<div class="col-content">', '<div class="col-content" role="main">'],
  ['<nav id="tsd-sidebar-links"', '<nav id="tsd-sidebar-links" aria-label="Playground"'],
  ['<nav id="tsd-toolbar-links"', '<nav id="tsd-toolbar-links" aria-label="Elsewhere"'],
  // A link in a summary can't be reached apart from it.
  [
    /(<summary class="tsd-accordion-summary"[^>]*>(?:(?!<\/summary>)[\s\S])*?<h\d[^>]*>(?:(?!<\/summary>)[\s\S])*?)<a href="#[^"]*" aria-label="Permalink"[\s\S]*?<\/a>/g,
    "$1",
  ],
];

/** How the page's script looks for a word: anywhere in other words. */
const ANYWHERE = "c.length?`*${c}*`";
/** A short word only at their beginning: "ice" does not find "service". */
const SHORT_AT_START = "c.length>3?`*${c}*`:c.length?`${c}*`";

export function load({ renderer }) {
  renderer.on(RendererEvent.END, ({ outputDirectory }) => {
    const script = join(outputDirectory, "assets/main.js");
    const text = readFileSync(script, "utf8");
    if (!text.includes(ANYWHERE)) throw new Error(`TypeDoc's search has changed: ${ANYWHERE} is not in ${script}`);
    writeFileSync(script, text.replace(ANYWHERE, SHORT_AT_START));
  });
  renderer.on(IndexEvent.PREPARE_INDEX, ({ searchResults, searchFields, searchFieldWeights }) => {
    searchFieldWeights.problem = 200;
    for (const [i, { frontmatter }] of searchResults.entries()) {
      if (frontmatter?.search !== undefined) searchFields[i] = { ...searchFields[i], problem: frontmatter.search };
    }
  });
  renderer.on(PageEvent.END, (page) => {
    for (const [plain, labelled] of ACCESSIBLE) page.contents = page.contents?.replaceAll(plain, labelled);
    page.contents = page.contents && levelled(leadingUp(page.contents, page.url));
  });
}

/** The link to the playground, which lies above the site, as seen from a page. */
function leadingUp(html, url) {
  const up = "../".repeat(url.split("/").length);
  return html.replaceAll(/href="\.\.\/index\.html"(?=[^>]*>(?:\s|<[^>]*>)*Playground\b)/g, `href="${up}index.html"`);
}

/** Names the level of a heading that skips one, as those of parameters do. */
function levelled(html) {
  let last = 0;
  return html.replaceAll(/<h([1-6])\b/g, (tag, digit) => {
    const level = Math.min(Number(digit), last + 1);
    last = level;
    return level === Number(digit) ? tag : `${tag} aria-level="${level}"`;
  });
}
