/** A Node duplex stream as a byte transport: a socket, or an HTTP/2 stream. */
import { advice, requireKind } from "../core/options.ts";
import type { ByteTransport } from "./byteTransport.ts";
import { listenTo, type Listenable } from "./listeners.ts";
import { ignore } from "./ignore.ts";

/** Its arguments are those of Node's own types. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Listener = (...given: any[]) => void;

/**
 * The part of a `net.Socket`, `tls.TLSSocket` or another `stream.Duplex` that is used.
 *
 * @see {@link socketTransport}
 */
export interface NodeDuplex {
  on(event: string, listener: Listener): unknown;
  off(event: string, listener: Listener): unknown;
  pause(): unknown;
  resume(): unknown;
  unshift(chunk: Uint8Array): unknown;
  write(chunk: Uint8Array, callback: (error?: Error | null) => void): boolean;
  end(callback: (error?: Error | null) => void): unknown;
  destroy(error?: Error): unknown;
  resetAndDestroy?(): unknown;
  readonly destroyed: boolean;
  readonly readableEnded: boolean;
  readonly writableEnded?: boolean;
  readonly writableFinished?: boolean;
  readonly connecting?: boolean;
  allowHalfOpen: boolean;
  setNoDelay?(noDelay: boolean): unknown;
  readonly remoteAddress?: string | undefined;
  readonly encrypted?: boolean | undefined;
}

/** What differs between Node's streams. */
export interface Carrier {
  /** Ends both directions, if possible so that the other end does not take it for a normal end. */
  reset(): void;
  /** Ends both directions. The other end may still read what was written. */
  close(): void;
  /**
   * Called at the end of the incoming data. Calls back once this is known to be a proper end, or with an error if it is
   * not.
   */
  ended?(callback: (error?: Error) => void): void;
  /** Why it closed, or accepts no more, before its end. */
  failure?(): Error;
}

/** How much may wait to be read before the socket is paused, in bytes: about one chunk. */
const HIGH_WATER_BYTES = 64 * 1024;

/**
 * Makes a transport from a socket and takes ownership of the socket. Incoming data is kept until it is read; while
 * nobody reads, the socket is paused. A write resolves when the system has accepted it. Cancelling `readable` or
 * aborting `writable` resets the connection in both directions; pending reads and writes fail with the reason. Unix
 * domain sockets, TLS sockets and sockets whose writer is closing can't be reset, so they are closed instead. If the
 * socket closes before its end arrived, both streams fail.
 *
 * @example
 * ```ts
 * import { duplexPair } from "node:stream";
 * import { socketTransport } from "websocket-over/node";
 * import { accept, connect } from "websocket-over/stream";
 *
 * const [near, far] = duplexPair(); // or a net.Socket, a TLS socket, a channel of SSH
 * void accept(socketTransport(far)).then(async (request) => (await request.accept()).send("over a duplex"));
 * const session = await connect(socketTransport(near));
 * console.log(await session.receive()); // → over a duplex
 * await session.close();
 * ```
 */
export function socketTransport(socket: NodeDuplex): ByteTransport {
  requireSocket("socketTransport()", socket);
  return socketTransportFrom(socket);
}

export function requireSocket(where: string, socket: NodeDuplex): void {
  requireKind(
    `${where} takes a socket,`,
    socket,
    "{ pause, resume, write, end, destroy }",
    advice({
      charAt: "to dial a URL use dial()",
      searchParams: "to dial a URL use dial()",
      listen: "use listen() or upgrades()",
    }),
  );
}

/** Like `socketTransport`. `head` contains bytes that were already read from the socket. */
export function socketTransportFrom(socket: NodeDuplex, head?: Uint8Array): ByteTransport {
  socket.setNoDelay?.(true);
  const carrier = { reset: () => resetSocket(socket), close: () => void socket.destroy() };
  const { remoteAddress, encrypted } = socket;
  return { ...duplexTransport(socket, carrier, head), remoteAddress, encrypted: encrypted === true };
}

/** Closes the socket, with a reset if it is plain TCP. */
function resetSocket(socket: NodeDuplex): void {
  // Node delays a reset until the socket has connected. During a shutdown a reset fails and leaves the file open.
  const isEnding = socket.writableEnded === true && socket.writableFinished !== true;
  try {
    if (socket.encrypted !== true && socket.connecting !== true && !isEnding) socket.resetAndDestroy?.();
  } catch {
    // Not a TCP socket.
  }
  socket.destroy();
}

/**
 * Makes a transport from a Node stream, as `socketTransport` does. `head` contains bytes that were already read from
 * it.
 */
export function duplexTransport(socket: NodeDuplex, carrier: Carrier, head?: Uint8Array): ByteTransport {
  const duplex = new DuplexStreams(socket, carrier, head);
  const { readable, writable, closed } = duplex;
  return { readable, writable, closed, close: () => duplex.close() };
}

