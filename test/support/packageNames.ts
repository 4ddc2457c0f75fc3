/** Loaded before a program by `node --import`: the package's names stand for its sources. */
import { registerHooks } from "node:module";
import { sourceURLs } from "./entries.ts";

registerHooks({
  resolve: (specifier, context, next) => next(sourceURLs[specifier] ?? specifier, context),
});
