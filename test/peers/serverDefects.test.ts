/** How errors are reported in a Node process, where the platform has no `reportError`. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "server-"));
afterAll(() => rmSync(folder, { recursive: true }));

const at = (path: string): string => JSON.stringify(pathToFileURL(join(root, path)).href);

/** Runs a program with a peer that is open at both ends. */
function run(name: string, code: string): Promise<{ status: number; output: string; errors: string }> {
  const file = join(folder, `${name}.mts`);
  writeFileSync(
    file,
    `
    import { WebSocketServer } from ${at("src/server/index.ts")};
    import { Client } from ${at("test/server/client.ts")};
    import { pipe } from ${at("src/transports/pipe.ts")};
    const server = new WebSocketServer();
    const [near, far] = pipe();
    server.on("connection", async (peer) => {
      await client.event("connectionEstablished");
      ${code}
    });
    const client = new Client(near);
    server.handleTransport(far);
    `,
  );
  return new Promise((settle) => {
    const options = { timeout: 20_000 };
    execFile(process.execPath, ["--disable-warning=ExperimentalWarning", file], options, (error, output, errors) =>
      settle({ status: Number(error?.code ?? 0), output, errors }),
    );
  });
}

test("an unhandled error event is a warning, so that a client can't end the process", async () => {
  const { status, output, errors } = await run(
    "unheard",
    `
    peer.on("close", (code) => console.log("closed", code));
    await client.raw(Uint8Array.of(0x83, 0x80, 0, 0, 0, 0));
    `,
  );
  expect([status, output]).toEqual([0, "closed 1006\n"]);
  expect(errors).toMatch(/RemoteProtocolError: .*opcode/);
});

test.each([
  ["throws", "() => { throw new Error('of the application'); }"],
  ["rejects with", "async () => { throw new Error('of the application'); }"],
])("an error that a listener %s is a warning, and the process and the connection continue", async (name, listener) => {
  const { status, output, errors } = await run(
    name.replace(" ", ""),
    `
    peer.on("message", ${listener});
    client.do((connection) => connection.sendData("hello"));
    client.do((connection) => connection.ping());
    await client.event("pongReceived");
    peer.close(1000);
    console.log("closed", (await client.event("connectionClosed")).code);
    server.close(() => console.log("server closed"));
    `,
  );
  expect([status, output.trim().split("\n")]).toEqual([0, ["closed 1000", "server closed"]]);
  expect(errors).toMatch(/Error: of the application/);
});
