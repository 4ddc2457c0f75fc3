/** All fuzz targets. */
import type { Target } from "../target.ts";
import { extensionHeaderTarget } from "./extensionHeader.ts";
import { framesTarget } from "./frames.ts";
import { headsTarget } from "./heads.ts";
import { inflaterTarget } from "./inflater.ts";
import { pairTarget } from "./pair.ts";

export const targets: readonly Target[] = [
  framesTarget,
  inflaterTarget,
  headsTarget,
  extensionHeaderTarget,
  pairTarget,
];
