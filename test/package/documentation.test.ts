/** Every example of the documentation type-checks for a consumer with the strictest settings. */
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { blocksOf, documents, programsOf } from "../support/documents.ts";
import { entries } from "../support/entries.ts";
import { examplesIn } from "../support/examples.ts";
import { run, tool } from "./project.ts";

const root = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "documentation-"));
const files: string[] = [];

const read = (path: string): string => readFileSync(join(root, path), "utf8");
const write = (name: string, code: string): void => {
  writeFileSync(join(folder, name), code);
  files.push(name);
};

/** Complete programs of a document, fragments that follow the programs that they continue, and declarations. */
function writeProgramsOf(document: string, text: string): void {
  const name = document.replaceAll(/\W/g, "_");
  for (const [i, { path, code, fragments }] of programsOf(text).entries()) {
    const below = [code, ...fragments, "export {};\n"].join("\n");
    if (path === undefined) write(`${name}.${i}.ts`, below);
    else if (fragments.length > 0) write(join(dirname(path), `${name}.${i}.ts`), below);
  }
  for (const { language, code } of blocksOf(text)) {
    if (language === "typescript") write(`${name}.declaration.ts`, code);
  }
}

beforeAll(() => {
  // As they are, so that they find each other.
  const examples = globSync("examples/**/*.ts", { cwd: root, exclude: ["**/node_modules", "**/dist"] });
  for (const path of examples) cpSync(join(root, path), join(folder, path));
  files.push(...examples, join(root, "test/compat/untyped.d.ts"));
  for (const { path, text } of documents) writeProgramsOf(path, text);
  for (const path of globSync("src/**/*.ts", { cwd: root })) {
    for (const [i, { code }] of examplesIn(read(path)).entries()) {
      write(`${path.replaceAll(/[/\\.]/g, "_")}.${i}.ts`, `${code}\nexport {};\n`);
    }
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module", private: true }));
});
afterAll(() => rmSync(folder, { recursive: true }));

const sources = Object.fromEntries(entries.map(({ name, source }) => [name, [join(root, source)]]));

/** What the compiler finds wrong. */
async function check(
  moduleResolution: "nodenext" | "bundler",
  checked: readonly string[],
  paths: Record<string, string[]> = {},
): Promise<string> {
  const compilerOptions = {
    target: "ES2023",
    module: moduleResolution === "nodenext" ? "nodenext" : "preserve",
    moduleResolution,
    lib: ["ESNext", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
    types: ["node"],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    noEmit: true,
    paths: { ...sources, ...paths },
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: checked }));
  return await run(tool("tsc"), ["-p", "tsconfig.json"], folder).catch(String);
}

describe("strict, with exact optional properties and unchecked indices", { timeout: 120_000 }, () => {
  test("there are examples to check", () => expect(files.length).toBeGreaterThan(30));

  test.each(["nodenext", "bundler"] as const)("%s", async (moduleResolution) => {
    expect(await check(moduleResolution, files)).toBe("");
  });

  // Vitest 4, which npm installs on Node 20, is not there unless `npm test` has set it up.
  const both = ["node_modules/vitest", "test/package/vitest4/node_modules/vitest"];
  test.each(both.filter((path) => existsSync(join(root, path))))(
    "the matchers in %s are those that the guide declares",
    async (vitest) => {
      const use = `
        import { expect, test } from "vitest";
        import { matchers, webSocketServer } from "websocket-over/testing";
        expect.extend(matchers);
        test("", async () => {
          const socket = await (await webSocketServer().request()).accept();
          const received: Promise<void> = expect(socket).toReceiveText("a", { timeout: 1 });
          await expect(socket).not.toReceiveJSON({ a: expect.any(String) }, { partial: true });
          await expect.soft(socket).toReceiveClose(1000);
          // @ts-expect-error there is no such option
          await expect(socket).toReceiveText("a", { time: 1 });
          await received;
        });`;
      const declaration = documents
        .flatMap(({ text }) => blocksOf(text))
        .find(({ language }) => language === "typescript")!.code;
      writeFileSync(join(folder, "use.ts"), use);
      writeFileSync(join(folder, "declaration.ts"), declaration);
      const paths = { vitest: [join(root, vitest)] };
      for (const moduleResolution of ["nodenext", "bundler"] as const) {
        expect(await check(moduleResolution, ["use.ts", "declaration.ts"], paths)).toBe("");
      }
    },
  );
});
