/** The whole stack keeps its laws: the first half of the seeds. Each half is a file, so that both run in parallel. */
import { test } from "vitest";
import { expectLaws, TIMEOUT_MS } from "./expectLaws.ts";

test("every seed of the first half keeps the laws", () => expectLaws(0, 2), TIMEOUT_MS);
