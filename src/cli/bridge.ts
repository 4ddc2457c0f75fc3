/** `bridge FROM TO`: carries connections from one kind of transport to a server. */
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import {
  createSecureServer,
  createServer as createHTTP2Server,
  type Http2SecureServer,
  type ServerHttp2Session,
} from "node:http2";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { requireForwarding } from "../bridge/forwarding.ts";
import { bridgeBytes, gateway } from "../bridge/index.ts";
import { extendedConnects } from "../http2/extendedConnects.ts";
import { WebSocketServer } from "../server/webSocketServer.ts";
import { discard } from "../stream/discard.ts";
import type { OriginPolicy } from "../stream/originPolicy.ts";
import { serve } from "../stream/serve.ts";
import type { Bytes } from "../core/bytes.ts";
import type { LimitOptions } from "../core/limits.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { dial, requestListener, upgrades } from "../transports/node.ts";
import { webRTCEndpoint } from "../transports/webrtcEndpoint.ts";
import { webSocketProtocol, webSocketTransport } from "../transports/webSocketTransport.ts";
import { parseFrom, parseTo, reach, type From, type To } from "./bridgeEnds.ts";
import { CommandError, complaint, ExitStatus, UsageError } from "./failure.ts";
import { authorityOf, listenOn } from "./serve.ts";
import { Tally } from "./tally.ts";
import type { Terminal } from "./terminal.ts";
import { authoritiesOption, listOption, textOption, type Values, type Verb } from "./verb.ts";
import { visible } from "./visible.ts";

export const bridge: Verb = {
  name: "bridge",
  usage: "bridge [options] FROM TO",
  summary: "carries connections from one kind of transport to a server",
  details: `FROM is what the far end connects to:
  ws://127.0.0.1:9000/tunnel          each WebSocket carries the bytes of one connection
  http2://127.0.0.1:9000              the same over HTTP/2; if TO is a WebSocket server, messages pass one by one
  webrtc:http://127.0.0.1:9000/rtc    each data channel carries one; needs the package node-datachannel
  stdio:                              one connection, over standard input and output
TO is the server: ws://HOST:PORT, wss://HOST, tcp:HOST:PORT or unix:PATH.
Every client with the right origin reaches TO, and TO can't tell who it is: name the origins, and let TO ask for more.
SIGUSR1 prints counters. SIGTERM stops listening and waits for the open connections; a second one ends them.
Example: websocket-over bridge ws://127.0.0.1:9000/tunnel tcp:127.0.0.1:5900 --origin https://app.example`,
  options: {
    origin: {
      type: "string",
      multiple: true,
      value: "ORIGIN",
      help: "pages of it may come; any page: any. By default those of the same host",
    },
    "max-connections": { type: "string", value: "N", help: "refuse more at a time; 1000 by default" },
    "max-message": {
      type: "string",
      value: "BYTES",
      help: "a longer message ends its WebSocket with 1009; 67108864 (64 MiB) by default",
    },
    idle: { type: "string", value: "SECONDS", help: "end a connection on which nothing passes for so long" },
    drain: { type: "string", value: "SECONDS", help: "how long SIGTERM waits; 10 by default" },
    forward: {
      type: "string",
      multiple: true,
      value: "HEADER",
      help: "for http2: pass this header of the clients on to the server, such as Cookie; none by default",
    },
    cert: { type: "string", value: "FILE", help: "for http2: the certificate in PEM, which browsers need" },
    key: { type: "string", value: "FILE", help: "its key in PEM" },
    ca: { type: "string", value: "FILE", help: "trust the certificates in this PEM file for wss:" },
    quiet: { type: "boolean", short: "q", help: "print no line for each connection" },
  },
  positionals: [2, 2],
  async run([fromText, toText], values, terminal, { signal }) {
    const from = parseFrom(fromText!);
    const to = parseTo(toText!);
    const say = from.kind === "stdio" ? terminal.note.bind(terminal) : terminal.print.bind(terminal);
    const tally = new Tally(values.quiet === true ? () => undefined : say);
    process.on("SIGUSR1", () => terminal.note(tally.toString()));
    requireForwarded(values);
    const plan = new Plan(to, values, tally, terminal, signal);
    if (from.kind === "stdio") return await plan.standardStreams();
    const listener = await listen(from, plan);
    say(`bridge: ${listener.name} → ${to.name}`);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    listener.stop();
    await plan.drain();
    listener.close();
    return ExitStatus.DONE;
  },
};

/** What all connections of a bridge have in common. */
class Plan {
  readonly to: To;
  readonly tls: object;
  readonly origins: OriginPolicy;
  readonly maxConnections: number;
  readonly idleMs: number | undefined;
  /** Of each WebSocket of the bridge. */
  readonly limits: LimitOptions;
  readonly values: Values;
  /** Aborted to end the open connections. */
  readonly hard = new AbortController();
  readonly tally: Tally;
  readonly #terminal: Terminal;
  readonly #drainMs: number;
  readonly #stopped: AbortSignal;

