/** Sessions over the transports of a page, beside the raw carriers: messages of 64 KiB, one way, in Chromium. */
import { chromium, type Page } from "playwright";
import { createServer } from "vite";
import { requireChromium } from "../support/chromium.ts";
import { startWebSocketRelay } from "../support/webSocketRelay.ts";
import { startWebTransportServer } from "../support/webTransportServer.ts";
import { findRuntime } from "../support/runtimes.ts";
import type { Side, Workload } from "./measure.ts";
import { MESSAGE_BYTES, type Turn } from "./transportTurns.ts";
import type { CarrierName, Servers } from "./transportsPage.ts";

/** What ours is beside, and how many messages are a batch: a quarter of a second's, at least. */
const PAIRS: readonly (readonly [ours: CarrierName, raw: CarrierName | readonly CarrierName[], count: number])[] = [
  ["session over a data channel", "raw data channel", 64],
  // A reader of a stream gets no messages: the cost of separate memory for them is the next row.
  ["session over a WebTransport stream", ["raw WebTransport stream", "WebTransport stream into messages"], 256],
  ["session over a WebSocket", "raw WebSocket", 256],
  ["session over a MessagePort", "transferred buffers", 1024],
  ["unmasked session over a MessagePort", "transferred buffers", 1024],
  ["transport over a MessagePort", "transferred buffers", 1024],
];

/** The workloads, and what ends what they have started. */
export function transportWorkloads(): { workloads: Workload[]; close: () => Promise<void> } {
  const started: (() => Promise<unknown>)[] = [];
  let opening: Promise<Page> | undefined;
  const side = (name: CarrierName, turn: Turn): Side => ({
    async run() {
      const page = await (opening ??= openPage(started));
      await page.evaluate(([name, turn]) => window.move(name, turn), [name, turn] as const);
      return turn.count;
    },
  });
  const pairs = PAIRS.filter(([ours]) => !ours.includes("WebTransport") || findRuntime("deno") !== undefined);
  const workloads = pairs.flatMap(([ours, raw, count]) =>
    (["up", "down"] as const).map((kind): Workload => {
      const turn = { kind, count };
      const peerNames = [raw].flat();
      return {
        environment: "chromium",
        workload: `${ours}, 64 KiB binary`,
        role: "client",
        kind: kind === "up" ? "send" : "receive",
        bytes: MESSAGE_BYTES,
        peerNames,
        elsewhere: true,
        sides: (names) => ({
          ours: side(ours, turn),
          peers: Object.fromEntries(names.map((name) => [name, side(name as CarrierName, turn)])),
        }),
      };
    }),
  );
  return { workloads, close: async () => void (await Promise.all(started.map((end) => end()))) };
}

async function openPage(started: (() => Promise<unknown>)[]): Promise<Page> {
  const server = await createServer({
    configFile: false,
    logLevel: "error",
    server: { host: "127.0.0.1", port: 0, hmr: false, watch: null },
    plugins: [
      {
        name: "bench-page",
        configureServer({ middlewares }) {
          middlewares.use("/bench", (_, response) => {
            response.setHeader("content-type", "text/html");
            response.end('<!doctype html><script type="module" src="/test/bench/transportsPage.ts"></script>');
          });
        },
      },
    ],
  });
  started.push(() => server.close());
  await server.listen();
  const relay = await startWebSocketRelay();
  started.push(() => relay.stop());
  const deno = await startWebTransportServer("test/bench/webTransportServer.ts");
  if (deno !== undefined) started.push(() => deno.stop());
  const browser = await chromium.launch({ executablePath: requireChromium() });
  started.push(() => browser.close());
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error(error));
  await page.addInitScript((servers) => void (window.servers = servers), {
    relay: relay.url,
    webTransport: deno?.addresses,
  } satisfies Servers);
  await page.goto(`${server.resolvedUrls!.local[0]!}bench`);
  await page.waitForFunction(() => "move" in window);
  return page;
}
