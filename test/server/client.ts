/** A client for the tests of the server, whose events can be awaited. Runs in Node, in a page and in a worker. */
import { WSConnection, type ClientOptions, type WSEvent } from "../../src/index.ts";
import { MessageAssembler } from "../../src/stream/messageAssembler.ts";
import { Driver } from "../../src/stream/driver.ts";
import { pipe, type ByteTransport } from "../../src/transports/pipe.ts";
import { Mailbox } from "../peers/mailbox.ts";
import type { HandleOptions, Peer, UpgradeRequest, WebSocketServer } from "../../src/server/index.ts";

type EventOf<Type extends WSEvent["type"]> = Extract<WSEvent, { type: Type }>;

export class Client {
  readonly connection: WSConnection;
  readonly driver: Driver;
  readonly #messages = new Mailbox<string | Uint8Array>();
  readonly #events = new Map<string, Mailbox<WSEvent>>();
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  /** No event is taken while it is set. */
  #held: Promise<void> | undefined;
  #release = (): void => {};

  constructor(transport: ByteTransport, options: Partial<ClientOptions> = {}) {
    this.connection = new WSConnection("client", { host: "server.example", resource: "/", ...options });
    const assembler = new MessageAssembler(this.connection);
    const writer = transport.writable.getWriter();
    this.#writer = writer;
    const writable = new WritableStream<Uint8Array<ArrayBuffer>>({
      write: (chunk) => writer.write(chunk),
      close: () => writer.close(),
      abort: (reason: unknown) => writer.abort(reason),
    });
    const tapped = { readable: transport.readable, writable, close: () => transport.close?.() };
    this.driver = new Driver(this.connection, tapped, { closeTimeoutMs: 1000 }, (event) => {
      if (event.type === "textReceived" || event.type === "bytesReceived") {
        const message = assembler.add(event);
        if (message !== undefined) this.#messages.put(message);
      } else {
        this.#box(event.type).put(event);
      }
      return this.#held;
    });
  }

  /** The next event of a type. */
  event<Type extends WSEvent["type"]>(type: Type): Promise<EventOf<Type>> {
    return this.#box(type).take(type) as Promise<EventOf<Type>>;
  }

  message(): Promise<string | Uint8Array> {
    return this.#messages.take("message");
  }

  /** Uses the connection, and sends the resulting bytes. */
  do(use: (connection: WSConnection) => void): void {
    use(this.connection);
    this.driver.flush();
  }

  /** Sends bytes that bypass the connection. */
  raw(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    return this.#writer.write(bytes);
  }

  /** Stops reading after the next event. */
  hold(): void {
    this.#held = new Promise((resolve) => (this.#release = resolve));
  }

  release(): void {
    this.#held = undefined;
    this.#release();
  }

  #box(type: string): Mailbox<WSEvent> {
    const box = this.#events.get(type) ?? new Mailbox<WSEvent>();
    this.#events.set(type, box);
    return box;
  }
}

/** Connects a client to the server, which may refuse it. */
export function dial(
  server: WebSocketServer,
  options: Partial<ClientOptions> = {},
  more: HandleOptions = {},
): { client: Client; near: ByteTransport; far: ByteTransport } {
  const [near, far] = pipe();
  server.handleTransport(far, more);
  return { client: new Client(near, options), near, far };
}

export interface Pair {
  readonly client: Client;
  readonly peer: Peer;
  readonly request: UpgradeRequest;
}

/** Connects a client that is accepted. */
export async function open(server: WebSocketServer, options: Partial<ClientOptions> = {}): Promise<Pair> {
  const connected = new Promise<Omit<Pair, "client">>((resolve) => {
    server.once("connection", (peer, request) => resolve({ peer, request }));
  });
  const { client } = dial(server, options);
  await client.event("connectionEstablished");
  return { client, ...(await connected) };
}
