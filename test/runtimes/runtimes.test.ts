/** The library in other runtimes than Node, over their TCP, with ws: as client and as server. */
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build, type Rolldown } from "vite";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { WebSocket, WebSocketServer, type ClientOptions } from "ws";
import { Program } from "../peers/programs.ts";
import { findRuntime } from "../support/runtimes.ts";
import { isLong, long, LONG_BYTES, tried } from "./tries.ts";

const root = resolve(import.meta.dirname, "../..");
const TIMEOUT_MS = 60_000;

/** A runtime with the library in it. */
interface Peer {
  /** Tries everything with a server, and returns the lines that say how it went. */
  tryWith(port: number): Promise<string[]>;
  /** A client of ws that is connected with the library's server, or will be. */
  connect(path: string, options?: ClientOptions): WebSocket | Promise<WebSocket>;
  stop(): Promise<unknown>;
}

/** One that runs a program as client or as server. */
async function programs(command: string, args: readonly string[]): Promise<Peer> {
  const server = new Program(command, [...args, "server"]);
  const port = await server.port();
  return {
    async tryWith(port) {
      const client = new Program(command, [...args, "client", String(port)]);
      const output = client.ended.then(() => client.output.trimEnd().split("\n"));
      onTestFinished(() => client.stop());
      return await output;
    },
    connect: (path, options) => new WebSocket(`ws://127.0.0.1:${port}${path}`, ["chat"], options),
    stop: () => server.stop(),
  };
}

const deno = (program: string) => (path: string) =>
  programs(path, [
    "run",
    "--no-check",
    "--quiet",
    "--allow-net=127.0.0.1",
    `--allow-read=${root}`,
    "--allow-env",
    program,
  ]);