  constructor(to: To, values: Values, tally: Tally, terminal: Terminal, stopped: AbortSignal) {
    this.to = to;
    this.values = values;
    this.tally = tally;
    this.#terminal = terminal;
    this.#stopped = stopped;
    this.tls = authoritiesOption(values);
    const origins = listOption(values, "origin");
    this.origins = origins.includes("any") ? "any" : origins.length > 0 ? origins : "same";
    this.maxConnections = count(values, "max-connections") ?? 1000;
    const maxMessageBytes = count(values, "max-message");
    // A long message passes in pieces, which are not kept, so there may be any number of them.
    if (maxMessageBytes === undefined) this.limits = {};
    else this.limits = { maxMessageBytes, maxFrameBytes: maxMessageBytes, maxFragments: Infinity };
    const idle = positive(values, "idle");
    this.idleMs = idle === undefined ? undefined : idle * 1000;
    this.#drainMs = (positive(values, "drain") ?? 10) * 1000;
  }

  readonly tell = (error: unknown): void => this.#terminal.note(visible(complaint(error)));

  /** Joins one incoming transport with the server. Returns why it failed, if it did. */
  async join(near: ByteTransport, name: string, signal: AbortSignal = this.hard.signal): Promise<unknown> {
    const passage = this.tally.begin(name, this.to.name);
    try {
      const far = await reach(this.to, this.tls, signal).catch((error: unknown) => {
        // A string travels to the other end as the reason.
        discard(near, complaint(error));
        throw error;
      });
      await bridgeBytes(near, far, { signal, idleMs: this.idleMs, onBytes: passage.count });
      passage.ended();
      return undefined;
    } catch (error) {
      passage.failed(error);
      return error;
    }
  }

  /** Takes transports. Each one is a connection. */
  async joinAll(transports: AsyncIterable<ByteTransport>, name: string): Promise<void> {
    for await (const transport of transports) {
      if (this.tally.open >= this.maxConnections)
        discard(transport, "the bridge has as many connections as it may have");
      else void this.join(transport, name);
    }
  }

  /** A WebSocket server. Each WebSocket carries one connection. */
  carriers(path: string): WebSocketServer {
    const server = new WebSocketServer({
      ...(path !== "/" && { path }),
      origins: this.origins,
      limits: this.limits,
      // "binary" is what noVNC and websockify say.
      handleProtocols: (offered) => [webSocketProtocol, "binary"].find((protocol) => offered.has(protocol)) ?? false,
      verifyClient: (_, verified) => {
        if (this.tally.open < this.maxConnections) verified(true);
        else verified(false, 503, "the bridge has as many connections as it may have");
      },
    });
    server.on("connection", (socket, { socket: { remoteAddress = "a client" } }) => {
      void this.join(webSocketTransport(socket), remoteAddress);
    });
    return server;
  }

  /** Joins WebSockets of HTTP/2 with a WebSocket server, message by message. */
  messages(transports: AsyncIterable<ByteTransport>): void {
    const handler = gateway({
      to: this.to.url,
      dial: async (url, _, signal) => await dial(url, { signal, tls: this.tls }),
      forwardHeaders: listOption(this.values, "forward"),
      maxConnections: this.maxConnections,
      idleMs: this.idleMs,
      limits: this.limits,
      signal: this.hard.signal,
      onBridge: ({ request, url, bytes, closed }) => {
        const passage = this.tally.begin(request.headers.get("origin") ?? "a client", url.host);
        const count = (): void => {
          passage.count("aToB", bytes.toUpstream);
          passage.count("bToA", bytes.toClient);
        };
        closed.then(
          () => {
            count();
            passage.ended();
          },
          (error: unknown) => {
            count();
            passage.failed(error);
          },
        );
      },
    });
    serve(transports, handler, {
      origins: this.origins,
      limits: this.limits,
      onError: this.tell,
      signal: this.hard.signal,
      closeTimeoutMs: 5000,
    }).catch(this.tell);
  }

  async standardStreams(): Promise<ExitStatus> {
    const over = new AbortController();
    this.#stopped.addEventListener("abort", () => over.abort());
    let isOver = false;
    const transport: ByteTransport = {
      readable: Readable.toWeb(process.stdin) as ReadableStream<Uint8Array>,
      writable: new WritableStream<Bytes>({
        write: (chunk) => this.#terminal.write(chunk),
        close: () => {
          // The server has ended: nobody reads the rest of the input.
          isOver = true;
          setImmediate(() => over.abort());
        },
      }),
    };
    const error = await this.join(transport, "standard input", over.signal);
    return error === undefined || isOver || this.#stopped.aborted ? ExitStatus.DONE : ExitStatus.FAILED;
  }

  /** Waits for the open connections, then ends them. */
  async drain(): Promise<void> {
    const untilMs = performance.now() + this.#drainMs;
    while (this.tally.open > 0 && performance.now() < untilMs) await sleep(50);
    if (this.tally.open > 0) this.#terminal.note(`ending ${this.tally.open} connections`);
    this.hard.abort(new CommandError("the bridge was stopped"));
    for (let turn = 0; this.tally.open > 0 && turn < 100; turn++) await sleep(50);
  }
}

