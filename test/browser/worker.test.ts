/** The protocol's tests once more, in a dedicated Web Worker of the page: each is shown here by its own name. */
import { expect, test, type SerializedConfig } from "vitest";

export interface Outcome {
  readonly name: string;
  readonly state: string;
  readonly errors: readonly string[];
}

/** What the page's runner has, and hands to the one in the worker. */
export interface PageContext {
  readonly config: SerializedConfig;
  readonly providedContext: object;
}

const outcomes = await new Promise<Outcome[]>((resolve, reject) => {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  worker.addEventListener("message", (event: MessageEvent<Outcome[]>) => {
    worker.terminate();
    resolve(event.data);
  });
  worker.addEventListener("error", (event) => reject(new Error(`the worker failed: ${event.message}`)));
  const { config, providedContext } = (globalThis as unknown as { __vitest_worker__: PageContext }).__vitest_worker__;
  worker.postMessage(JSON.parse(JSON.stringify({ config, providedContext })));
});

test("the worker runs the tests", () => expect(outcomes.length).toBeGreaterThan(100));

for (const { name, state, errors } of outcomes) {
  test(name, () => {
    expect(errors).toEqual([]);
    expect(state).toBe("pass");
  });
}
