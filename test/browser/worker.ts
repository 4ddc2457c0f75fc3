/** Runs one file of the protocol's tests inside a Web Worker, with Vitest's own runner, and sends back the results. */
import type { Order, Outcome } from "./worker.test.ts";

interface Task {
  readonly type: "suite" | "test";
  readonly mode: string;
  readonly name: string;
  readonly tasks?: readonly Task[];
  readonly result?: { readonly state: string; readonly errors?: readonly { stack?: string; message: string }[] };
}

addEventListener("message", (message: MessageEvent<Order>) => {
  const { config, providedContext, file } = message.data;
  const nothing = (): Promise<undefined> => Promise.resolve(undefined);
  // What the page's runner sets up for `expect` before it loads a test file.
  Object.assign(globalThis, {
    __vitest_worker__: {
      config,
      ctx: { config, pool: "browser", environment: { name: "browser" } },
      environment: { name: "browser" },
      metaEnv: {},
      durations: {},
      providedContext,
      onCleanup: nothing,
      rpc: new Proxy({}, { get: () => nothing }),
    },
  });
  void import("vitest/internal/browser")
    .then(({ startTests }) =>
      startTests([file], {
        config,
        pool: "browser",
        importFile: (path: string) => import(/* @vite-ignore */ path),
      }),
    )
    .then((files) => postMessage(files.flatMap((file) => outcomes(file, []))));
});

function outcomes(task: Task, path: readonly string[]): Outcome[] {
  const name = [...path, task.name.replace("../../", "")];
  const errors = (task.result?.errors ?? []).map((error) => error.stack ?? error.message);
  const inner = (task.tasks ?? []).flatMap((child) => outcomes(child, name));
  const own = {
    name: name.join(" > "),
    state: task.result?.state ?? (task.mode === "skip" ? "skip" : "not run"),
    errors,
  };
  // A suite counts separately only if it failed outside its tests.
  return task.type === "test" || errors.length > 0 ? [own, ...inner] : inner;
}
