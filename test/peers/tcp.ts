/** The network glue between a connection and a TCP socket, shared by all tests with real peers. */
import { connect as connectSocket, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import {
  ConnectionType,
  WSConnection,
  type BytesReceived,
  type ClientOptions,
  type ServerOptions,
  type TextReceived,
  type WSEvent,
} from "../../src/index.ts";
import { Mailbox } from "./mailbox.ts";

/** From here on what is queued goes to the socket before the next event is pulled, in bytes. Spares a call per frame. */
const BATCH = 64 * 1024;
/** How long the peer may take to hang up once the connection is over, in milliseconds. */
const LINGER_MS = 2_000;
/** How long a test waits for something to happen, in milliseconds. */
const PATIENCE_MS = 10_000;

/**
 * Leads the socket's bytes to the connection and back, and its events to `react`, until both are closed. Nothing is
 * pulled while the socket has no room. Returns what is to be called after `connection` has been used outside `react`.
 */
export function drive(connection: WSConnection, socket: Duplex, react: (event: WSEvent) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  socket.on("data", (chunk: Buffer) => turn(chunk));
  socket.on("end", () => turn(null));
  socket.on("close", () => turn(null));
  socket.on("error", () => {}); // the connection sees its stream end
  socket.on("drain", () => turn());
  turn();
  return turn;

  function turn(received?: Uint8Array | null): void {
    connection.advanceTime(performance.now());
    if (received !== undefined) connection.receiveBytes(received);
    for (const event of connection.events()) {
      react(event);
      if (event.type === "connectionClosed") {
        hangUp(event.wasClean);
        return;
      }
      if (connection.bufferedAmount < BATCH) continue;
      write();
      if (socket.writableNeedDrain) break;
    }
    write();
    clearTimeout(timer);
    if (socket.writableNeedDrain) {
      socket.pause();
    } else {
      socket.resume();
      const deadline = connection.nextDeadlineMs;
      if (deadline !== undefined) timer = setTimeout(turn, deadline - performance.now());
    }
  }

  function write(): void {
    const bytes = connection.bytesToSend();
    if (bytes.length > 0 && socket.writable) socket.write(bytes);
  }

  function hangUp(wasClean: boolean): void {
    write();
    clearTimeout(timer);
    // RFC 6455 §7.1.1: after a clean close the server hangs up first.
    if (connection.type === ConnectionType.SERVER || !wasClean) socket.end();
    socket.resume();
    if (socket.destroyed) return;
    const linger = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.on("close", () => clearTimeout(linger));
  }
}

/** Chooses what our end does automatically; the rest is for the test. */
export type React = (event: WSEvent, connection: WSConnection) => void;

/** Accepts every request, and chooses the subprotocol `chat` if it is offered. */
export const acceptChat: React = (event, connection) => {
  if (event.type !== "connectionRequested") return;
  connection.accept(event, event.subprotocols.includes("chat") ? { subprotocol: "chat" } : {});
};

/** Our end of a TCP connection, whose events can be awaited. */
export class Peer {
  readonly connection: WSConnection;
  readonly socket: Duplex;
  /** Resolves once the stream is closed, too. */
  readonly gone: Promise<unknown>;
  readonly #turn: () => void;
  /** Events that no test has taken yet. */
  readonly #events: WSEvent[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(connection: WSConnection, socket: Duplex, react: React = () => {}) {
    this.connection = connection;
    this.socket = socket;
    this.gone = new Promise((resolve) => socket.on("close", resolve));
    this.#turn = drive(connection, socket, (event) => {
      react(event, connection);
      this.#events.push(event);
      for (const look of [...this.#waiting]) look();
    });
  }

  /** Opens a connection as a client. */
  static connect(url: string, options: Partial<ClientOptions> = {}): Peer {
    const { host, hostname, port, pathname, search } = new URL(url);
    const connection = new WSConnection(ConnectionType.CLIENT, { host, resource: pathname + search, ...options });
    return new Peer(connection, connectSocket({ host: hostname, port: Number(port), noDelay: true }));
  }

  /** Uses the connection, and sends the resulting bytes. */
  do(use: (connection: WSConnection) => void): void {
    use(this.connection);
    this.#turn();
  }

  /** The next event of a type, leaving others for later. Rejects if none comes. */
  event<T extends WSEvent["type"]>(type: T): Promise<Extract<WSEvent, { type: T }>> {
    return this.#take(
      () => this.#events.findIndex((event) => event.type === type),
      (at) => this.#events.splice(at, 1)[0] as Extract<WSEvent, { type: T }>,
      type,
    );
  }

  /** The next message, whole. */
  message(): Promise<string | Uint8Array> {
    const isPiece = (event: WSEvent): event is TextReceived | BytesReceived =>
      event.type === "textReceived" || event.type === "bytesReceived";
    return this.#take(
      () => this.#events.findIndex((event) => isPiece(event) && event.messageFinished),
      (at) => {
        const pieces = this.#events.slice(0, at + 1).filter(isPiece);
        const others = this.#events.slice(0, at + 1).filter((event) => !isPiece(event));
        this.#events.splice(0, at + 1, ...others);
        return pieces[0]!.type === "textReceived"
          ? pieces.map(({ data }) => data as string).join("")
          : new Uint8Array(Buffer.concat(pieces.map(({ data }) => data as Uint8Array)));
      },
      "message",
    );
  }

  /** Breaks the stream off. */
  drop(): void {
    this.socket.destroy();
  }

  #take<T>(find: () => number, take: (at: number) => T, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`no ${what} in ${PATIENCE_MS} ms, only ${this.#events.map(({ type }) => type).join(", ")}`));
      }, PATIENCE_MS);
      const look = (): void => {
        const at = find();
        if (at < 0) return;
        this.#waiting.delete(look);
        clearTimeout(timer);
        resolve(take(at));
      };
      this.#waiting.add(look);
      look();
    });
  }
}

/** Our server, on a separate port. */
export class OurServer {
  readonly port: number;
  readonly #server: Server;
  readonly #peers = new Mailbox<Peer>();
  readonly #open = new Set<Peer>();

  constructor(server: Server, react: React, options: ServerOptions) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (socket: Socket) => {
      const peer = new Peer(new WSConnection(ConnectionType.SERVER, options), socket, react);
      this.#open.add(peer);
      void peer.gone.then(() => this.#open.delete(peer));
      this.#peers.put(peer);
    });
  }

  static async listen(react: React, options: ServerOptions = {}): Promise<OurServer> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new OurServer(server, react, options);
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  /** Our end of the next connection. */
  next(): Promise<Peer> {
    return this.#peers.take("connection");
  }

  async close(): Promise<void> {
    for (const peer of this.#open) peer.drop();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
