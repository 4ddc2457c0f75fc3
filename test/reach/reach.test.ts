/**
 * Unmodified servers of ws and websockets, over every carrier, to every client: all arrives unchanged. The two servers
 * take turns; `npm run reach` tries each with every client over every carrier.
 */
import { spawnSync } from "node:child_process";
import { afterAll, expect, test } from "vitest";
import { Combinations } from "./combinations.ts";
import { servers } from "./routes.ts";

const BYTES = 1024 * 1024;

const combinations = new Combinations();
afterAll(() => combinations.close());

const hasWebsockets = spawnSync("/usr/bin/python3", ["-c", "import websockets"]).status === 0;

/** Each carrier has both servers. */
const trials = combinations.all.map((combination, i) => {
  const name = !hasWebsockets || (Math.floor(i / 2) + i) % 2 === 0 ? "ws" : "websockets";
  return { ...combination, name } as const;
});

test.each(trials)(
  "a server of $name, $client, $route: 1 MiB hash for hash, a 401 with its body, the subprotocol, cookies, and closes of both sides",
  { timeout: 300_000 },
  async ({ name, run }) => {
    const server = servers[name]();
    try {
      const url = new URL((await server.says(/ws:\/\/127\.0\.0\.1:\d+\//))[0]);
      const { problems } = await run(url, BYTES);
      expect(problems).toEqual([]);
      await server.says(/^closed 4000 bye$/m);
      // Nothing waits for the client's answer to the last Close, so it may be lost with the carrier.
      await server.says(/^closed (4321 enough|1006 )$/m);
    } finally {
      await server.stop();
    }
  },
);
