/** Every case, played by a fuzzing server against the client that runs them. */
import { createServer, type AddressInfo, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Program } from "../peers/programs.ts";
import { cases, closeBody, type Case } from "./cases.ts";
import { compressionCases } from "./compressionCases.ts";
import { play } from "./play.ts";
import { CLOSE, RawPeer, TEXT } from "./rawPeer.ts";

/** All cases run within the hook; with all their messages they take a while. */
const HOOK_TIMEOUT_MS = process.env.AUTOBAHN_FULL === "1" ? 3_600_000 : 120_000;

/** How the driver is started, and which cases it meets: those of compression are for `--deflate` alone. */
const runs: readonly (readonly [args: readonly string[], met: readonly Case[]])[] = [
  [[], cases],
  [["--deflate"], [...cases.filter(({ id }) => /^[1-7]\./.test(id)), ...compressionCases]],
];

describe.each(runs)("autobahn:client %j", (args, met) => {
  /** What each case showed: nothing if all was well. */
  const verdicts = new Map<string, unknown>();
  const targets: string[] = [];
  let server: Server;
  let program: Program;

  beforeAll(async () => {
    server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      void RawPeer.accept(socket, (offers, target) => caseOf(target)?.deflate?.answer(offers)).then(serve);
    });
    const port = await listen(server);
    program = Program.node("test/autobahn/client.ts", `ws://127.0.0.1:${port}`, ...args);
    await program.ended;
  }, HOOK_TIMEOUT_MS);

  afterAll(async () => {
    await program.stop();
    server.close();
  });

  function caseOf(target: string): Case | undefined {
    const { pathname, searchParams } = new URL(target, "ws://127.0.0.1");
    return pathname === "/runCase" ? met[Number(searchParams.get("case")) - 1]! : undefined;
  }

  async function serve(peer: RawPeer): Promise<void> {
    const { pathname, searchParams } = new URL(peer.target, "ws://127.0.0.1");
    targets.push(pathname);
    const each = caseOf(peer.target);
    if (each !== undefined) {
      verdicts.set(each.id, searchParams.get("agent") === "websocket-over" ? undefined : new Error("unknown agent"));
      await play(each, peer).catch((error: unknown) => verdicts.set(each.id, error));
      return;
    }
    if (pathname === "/getCaseCount") await peer.send([{ opcode: TEXT, payload: Buffer.from(`${met.length}`) }]);
    await peer.send([{ opcode: CLOSE, payload: closeBody(1000) }]);
    await peer.next();
    peer.end();
  }

  test.each(met.map(({ id, shows }) => [id, shows]))("%s %s", (id) => {
    expect(verdicts.has(id), program.output).toBe(true);
    const verdict = verdicts.get(id);
    if (verdict instanceof Error) throw verdict;
  });

  test("asks for the number of cases, runs each, then has the reports written, and ends well", async () => {
    expect(targets).toEqual(["/getCaseCount", ...met.map(() => "/runCase"), "/updateReports"]);
    expect(program.output).toContain(`${met.length} cases have been run`);
    expect(await program.ended).toBe(0);
  });
});

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}
