/** The names that the entries export, with their docstrings. */
import { join, relative, resolve } from "node:path";
import ts from "typescript";

const root = resolve(import.meta.dirname, "../..");

export interface PublicName {
  readonly name: string;
  /** The first entry that exports it. */
  readonly entry: string;
  /** Where it is declared, from the root. */
  readonly file: string;
  /** Whether only its type is exported. */
  readonly isType: boolean;
  /** All docstrings of its declarations, as in the source. */
  readonly docs: string;
}

export function publicNames(entries: readonly { readonly name: string; readonly source: string }[]): PublicName[] {
  const sources = entries.map(({ source }) => join(root, source));
  const options = { noLib: true, types: [], allowImportingTsExtensions: true, module: ts.ModuleKind.NodeNext };
  const program = ts.createProgram(sources, options);
  const checker = program.getTypeChecker();
  const names = new Map<ts.Symbol, PublicName>();
  for (const { name: entry, source } of entries) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(join(root, source))!)!;
    for (const exported of checker.getExportsOfModule(module)) {
      const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
      const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported;
      if (names.has(symbol)) continue;
      const declarations = symbol.declarations ?? [];
      names.set(symbol, {
        name: exported.name,
        entry,
        file: relative(root, declarations[0]!.getSourceFile().fileName),
        isType:
          (symbol.flags & ts.SymbolFlags.Value) === 0 ||
          exported.declarations!.some((node) => ts.isTypeOnlyImportOrExportDeclaration(node)),
        docs: declarations.map(docsOf).join("\n"),
      });
    }
  }
  return [...names.values()];
}

/** A module that is exported as a namespace has its docstring above its imports. */
function docsOf(node: ts.Declaration): string {
  if (ts.isSourceFile(node)) return /^\/\*\*.*?\*\//s.exec(node.text)?.[0] ?? "";
  return ts
    .getJSDocCommentsAndTags(node)
    .map((doc) => doc.getText())
    .join("\n");
}
