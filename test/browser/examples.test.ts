/** The examples of docstrings that need a page, run unchanged: each prints what its comments say. */
import { afterEach, expect, inject, test, vi } from "vitest";
import type { PageExample } from "../support/pageExamples.ts";

// The address at which Vite serves the module, which TypeScript does not know.
const listed = "/@id/virtual:page-examples";
const { default: examples } = (await import(/* @vite-ignore */ listed)) as { default: PageExample[] };

const servers = inject("webTransport");
const relay = inject("webSocketRelay");

/** The addresses of the examples lead to the servers of the tests, by their paths. */
class RelayedWebSocket extends WebSocket {
  constructor(url: string, protocols?: string | string[]) {
    super(new URL(new URL(url).pathname, relay), protocols);
  }
}
class LocalWebTransport extends WebTransport {
  constructor() {
    super(`https://127.0.0.1:${servers!.port}/`, {
      serverCertificateHashes: [{ algorithm: "sha-256", value: Uint8Array.from(servers!.hash) }],
    });
  }
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test.for(examples)("$name", async ({ code, promised, run }, context) => {
  expect(promised).not.toBe("");
  context.skip(code.includes("new WebTransport(") && servers === null, "no Deno to serve WebTransport");
  vi.stubGlobal("WebSocket", RelayedWebSocket);
  vi.stubGlobal("WebTransport", LocalWebTransport);
  let printed = "";
  vi.spyOn(console, "log").mockImplementation((...values) => void (printed += `${values.join(" ")}\n`));
  await run();
  await expect.poll(() => printed).toBe(promised);
});