/** The gateway says what is wrong in the words of its options. */
function requireForwarded(values: Values): void {
  const forwardHeaders = listOption(values, "forward");
  try {
    requireForwarding({ forwardHeaders });
  } catch {
    const names = visible(forwardHeaders.join(", "));
    throw new UsageError(`--forward takes names of headers that the bridge does not set itself, not ${names}`);
  }
}

function count(values: Values, name: string): number | undefined {
  const text = textOption(values, name);
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw new UsageError(`--${name} takes a whole number above 0, not ${visible(text)}`);
  return Number(text);
}

function positive(values: Values, name: string): number | undefined {
  const text = textOption(values, name);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!(number > 0 && number < 1e6)) throw new UsageError(`--${name} takes a number above 0, not ${visible(text)}`);
  return number;
}

interface Listener {
  /** What clients connect to. */
  readonly name: string;
  /** Takes no more connections. */
  readonly stop: () => void;
  /** Ends everything. */
  readonly close: () => void;
}

async function listen(from: Exclude<From, { kind: "stdio" }>, plan: Plan): Promise<Listener> {
  const { kind, host, port, path } = from;
  switch (kind) {
    case "ws": {
      const server = createServer((_, response) => void response.writeHead(426, { upgrade: "websocket" }).end());
      const carriers = plan.carriers(path);
      carriers.serve(upgrades(server)).catch(plan.tell);
      await listenOn(server, port, host);
      return listenerOf(server, `ws://${authorityOf(server)}${path}`, () => server.closeAllConnections());
    }
    case "http2":
      return await listenHTTP2(host, port, path, plan);
    case "webrtc":
      return await listenWebRTC(host, port, path, plan);
  }
}

function listenerOf(server: Pick<Server, "close">, name: string, close: () => void): Listener {
  return { name, stop: () => void server.close(), close };
}

async function listenHTTP2(host: string, port: number, path: string, plan: Plan): Promise<Listener> {
  const cert = textOption(plan.values, "cert");
  const key = textOption(plan.values, "key");
  if ((cert === undefined) !== (key === undefined)) throw new UsageError("--cert and --key belong together");
  const isSecure = cert !== undefined;
  // A browser asks for its first WebSocket over HTTP/1.1.
  const server = isSecure ? secureServer(cert, key!) : createHTTP2Server();
  // A browser uses HTTP/2 for a WebSocket only if it has a session of it with the same origin: a page, or a fetch.
  server.on("request", (_, response) => {
    response.writeHead(404, { "content-type": "text/plain; charset=utf-8" }).end("this is a bridge for WebSockets\n");
  });
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session: ServerHttp2Session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
  });
  const sources = [extendedConnects(server), ...(isSecure ? [upgrades(server)] : [])];
  const carriers = plan.to.kind === "ws" ? undefined : plan.carriers(path);
  for (const source of sources) {
    if (carriers === undefined) plan.messages(source);
    else carriers.serve(source).catch(plan.tell);
  }
  await listenOn(server as unknown as Server, port, host);
  return {
    name: `${isSecure ? "wss" : "ws"}://${authorityOf(server)}${path} over HTTP/2`,
    stop: () => {
      server.close();
      for (const session of sessions) session.close();
    },
    close: () => {
      for (const session of sessions) session.destroy();
    },
  };
}

function secureServer(certFile: string, keyFile: string): Http2SecureServer {
  const [cert, key] = [readFileSync(certFile), readFileSync(keyFile)];
  try {
    return createSecureServer({ cert, key, allowHTTP1: true });
  } catch (error) {
    const why = complaint(error);
    throw new CommandError(`${certFile} and ${keyFile} are no certificate with its key, both in PEM: ${why}`);
  }
}

async function listenWebRTC(host: string, port: number, path: string, plan: Plan): Promise<Listener> {
  const { RTCPeerConnection } = await dataChannels();
  const { origins, maxConnections } = plan;
  const endpoint = webRTCEndpoint({
    makePeerConnection: () => new RTCPeerConnection(),
    ...(typeof origins !== "function" && { origins }),
    maxSessions: maxConnections,
    onError: plan.tell,
  });
  const isBelow = (request: Request): boolean => {
    const { pathname } = new URL(request.url);
    return pathname === path || pathname.startsWith(path.endsWith("/") ? path : `${path}/`);
  };
  const answer = requestListener((request) =>
    isBelow(request) ? endpoint.handle(request) : new Response("there is nothing here\n", { status: 404 }),
  );
  const server = createServer(answer);
  await listenOn(server, port, host);
  void plan.joinAll(endpoint.incoming, "a data channel");
  return listenerOf(server, `webrtc:http://${authorityOf(server)}${path}`, () => {
    endpoint.close();
    server.closeAllConnections();
  });
}

async function dataChannels(): Promise<{ RTCPeerConnection: new () => RTCPeerConnection }> {
  // An optional package, which the compiler need not find.
  const name = "node-datachannel/polyfill";
  try {
    return (await import(name)) as { RTCPeerConnection: new () => RTCPeerConnection };
  } catch {
    throw new CommandError("webrtc: needs the package node-datachannel: npm install node-datachannel");
  }
}
