/** Every case, played by a fuzzing client against the echo server behind each kind of bridge: the verdicts stay the same. */
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, test } from "vitest";
import { bridgeBytes, gateway } from "../../src/bridge/index.ts";
import { serve } from "../../src/stream/index.ts";
import { dial, listen, type ByteTransport } from "../../src/transports/node.ts";
import { Program } from "../peers/programs.ts";
import { cases } from "./cases.ts";
import { compressionCases } from "./compressionCases.ts";
import { compression, limits } from "./echo.ts";
import { play } from "./play.ts";
import { RawPeer } from "./rawPeer.ts";

interface Bridge {
  readonly name: string;
  /** Joins each transport with the echo server at the URL, until the signal is aborted. */
  run(transports: AsyncIterable<ByteTransport>, url: string, signal: AbortSignal): Promise<void>;
}

const bytes: Bridge = {
  name: "bridgeBytes",
  async run(transports, url, signal) {
    for await (const near of transports) bridgeBytes(near, await dial(url), { signal }).catch(() => undefined);
  },
};

/** A gateway, whose ends agree on these extensions each. */
const messages = (extensions: typeof compression): Bridge => ({
  name: "bridgeMessages",
  run: (transports, url, signal) =>
    serve(transports, gateway({ to: url, dial, limits, extensions, signal }), {
      limits,
      extensions,
      signal,
      onError: () => undefined, // many cases fail on purpose
    }),
});

/** What differs where messages are joined. Everything else has the same verdict. */
const differences: readonly { readonly why: string; readonly ids: RegExp; readonly shows: RegExp }[] = [
  {
    why: "a broken rule ends the client's connection at once, while the echo of the message before it is on its way back",
    ids: /^(3\.[2-4]|4\.[12]\.[3-5]|5\.15)$/,
    shows: /^expected text of \d+ bytes, .* got a Close frame with 1002 /,
  },
  {
    why: "a message in pieces ends with an empty fragment of the bridge's own, here one more than the server takes",
    ids: /^9\.[34]\.1$/,
    shows: /got a Close frame with 1009 /,
  },
];

const runs = [
  { args: [], met: cases, bridges: [bytes, messages([])] },
  {
    args: ["--deflate"],
    met: [...cases.filter(({ id }) => /^[1-7]\./.test(id)), ...compressionCases],
    bridges: [bytes, messages(compression)],
  },
];

describe.each(runs)("autobahn:server $args", ({ args, met, bridges }) => {
  let program: Program;
  beforeAll(() => {
    program = Program.node("test/autobahn/server.ts", "0", ...args);
  });
  afterAll(() => program.stop());

  describe.each(bridges)("behind $name", ({ name, run }) => {
    const stop = new AbortController();
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    let running: Promise<void>;
    beforeAll(async () => {
      const url = `ws://127.0.0.1:${await program.port()}/`;
      running = run(listen(server), url, stop.signal);
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
    });
    afterAll(async () => {
      stop.abort();
      server.close();
      await running;
    });

    test.each(met.map((each) => [each.id, each.shows, each] as const))(
      "%s %s",
      { timeout: process.env.AUTOBAHN_FULL === "1" ? 480_000 : 60_000 },
      async (id, _shows, each) => {
        const { port } = server.address() as AddressInfo;
        const peer = await RawPeer.connect(port, `/runCase?case=${id}`, each.deflate?.offers);
        const difference = name === bytes.name ? undefined : differences.find(({ ids }) => ids.test(id));
        await play(each, peer).catch((error: unknown) => {
          // The echo may win.
          if (difference?.shows.test((error as Error).message) !== true) throw error;
        });
      },
    );
  });
});