class DuplexStreams {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array<ArrayBuffer>>;
  readonly closed: Promise<void>;
  readonly #socket: NodeDuplex;
  readonly #carrier: Carrier;
  #incoming!: ReadableStreamDefaultController<Uint8Array>;
  #outgoing!: WritableStreamDefaultController;
  #readingOver = false;
  #writingOver = false;
  /** Rejects the pending write or close. */
  #giveUp: (error: unknown) => void = ignore;
  #settle!: () => void;
  readonly #stopListening: () => void;

  constructor(socket: NodeDuplex, carrier: Carrier, head: Uint8Array | undefined) {
    this.#socket = socket;
    this.#carrier = carrier;
    // The transport ends each direction itself.
    socket.allowHalfOpen = true;
    this.closed = new Promise<void>((resolve) => (this.#settle = resolve));
    this.readable = this.#makeReadable(head);
    this.writable = this.#makeWritable();
    this.#stopListening = this.#listen();
    if (socket.destroyed) this.#end(new Error("the socket is closed already"));
    else if (socket.readableEnded) this.#endReading(() => this.#incoming.close());
  }

  close(): void {
    this.#endReading(() => this.#incoming.close());
    this.#fail(new Error("the transport was closed"), () => this.#carrier.close());
  }

  #makeReadable(head: Uint8Array | undefined): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#incoming = controller;
          if (head !== undefined && head.length > 0) controller.enqueue(head);
        },
        pull: () => void this.#socket.resume(),
        cancel: (reason: unknown = new Error("the reader gave up")) => {
          this.#readingOver = true;
          this.#outgoing.error(reason);
          this.#reset(reason);
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: HIGH_WATER_BYTES }),
    );
  }

  #makeWritable(): WritableStream<Uint8Array<ArrayBuffer>> {
    return new WritableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => {
        this.#outgoing = controller;
        const { signal } = controller;
        // Aborts at once. The sink's own `abort` would wait for a write that waits.
        signal.addEventListener("abort", () => {
          this.#reset(signal.reason);
          // If the reader is cancelled in the same turn, the cancellation must not fail.
          queueMicrotask(() => this.#endReading(() => this.#incoming.error(signal.reason)));
        });
      },
      write: (chunk) => {
        if (!(chunk instanceof Uint8Array)) {
          const error = new TypeError("a socket carries Uint8Array chunks");
          this.#reset(error);
          throw error;
        }
        if (chunk.length === 0) return undefined;
        return this.#done((callback) => void this.#socket.write(chunk, callback));
      },
      close: async () => {
        await this.#done((callback) => void this.#socket.end(callback));
        this.#writingOver = true;
        if (this.#readingOver) this.#socket.destroy();
      },
    });
  }

  #listen(): () => void {
    const socket = this.#socket;
    const emitter: Listenable = {
      addEventListener: (type, listener) => void socket.on(type, listener),
      removeEventListener: (type, listener) => void socket.off(type, listener),
    };
    return listenTo(emitter, {
      data: (chunk: unknown) => this.#receive(chunk),
      end: () => this.#endInput(),
      error: (error: unknown) => this.#fail(error),
      // HTTP/2 only. What has arrived can still be read.
      aborted: () => {
        const error = this.#failure();
        this.#outgoing.error(error);
        this.#giveUp(error);
      },
      close: () => this.#end(this.#failure()),
    });
  }

  #receive(chunk: unknown): void {
    if (this.#readingOver) return;
    if (!(chunk instanceof Uint8Array)) this.#fail(new TypeError("the socket brought something that is not bytes"));
    else if (chunk.length > 0) {
      this.#incoming.enqueue(chunk);
      if ((this.#incoming.desiredSize ?? 0) <= 0) this.#socket.pause();
    }
  }

  #endInput(): void {
    const end = (error?: Error): void => {
      if (error === undefined) this.#endReading(() => this.#incoming.close());
      else this.#fail(error);
    };
    if (this.#carrier.ended === undefined) end();
    else this.#carrier.ended(end);
  }

  #endReading(how: () => void): void {
    if (this.#readingOver) return;
    this.#readingOver = true;
    how();
    if (this.#writingOver) this.#socket.destroy(); // not every `Duplex` destroys itself
  }

  /** Fails both streams, if they are open, and ends the socket. */
  #fail(error: unknown, endSocket: () => void = () => void this.#socket.destroy()): void {
    this.#endReading(() => this.#incoming.error(error));
    this.#outgoing.error(error);
    this.#giveUp(error);
    endSocket();
  }

  #failure(): Error {
    return this.#carrier.failure?.() ?? new Error("the socket was closed");
  }

  #reset(reason: unknown): void {
    this.#giveUp(reason);
    this.#carrier.reset();
  }

  /** Runs a socket operation; settles when it calls back, or when `#giveUp` is called. */
  #done(start: (callback: (error?: Error | null) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#giveUp = reject;
      start((error) => (error ? reject(error) : resolve()));
    });
  }

  /** The socket has closed. Late errors may follow, and without a listener they would end the process. */
  #end(error: Error): void {
    this.#fail(error);
    this.#socket.on("error", ignore);
    this.#stopListening();
    this.#settle();
  }
}
