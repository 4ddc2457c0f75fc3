/** WebKitGTK's MiniBrowser, if it is installed: driven over WebDriver, on a virtual screen. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";

const DRIVER = "/usr/bin/WebKitWebDriver";
const SCREEN = "/usr/bin/xvfb-run";

/** The path of a MiniBrowser that can be driven; `undefined` if there is none. */
export function findWebKit(): string | undefined {
  if (!existsSync(DRIVER) || !existsSync(SCREEN)) return undefined;
  return globSync("/usr/lib/*/webkit2gtk-4.1/MiniBrowser")[0];
}

export interface WebKitPage {
  /** Calls a method of a global object of the page, as in `call("document.hasFocus")`, whose result is plain data. */
  call(path: string, parameters?: readonly unknown[]): Promise<unknown>;
  close(): Promise<void>;
}

/** Opens a page in a separate browser. */
export async function openWebKit(browser: string, url: string): Promise<WebKitPage> {
  const port = await freePort();
  const driver = spawn(SCREEN, ["--auto-servernum", DRIVER, "--host=127.0.0.1", `--port=${port}`], {
    // In a separate process group, because xvfb-run does not pass signals on.
    detached: true,
    stdio: "ignore",
    env: { ...process.env, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1" },
  });
  const gone = once(driver, "exit");
  const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const { value } = (await (await fetch(`http://127.0.0.1:${port}${path}`, init)).json()) as { value: unknown };
    const { error, message } = (value ?? {}) as { error?: string; message?: string };
    if (error !== undefined) throw new Error(`${error}: ${String(message)}`);
    return value;
  };
  const stop = async (): Promise<void> => {
    process.kill(-driver.pid!);
    await gone;
  };
  try {
    await started(() => ask("GET", "/status"));
    const options = { binary: browser, args: ["--automation"] };
    const { sessionId } = (await ask("POST", "/session", {
      capabilities: { alwaysMatch: { "webkitgtk:browserOptions": options, timeouts: { script: 120_000 } } },
    })) as { sessionId: string };
    const session = `/session/${sessionId}`;
    await ask("POST", `${session}/url`, { url });
    return {
      async call(path, parameters = []) {
        const outcome = (await ask("POST", `${session}/execute/async`, { script: CALL, args: [path, parameters] })) as {
          value?: unknown;
          failure?: string;
        };
        if (outcome.failure !== undefined) throw new Error(outcome.failure);
        return outcome.value;
      },
      async close() {
        await ask("DELETE", session);
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Runs in the page, whose modules may still be loading. */
const CALL = `
  const [path, parameters, done] = arguments;
  const [name, method] = path.split(".");
  (async () => {
    while (document.readyState !== "complete") await new Promise((resolve) => setTimeout(resolve, 10));
    return globalThis[name][method](...parameters);
  })().then(
    (value) => done({ value }),
    (error) => done({ failure: error + "\\n" + error.stack }),
  );`;

/** Waits until it answers, for ten seconds at most. */
async function started(ask: () => Promise<unknown>): Promise<void> {
  for (let i = 0; ; i++) {
    try {
      await ask();
      return;
    } catch (error) {
      if (i === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
