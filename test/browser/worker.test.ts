/**
 * Runs each file of the protocol's tests in a dedicated Web Worker of the page. Each test appears here under its name.
 */
import { expect, test, type SerializedConfig } from "vitest";

export interface Outcome {
  readonly name: string;
  readonly state: string;
  readonly errors: readonly string[];
}

/** What the page's test runner passes to the worker's. */
export interface PageContext {
  readonly config: SerializedConfig;
  readonly providedContext: object;
}

/** The test file that a worker runs. */
export interface Order extends PageContext {
  readonly file: string;
}

const files = Object.keys(
  import.meta.glob("../{core,handshake,connection,transports,deflate,stream,websocket,server}/**/*.test.ts"),
);

/** Runs each file in a separate worker, so that leftovers of another file are not blamed on this one. */
function run(file: string): Promise<Outcome[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", (event: MessageEvent<Outcome[]>) => {
      worker.terminate();
      resolve(event.data);
    });
    worker.addEventListener("error", (event) => reject(new Error(`the worker failed: ${event.message}`)));
    const { config, providedContext } = (globalThis as unknown as { __vitest_worker__: PageContext }).__vitest_worker__;
    worker.postMessage(JSON.parse(JSON.stringify({ config, providedContext, file })));
  });
}

const outcomes: Outcome[] = [];
for (const file of files) outcomes.push(...(await run(file)));

test("the workers run the tests", () => expect(outcomes.length).toBeGreaterThan(100));

for (const { name, state, errors } of outcomes) {
  test.skipIf(state === "skip")(name, () => {
    expect(errors).toEqual([]);
    expect(state).toBe("pass");
  });
}