/** Runs a program of this folder in workerd; returns what its answer to a request for a path is. */
async function serveInWorkerd(
  path: string,
  program: string,
  compatibilityDate: string,
): Promise<{ ask: (path: string) => Promise<string>; stop: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "workerd-"));
  const [bundle] = (await build({
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      lib: { entry: join(import.meta.dirname, program), formats: ["es"] },
      rolldownOptions: { external: "cloudflare:sockets" },
    },
  })) as Rolldown.RolldownOutput[];
  writeFileSync(join(folder, "peer.js"), bundle!.output[0].code);
  writeFileSync(
    join(folder, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
    const config :Workerd.Config = (
      services = [
        (name = "peer", worker = (
          modules = [(name = "peer.js", esModule = embed "peer.js")],
          compatibilityDate = "${compatibilityDate}",
        )),
        (name = "internet", network = (allow = ["private", "local"])),
      ],
      sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "peer")],
    );`,
  );
  const process = new Program(path, ["serve", join(folder, "config.capnp"), "--control-fd=1"]);
  const port = Number((await process.says(/"port":\s*(\d+)/))[1]);
  return {
    ask: async (path) => (await fetch(`http://127.0.0.1:${port}${path}`)).text(),
    async stop() {
      await process.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** One that connects to who listens, whatever it is then. */
async function workerd(path: string): Promise<Peer> {
  const { ask, stop } = await serveInWorkerd(path, "workerdPeer.ts", "2026-11-01");
  return {
    tryWith: async (port) => (await ask(`/client?port=${port}`)).split("\n"),
    async connect(path, options) {
      const listener = createServer();
      listener.listen(0, "127.0.0.1");
      await once(listener, "listening");
      const { port } = listener.address() as AddressInfo;
      void ask(`/server?port=${port}`).catch(() => undefined);
      const [socket] = (await once(listener, "connection")) as [Socket];
      listener.close();
      return new WebSocket(`ws://127.0.0.1${path}`, ["chat"], { ...options, createConnection: () => socket });
    },
    stop,
  };
}

const runtimes = [
  ["deno", "Deno.Conn", deno("test/runtimes/denoPeer.ts")],
  ["deno", "Deno's node:net", deno("test/runtimes/nodePeer.ts")],
  ["bun", "Bun's node:net", (path: string) => programs(path, ["run", "test/runtimes/nodePeer.ts"])],
  ["workerd", "workerd's connect()", workerd],
] as const;

for (const [name, below, start] of runtimes) {
  const path = findRuntime(name);
  describe.skipIf(path === undefined)(path === undefined ? `${below} (there is no ${name})` : below, () => {
    let peer!: Peer;
    beforeAll(async () => {
      peer = await start(path!);
    }, TIMEOUT_MS);
    afterAll(() => peer?.stop());

    test("the library's client passes all tries with a ws server", { timeout: TIMEOUT_MS }, async () => {
      const { port, ends } = await wsServer();
      expect(await peer.tryWith(port)).toEqual([...tried.map((name) => `ok: ${name}`), "all tried"]);
      await expect.poll(() => ends).toMatchObject({ "/ours": "4002 the client's word", "/given-up": "1006 " });
    });

    describe("the library's server, with a ws client", () => {
      async function open(path: string, options?: ClientOptions): Promise<WebSocket> {
        const socket = await peer.connect(path, options);
        onTestFinished(() => socket.terminate());
        await once(socket, "open");
        return socket;
      }
      const echoed = async (socket: WebSocket, message: string | Uint8Array): Promise<Buffer> => {
        socket.send(message);
        const [data, isBinary] = (await once(socket, "message")) as [Buffer, boolean];
        expect(isBinary).toBe(typeof message !== "string");
        return data;
      };
      const closeOf = async (socket: WebSocket): Promise<string> => {
        const [code, reason] = (await once(socket, "close")) as [number, Buffer];
        return `${code} ${String(reason)}`;
      };
      const endAtServer = async (path: string): Promise<string> => String(await echoed(await open("/ends"), path));

      test("text and binary, and a subprotocol", async () => {
        const socket = await open("/echo", { perMessageDeflate: false });
        expect(socket).toMatchObject({ protocol: "chat", extensions: "" });
        for (const text of ["", "héllo ☃", "long ".repeat(50_000)])
          expect(String(await echoed(socket, text))).toBe(text);
        for (const length of [0, 125, 126, 65_536, 1_000_000]) {
          const bytes = Buffer.alloc(length, "bytes");
          expect(Buffer.compare(await echoed(socket, bytes), bytes)).toBe(0);
        }
      });
      test("a message of 64 MiB", { timeout: TIMEOUT_MS }, async () => {
        const data = await echoed(await open("/echo", { perMessageDeflate: false }), long());
        expect(data.length).toBe(LONG_BYTES);
        expect(isLong(Uint8Array.from(data))).toBe(true);
      });
      test("permessage-deflate", async () => {
        const socket = await open("/echo", { perMessageDeflate: true });
        expect(socket.extensions).toMatch(/^permessage-deflate/);
        const text = "again and ".repeat(10_000);
        for (let i = 0; i < 3; i++) expect(String(await echoed(socket, text))).toBe(text);
      });
      test("pings, in both directions", async () => {
        const socket = await open("/ping");
        socket.ping("are you there");
        expect(String((await once(socket, "pong"))[0])).toBe("are you there");
        expect(Number(await echoed(socket, "ping me"))).toBeGreaterThanOrEqual(0);
      });
      test("a close with a code and a reason, from either side", async () => {
        const ours = await open("/echo?ours");
        ours.close(4003, "the client's word");
        expect(await closeOf(ours)).toBe("4003 the client's word");
        await expect.poll(() => endAtServer("/echo?ours")).toBe("closed 4003 the client's word");
        const theirs = await open("/close");
        theirs.send("now");
        expect(await closeOf(theirs)).toBe("4001 the server's word");
      });
      test("an abrupt end, from either side", async () => {
        const ours = await open("/echo?gone");
        ours.terminate();
        await expect.poll(() => endAtServer("/echo?gone")).toMatch(/^failed 1006/);
        const theirs = await open("/drop");
        theirs.on("error", () => undefined);
        theirs.send("now");
        expect(await closeOf(theirs)).toBe("1006 ");
      });
    });
  });
}

describe.skipIf(findRuntime("workerd") === undefined)("the class and the server in workerd", () => {
  test.each([
    ["today", "2026-11-01"],
    ["before MessageChannel", "2025-08-14"],
    ["before Blob had a tag", "2024-09-25"],
    ["when streams could first be constructed", "2022-11-30"],
  ])("%s: %s", { timeout: TIMEOUT_MS }, async (_, date) => {
    const { ask, stop } = await serveInWorkerd(findRuntime("workerd")!, "workerdFaces.ts", date);
    onTestFinished(stop);
    const said = (await ask("/")).split("\n");
    expect(said.slice(0, 3)).toEqual(["text", "4 bytes", "2 bytes"]);
    expect(said.slice(3).sort()).toEqual(["client: close 4000 true", "server: close 4000"]);
  });
});

/** A server of ws for `tryAll`, which tells how the WebSockets of each path have ended there. */
async function wsServer(): Promise<{ port: number; ends: Record<string, string> }> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: true });
  onTestFinished(() => {
    server.close();
  });
  const ends: Record<string, string> = {};
  server.on("connection", (socket, request) => {
    const url = request.url!;
    socket.on("error", () => undefined);
    socket.on("close", (code, reason) => (ends[url] = `${code} ${String(reason)}`));
    socket.on("message", (data, binary) => {
      if (url === "/close") socket.close(4001, "the server's word");
      else if (url === "/drop") socket.terminate();
      else socket.send(data, { binary });
    });
  });
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, ends };
}
