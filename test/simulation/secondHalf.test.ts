/** The whole stack keeps its laws: the second half of the seeds. Each half is a file, so that both run in parallel. */
import { test } from "vitest";
import { expectLaws, TIMEOUT_MS } from "./expectLaws.ts";

test("every seed of the second half keeps the laws", () => expectLaws(1, 2), TIMEOUT_MS);
