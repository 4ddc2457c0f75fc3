/** Every case, played by a fuzzing server against the client that runs them. */
import { createServer, type AddressInfo, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Program } from "../peers/programs.ts";
import { cases, closeBody } from "./cases.ts";
import { play } from "./play.ts";
import { CLOSE, RawPeer, TEXT } from "./rawPeer.ts";

/** What each case showed: nothing if all was well. */
const verdicts = new Map<string, unknown>();
const targets: string[] = [];
let server: Server;
let program: Program;

beforeAll(async () => {
  server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    void RawPeer.accept(socket).then(serve);
  });
  const port = await listen(server);
  program = Program.node("test/autobahn/client.ts", `ws://127.0.0.1:${port}`);
  await program.ended;
}, 120_000);

afterAll(async () => {
  await program.stop();
  server.close();
});

async function serve(peer: RawPeer): Promise<void> {
  const { pathname, searchParams } = new URL(peer.target, "ws://127.0.0.1");
  targets.push(pathname);
  if (pathname === "/runCase") {
    const each = cases[Number(searchParams.get("case")) - 1]!;
    verdicts.set(each.id, searchParams.get("agent") === "websocket-over" ? undefined : new Error("unknown agent"));
    await play(each, peer).catch((error: unknown) => verdicts.set(each.id, error));
    return;
  }
  if (pathname === "/getCaseCount") await peer.send([{ opcode: TEXT, payload: Buffer.from(`${cases.length}`) }]);
  await peer.send([{ opcode: CLOSE, payload: closeBody(1000) }]);
  await peer.next();
  peer.end();
}

describe("autobahn:client", () => {
  test.each(cases.map(({ id, shows }) => [id, shows]))("%s %s", (id) => {
    expect(verdicts.has(id), program.output).toBe(true);
    const verdict = verdicts.get(id);
    if (verdict instanceof Error) throw verdict;
  });

  test("asks for the number of cases, runs each, then has the reports written, and ends well", async () => {
    expect(targets).toEqual(["/getCaseCount", ...cases.map(() => "/runCase"), "/updateReports"]);
    expect(program.output).toContain(`${cases.length} cases have been run`);
    expect(await program.ended).toBe(0);
  });
});

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}
