/** The ways to a server: each carrier with the command's bridge in between. */
import { spawn } from "node:child_process";
import { connect as connectHTTP2 } from "node:http2";
import { Readable, Writable } from "node:stream";
import { RTCPeerConnection as Polyfill } from "node-datachannel/polyfill";
import { WebSocket } from "ws";
import { http2Dial } from "../../src/http2/index.ts";
import type { Dial } from "../../src/websocket/index.ts";
import { dial as dialTCP, type ByteTransport } from "../../src/transports/node.ts";
import { webRTCDial } from "../../src/transports/webrtc.ts";
import { webSocketProtocol, webSocketTransport } from "../../src/transports/webSocketTransport.ts";
import { Program } from "../peers/programs.ts";

export interface Route {
  readonly dial: Dial;
  /** What a page needs to know to take this way. */
  readonly address: string;
  /** Whether the bridge joins messages, not bytes. */
  readonly isGateway?: boolean;
  close(): Promise<void>;
}

export type RouteName = "directly" | "HTTP/2" | "WebRTC" | "tunnel" | "stdio";

const command = "src/cli/main.ts";

/** Enough for the longest message that is tried. */
const MAX_MESSAGE_BYTES = 1024 * 1024 * 1024;

/** Makes a route to the server at this URL, which refuses what asks for /401. */
export const routes: Readonly<Record<RouteName, (server: URL) => Promise<Route>>> = {
  directly: (server) =>
    Promise.resolve({ dial: (url) => dialTCP(url), address: server.href, close: () => Promise.resolve() }),
  async "HTTP/2"(server) {
    const start = (to: string): Program =>
      Program.node(
        command,
        ...["bridge", "http2://127.0.0.1:0", to, "--forward", "Cookie", "--quiet"],
        ...["--max-message", String(MAX_MESSAGE_BYTES)],
      );
    const programs = [start(server.href), start(new URL("/401", server).href)] as const;
    const [echoing, refusing] = await Promise.all(
      programs.map(async (program) => connectHTTP2(`http://127.0.0.1:${await program.port()}`)),
    );
    const dials = [http2Dial(echoing!), http2Dial(refusing!)] as const;
    return {
      dial: (url, protocols, signal) => dials[url.pathname === "/401" ? 1 : 0](url, protocols, signal),
      address: server.href,
      isGateway: true,
      async close() {
        echoing!.destroy();
        refusing!.destroy();
        await Promise.all(programs.map((program) => program.stop()));
      },
    };
  },
  async WebRTC({ host }) {
    const program = Program.node(command, "bridge", "webrtc:http://127.0.0.1:0/rtc", `tcp:${host}`, "--origin", "any");
    const address = (await program.says(/webrtc:(http:\/\/127\.0\.0\.1:\d+\/rtc)/))[1]!;
    const dial = webRTCDial(address, { makePeerConnection: () => new Polyfill() as unknown as RTCPeerConnection });
    return {
      dial,
      address,
      async close() {
        dial.close();
        await program.stop();
      },
    };
  },
  async tunnel({ host }) {
    const program = Program.node(command, "bridge", "ws://127.0.0.1:0/tunnel", `tcp:${host}`, "--origin", "any");
    const address = `ws://127.0.0.1:${await program.port()}/tunnel`;
    return {
      dial: () => webSocketTransport(new WebSocket(address, [webSocketProtocol], { perMessageDeflate: false })),
      address,
      close: () => program.stop(),
    };
  },
  stdio({ host }) {
    const children = new Set<Promise<unknown>>();
    const dial = (): ByteTransport => {
      const child = spawn(process.execPath, [command, "bridge", "stdio:", `tcp:${host}`], {
        stdio: ["pipe", "pipe", "ignore"],
      });
      const ended = new Promise((resolve) => child.once("close", resolve));
      children.add(ended);
      return {
        readable: Readable.toWeb(child.stdout) as ReadableStream<Uint8Array>,
        writable: Writable.toWeb(child.stdin) as WritableStream<Uint8Array<ArrayBuffer>>,
        close: () => void child.kill(),
      };
    };
    return Promise.resolve({
      dial,
      address: host,
      close: async () => void (await Promise.all(children)),
    });
  },
};

/** The servers, each in a separate process. */
export const servers = {
  ws: () => Program.node("test/reach/wsServer.ts"),
  websockets: () => new Program("/usr/bin/python3", ["-u", "test/reach/websockets_server.py"]),
} as const;
