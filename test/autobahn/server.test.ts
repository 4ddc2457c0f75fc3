/** Every case, played by a fuzzing client against the echo server. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Program } from "../peers/programs.ts";
import { cases } from "./cases.ts";
import { compressionCases } from "./compressionCases.ts";
import { play } from "./play.ts";
import { PING, RawPeer, TEXT } from "./rawPeer.ts";

let program: Program;
let port: number;

beforeAll(async () => {
  program = Program.node("test/autobahn/server.ts", "0");
  port = await program.port();
});

afterAll(() => program.stop());

describe("autobahn:server --deflate", () => {
  let compressing: Program;
  beforeAll(() => {
    compressing = Program.node("test/autobahn/server.ts", "0", "--deflate");
  });
  afterAll(() => compressing.stop());

  const met = [...cases.filter(({ id }) => /^[1-7]\./.test(id)), ...compressionCases];
  test.each(met.map((each) => [each.id, each.shows, each] as const))(
    "%s %s",
    { timeout: process.env.AUTOBAHN_FULL === "1" ? 480_000 : 60_000 },
    async (_id, _shows, each) => {
      const peer = await RawPeer.connect(await compressing.port(), `/runCase?case=${each.id}`, each.deflate?.offers);
      await play(each, peer);
    },
  );
});

describe("autobahn:server", () => {
  test.each(cases.map((each) => [each.id, each.shows, each] as const))(
    "%s %s",
    { timeout: 60_000 },
    async (_id, _shows, each) => {
      await play(each, await RawPeer.connect(port, `/runCase?case=${each.id}`));
    },
  );

  test("stops reading from a client that does not read", { timeout: 60_000 }, async () => {
    const peer = await RawPeer.connect(port);
    peer.socket.pause();
    const message = peer.encode({ opcode: TEXT, payload: Buffer.alloc(1024 * 1024, "a") });
    let written = 0;
    while (written < 256 && (await takesWithin(peer, message, 1000))) written++;
    expect(written).toBeLessThan(64); // MiB: what the sockets of both ends hold
    peer.socket.resume();
    for (let i = 0; i <= written; i++) expect(await peer.next()).toMatchObject({ type: "text" });
    peer.destroy();
  });

  test("still works after all of that", async () => {
    const peer = await RawPeer.connect(port);
    await peer.send([{ opcode: PING, payload: Buffer.from("well?") }]);
    expect(await peer.next()).toEqual({ type: "pong", data: Buffer.from("well?") });
    peer.destroy();
    expect(program.output.trim()).toBe(`Echoing at ws://127.0.0.1:${port}/`);
  });
});

/** Writes, and returns whether the socket had room again in time. */
function takesWithin(peer: RawPeer, bytes: Uint8Array, patienceMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    if (peer.socket.write(bytes)) {
      resolve(true);
      return;
    }
    const timer = setTimeout(() => resolve(false), patienceMs);
    peer.socket.once("drain", () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
