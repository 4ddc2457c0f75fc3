/** Servers that are asked to end: a real SIGTERM to a process with open connections. */
import { connect as connectTCP } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { dial } from "../../src/transports/node.ts";
import { connect, type WebSocketSession } from "../../src/stream/index.ts";
import type { Program } from "../peers/programs.ts";
import { startExample } from "../support/runExample.ts";

interface Started {
  readonly program: Program;
  readonly port: number;
  readonly open: () => Promise<WebSocketSession>;
}

async function start(example: string, env: NodeJS.ProcessEnv = {}): Promise<Started> {
  const program = startExample(`examples/deploys/${example}.ts`, [], { PORT: "0", ...env });
  program.patienceMs = 240_000;
  onTestFinished(async () => {
    program.signal("SIGKILL");
    await program.ended;
  });
  const port = await program.port();
  const url = `ws://127.0.0.1:${port}/`;
  return {
    program,
    port,
    async open() {
      const session = await connect(await dial(url), { url });
      await session.send("hello");
      expect(await session.receive()).toBe("hello");
      return session;
    },
  };
}

/** Opens a connection that answers no Close. */
async function openStubborn(port: number): Promise<void> {
  const socket = connectTCP(port, "127.0.0.1").on("error", () => {});
  onTestFinished(() => void socket.destroy());
  socket.write(
    "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
  );
  await new Promise((resolve) => socket.once("data", resolve));
}

describe.each([
  { example: "sessions", code: 1001, env: {} },
  { example: "server", code: 1012, env: { DRAIN_MS: "100" } },
])("the process of $example, on SIGTERM", { timeout: 300_000 }, ({ example, code, env }) => {
  test("closes its clients, exits once they have left, and refuses new ones", async () => {
    const { program, port, open } = await start(example, env);
    const sessions = [await open(), await open()];
    program.signal("SIGTERM");
    for (const { closed } of sessions) expect(await closed).toMatchObject({ closeCode: code });
    expect(await program.ended, program.output).toBe(0);
    expect(program.said.stdout).toContain("all connections have ended");
    await expect(dial(`ws://127.0.0.1:${port}/`)).rejects.toMatchObject({ code: "refused" });
  });

  test("does not wait forever for a client that does not answer", async () => {
    const { program, port, open } = await start(example, env);
    await openStubborn(port);
    const session = await open();
    program.signal("SIGTERM");
    expect(await session.closed).toMatchObject({ closeCode: code });
    expect(await program.ended, program.output).toBe(0);
  });
});

test("clients are sent away one after the other", { timeout: 300_000 }, async () => {
  const { program, open } = await start("server", { DRAIN_MS: "4000" });
  const [first, second] = [await open(), await open()];
  program.signal("SIGTERM");
  const closings: string[] = [];
  await Promise.all([
    first.closed.then(() => closings.push("first")),
    second.closed.then(() => closings.push("second")),
    (async () => {
      await first.closed;
      await second.send("still served");
      closings.push(String(await second.receive()));
    })(),
  ]);
  expect(closings).toEqual(["first", "still served", "second"]);
  expect(await program.ended, program.output).toBe(0);
});
