/** What bundles contain: a page with its own DEFLATE engine contains no pako. */
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");

/** The files that esbuild put into a bundle, by their bytes in it. */
async function bundled(entry: string): Promise<Record<string, number>> {
  const { metafile } = await build({
    entryPoints: [join(root, entry)],
    absWorkingDir: root,
    bundle: true,
    format: "esm",
    minify: true,
    write: false,
    metafile: true,
  });
  const [output] = Object.values(metafile.outputs);
  const inputs = Object.entries(output!.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  return Object.fromEntries(inputs.map(([path, { bytesInOutput }]) => [path, bytesInOutput]));
}

test("permessageDeflateWith adds no byte of pako", async () => {
  const files = Object.keys(await bundled("test/size/deflateWith.ts"));
  expect(files).toContain("src/deflate/permessageDeflateWith.ts");
  expect(files.filter((path) => /pako/i.test(path))).toEqual([]);
});

test("permessageDeflate adds pako", async () => {
  const files = Object.keys(await bundled("src/deflate/index.ts"));
  expect(files.filter((path) => path.includes("/pako/"))).not.toEqual([]);
});
