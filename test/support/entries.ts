/** The entries of the package, as package.json lists them, with the sources that they are built from. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const root = resolve(import.meta.dirname, "../..");

const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  exports: Record<string, { default: string } | string>;
};

/** The entries by name, with the paths of their sources from the root. */
export const entries: readonly { readonly name: string; readonly source: string }[] = Object.entries(exports).flatMap(
  ([entry, target]) =>
    typeof target === "string"
      ? []
      : [
          {
            name: entry.replace(/^\./, "websocket-over"),
            source: target.default.replace("./dist/", "src/").replace(/\.js$/, ".ts"),
          },
        ],
);

/** The URLs of the sources by the names of the entries, as an import map has them. */
export const sourceURLs: Readonly<Record<string, string>> = Object.fromEntries(
  entries.map(({ name, source }) => [name, pathToFileURL(join(root, source)).href]),
);

/** The same for Vite: each name stands for the source, and for nothing that begins like it. */
export const sourceAliases: { find: RegExp; replacement: string }[] = entries.map(({ name, source }) => ({
  find: new RegExp(`^${name}$`),
  replacement: join(root, source),
}));
