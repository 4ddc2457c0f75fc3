/** The command lines of the two drivers. */
import { createServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Program } from "../peers/programs.ts";
import { closeBody } from "./cases.ts";
import { CLOSE, RawPeer, TEXT } from "./rawPeer.ts";

// Longer than the waits inside, so that their messages say what did not arrive.
vi.setConfig({ testTimeout: 20_000, hookTimeout: 30_000 });

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

function run(driver: "server" | "client", ...args: string[]): Program {
  const program = Program.node(`test/autobahn/${driver}.ts`, ...args);
  cleanups.push(() => program.stop());
  return program;
}

/**
 * A fuzzing server that tells `caseCount` and does with each case what `runCase` does. `open` may answer the opening
 * itself: then it returns `false`.
 */
async function fuzzingServer(
  caseCount: string,
  runCase: (peer: RawPeer) => void,
  open: (socket: Socket, target: string) => boolean = () => true,
): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    const answered = new Error("it is answered already");
    const accepted = RawPeer.accept(socket, (_, target) => {
      if (!open(socket, target)) throw answered;
      return undefined;
    });
    const served = accepted.then(async (peer) => {
      if (!peer.target.startsWith("/base/getCaseCount")) {
        runCase(peer);
        return;
      }
      await peer.send([
        { opcode: TEXT, payload: Buffer.from(caseCount) },
        { opcode: CLOSE, payload: closeBody(1000) },
      ]);
      await peer.next();
      peer.end();
    });
    served.catch((error: unknown) => {
      if (error !== answered) throw error;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/base/`;
}

describe("autobahn:server", () => {
  test.each([
    [["0", "--deflate"], true],
    [["0"], false],
  ])("with %j it negotiates compression: %s", async (args, agrees) => {
    const program = run("server", ...args);
    const peer = await RawPeer.connect(await program.port(), "/", "permessage-deflate");
    cleanups.push(() => peer.destroy());
    expect(peer.deflate !== undefined).toBe(agrees);
  });

  test.each([[], ["eight"], ["65536"], ["1", "2"], ["1", "--fast"]])("refuses the arguments %j", async (...args) => {
    const program = run("server", ...args);
    expect(await program.ended).toBe(2);
    expect(program.output).toMatch(/usage: npm run autobahn:server|not a port/);
  });

  test("reports that its port is in use", async () => {
    const first = run("server", "0");
    const second = run("server", String(await first.port()));
    expect(await second.ended).toBe(2);
    expect(second.output).toContain("EADDRINUSE");
  });
});

describe("autobahn:client", () => {
  test.each([[], ["9001"], ["http://127.0.0.1/"], ["ws://127.0.0.1", "--case-timeout-ms=0"]])(
    "refuses the arguments %j",
    async (...args) => {
      const program = run("client", ...args);
      expect(await program.ended).toBe(2);
      expect(program.output).toMatch(/usage: npm run autobahn:client|not a ws: URL/);
    },
  );

  test("ends with an error if the server can't be reached", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const program = run("client", `ws://127.0.0.1:${port}`);
    expect(await program.ended).toBe(2);
    expect(program.output).toContain("ECONNREFUSED");
  });

  test("ends with an error if the server sends no number of cases", async () => {
    const program = run("client", await fuzzingServer("many", () => {}));
    expect(await program.ended).toBe(2);
    expect(program.output).toBe('/getCaseCount told no number, but "many"\n');
  });

  test("ends with an error if a case does not end in time", async () => {
    const program = run("client", await fuzzingServer("1", () => {}), "--case-timeout-ms", "300");
    expect(await program.ended).toBe(2);
    expect(program.output).toBe("/runCase?case=1&agent=websocket-over did not end in 300 ms\n");
  });

  test("continues after cases whose opening fails on purpose", async () => {
    const targets: string[] = [];
    const openings: ((socket: Socket) => void)[] = [
      (socket) => socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone"),
      (socket) => socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 400\r\n\r\ncut"),
      (socket) =>
        socket.end("HTTP/1.1 101 Ok\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n"),
      (socket) => socket.end("nonsense\r\n\r\n"),
      (socket) => socket.end("HTTP/1.1 101 Ok\r\nUpgr"),
      (socket) => socket.end(),
      (socket) => socket.destroy(),
      (socket) => socket.resetAndDestroy(),
    ];
    const url = await fuzzingServer(
      String(openings.length + 1),
      (peer) => {
        targets.push(peer.target.replace("/base/", ""));
        peer.destroy();
      },
      (socket, target) => {
        const opening = openings[Number(/case=(\d+)/.exec(target)?.[1]) - 1];
        opening?.(socket);
        return opening === undefined;
      },
    );
    const program = run("client", url);
    expect(await program.ended).toBe(0);
    expect(targets).toEqual(["runCase?case=9&agent=websocket-over", "updateReports?agent=websocket-over"]);
    expect(program.output.trimEnd().split("\n")).toEqual([
      "case 1 was not opened: the server answered 404",
      "case 2 was not opened: the server answered 404",
      "case 3 was not opened: Sec-WebSocket-Accept does not match the key",
      "case 4 was not opened: malformed status line",
      ...[5, 6, 7, 8].map((number) => `case ${number} was not opened: the stream ended`),
      "9 cases have been run",
    ]);
  });

  test.each(["getCaseCount", "updateReports"])("ends with an error if /%s is not opened", async (resource) => {
    const url = await fuzzingServer(
      "0",
      () => {},
      (socket, target) => {
        const refused = target.includes(resource);
        if (refused) socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        return !refused;
      },
    );
    const program = run("client", url);
    expect(await program.ended).toBe(2);
    expect(program.output).toMatch(new RegExp(`^/${resource}.* was not opened: the server answered 404\n$`));
  });

  test("ends with an error if the server is gone when a case starts", async () => {
    const program = run(
      "client",
      await fuzzingServer("2", (peer) => {
        for (const cleanup of cleanups.splice(0, 1)) void cleanup();
        peer.destroy();
      }),
    );
    expect(await program.ended).toBe(2);
    expect(program.output).toContain("ECONNREFUSED");
  });

  test("continues after a case in which the stream is cut off", async () => {
    const targets: string[] = [];
    const url = await fuzzingServer("2", (peer) => {
      targets.push(peer.target);
      peer.destroy();
    });
    const program = run("client", url);
    expect(await program.ended).toBe(0);
    expect(targets).toEqual([
      "/base/runCase?case=1&agent=websocket-over",
      "/base/runCase?case=2&agent=websocket-over",
      "/base/updateReports?agent=websocket-over",
    ]);
  });
});
