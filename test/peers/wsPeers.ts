/** The npm package ws, as client and as server. */
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer, type PerMessageDeflateOptions, type RawData } from "ws";
import type { Compression, Foreign, Kind, OpenOptions } from "./foreign.ts";
import { Mailbox } from "./mailbox.ts";
import { acceptChat, OurServer, Peer } from "./tcp.ts";

const can: Kind["can"] = {
  fragments: true,
  ping: true,
  tellPings: true,
  headers: ["Origin", "X-Custom"],
  drop: true,
  receiveByteOrderMark: true,
  closeWith: [1000, 3000, 4999, 1014, undefined],
  beClosedWith: [1000, 3000, 4999, 1014, undefined],
  compress: { sends: true, windowBits: 8 },
};

function deflateOptions(compression: Compression | undefined): PerMessageDeflateOptions | false {
  if (compression === undefined) return false;
  // Whatever is `false` in its options is refused.
  const wanted = Object.entries(compression.theirs).filter(([, value]) => value !== false);
  return { ...Object.fromEntries(wanted), threshold: 0 };
}

export const wsClient: Kind = {
  name: "our server, the client of ws",
  ours: "server",
  can,
  async start(compression) {
    const server = await OurServer.listen(acceptChat, { extensions: compression?.ours ?? [] });
    return {
      async open({ subprotocols = [], headers = {} }: OpenOptions = {}) {
        const socket = new WebSocket(server.url, [...subprotocols], {
          headers,
          perMessageDeflate: deflateOptions(compression),
        });
        const theirs = new WsPeer(socket);
        const ours = await server.next();
        await theirs.open;
        return { ours, theirs };
      },
      stop: () => server.close(),
    };
  },
};

export const wsServer: Kind = {
  name: "our client, the server of ws",
  ours: "client",
  can,
  async start(compression) {
    const server = new WebSocketServer({
      perMessageDeflate: deflateOptions(compression),
      host: "127.0.0.1",
      port: 0,
      handleProtocols: (offered) => offered.has("chat") && "chat",
    });
    const peers = new Mailbox<WsPeer>();
    server.on("connection", (socket, request) => {
      peers.put(new WsPeer(socket, request.headers as Record<string, string>));
    });
    await new Promise((resolve) => server.on("listening", resolve));
    const { port } = server.address() as AddressInfo;
    return {
      async open(options = {}) {
        const ours = Peer.connect(`ws://127.0.0.1:${port}/`, { ...options, extensions: compression?.ours ?? [] });
        return { ours, theirs: await peers.take("connection") };
      },
      stop: () => {
        for (const socket of server.clients) socket.terminate();
        return new Promise((resolve) => server.close(resolve));
      },
    };
  },
};

class WsPeer implements Foreign {
  readonly open: Promise<unknown>;
  readonly headers: Record<string, string>;
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #socket: WebSocket;
  readonly #messages = new Mailbox<string | Uint8Array>();
  readonly #pings = new Mailbox<Uint8Array>();
  readonly #pongs = new Mailbox<Uint8Array>();

  constructor(socket: WebSocket, headers: Record<string, string> = {}) {
    this.#socket = socket;
    this.headers = headers;
    this.open = new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
    this.open.catch(() => {}); // a server's socket is open from the beginning
    this.closed = new Promise((resolve) => {
      socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    socket.on("message", (data: RawData, isBinary) => {
      const bytes = data as Buffer;
      this.#messages.put(isBinary ? new Uint8Array(bytes) : bytes.toString());
    });
    socket.on("ping", (payload) => this.#pings.put(new Uint8Array(payload)));
    socket.on("pong", (payload) => this.#pongs.put(new Uint8Array(payload)));
  }

  get subprotocol(): string {
    return this.#socket.protocol;
  }

  send(data: string | Uint8Array, finished = true): void {
    this.#socket.send(data, { fin: finished });
  }

  message(): Promise<string | Uint8Array> {
    return this.#messages.take("message");
  }

  ping(payload: Uint8Array): void {
    this.#socket.ping(payload);
  }

  pinged(): Promise<Uint8Array> {
    return this.#pings.take("ping");
  }

  ponged(): Promise<Uint8Array> {
    return this.#pongs.take("pong");
  }

  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason);
  }

  drop(): void {
    this.#socket.terminate();
  }
}
