/** Every combination of client, carrier and server that is tried. */
import { ReachBrowser, tryClass, tryCommand } from "./clients.ts";
import { routes, type RouteName } from "./routes.ts";
import type { Outcome } from "./trial.ts";

export interface Combination {
  readonly client: string;
  readonly route: RouteName;
  /** Tries the server at the URL with an echo of this many bytes. */
  readonly run: (server: URL, bytes: number) => Promise<Outcome>;
}

/** A Chromium is launched at the first need. */
export class Combinations {
  #browser: Promise<ReachBrowser> | undefined;

  readonly all: readonly Combination[] = [
    ...(Object.keys(routes) as RouteName[]).flatMap((route) => [
      { client: "class", route, run: over(route, tryClass) },
      { client: "command", route, run: over(route, tryCommand) },
    ]),
    {
      client: "Chromium",
      route: "HTTP/2",
      run: async (server, bytes) => (await this.#launched()).tryOwn(server, bytes),
    },
    ...(["WebRTC", "tunnel"] as const).map((route) => ({
      client: "class in Chromium",
      route,
      run: over(route, async (way, server, bytes) => {
        return (await this.#launched()).tryOurs(route === "WebRTC" ? "webrtc" : "tunnel", way, server, bytes);
      }),
    })),
  ];

  async close(): Promise<void> {
    await (await this.#browser)?.close();
  }

  #launched(): Promise<ReachBrowser> {
    return (this.#browser ??= ReachBrowser.launch());
  }
}

function over(
  name: RouteName,
  attempt: (route: Awaited<ReturnType<(typeof routes)[RouteName]>>, server: URL, bytes: number) => Promise<Outcome>,
): Combination["run"] {
  return async (server, bytes) => {
    const route = await routes[name](server);
    try {
      return await attempt(route, server, bytes);
    } finally {
      await route.close();
    }
  };
}
