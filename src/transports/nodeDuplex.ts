/** A Node duplex stream as a byte transport: a socket, or an HTTP/2 stream. */
import { advice, requireKind } from "../core/options.ts";
import type { ByteTransport } from "./byteTransport.ts";
import { listenTo, type Listenable } from "./listeners.ts";
import { ignore } from "./ignore.ts";

/** Its arguments are those of Node's own types. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Listener = (...given: any[]) => void;

/** The part of a `net.Socket`, `tls.TLSSocket` or another `stream.Duplex` that is used. */
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
  // The transport ends each direction itself.
  socket.allowHalfOpen = true;
  let incoming!: ReadableStreamDefaultController<Uint8Array>;
  let outgoing!: WritableStreamDefaultController;
  let readingOver = false;
  let writingOver = false;
  /** Rejects the pending write or close. */
  let giveUp: (error: unknown) => void = ignore;
  let settle!: () => void;
  const closed = new Promise<void>((resolve) => (settle = resolve));

  const endReading = (how: () => void): void => {
    if (readingOver) return;
    readingOver = true;
    how();
    if (writingOver) socket.destroy(); // not every `Duplex` destroys itself
  };
  /** Fails both streams, if they are open, and ends the socket. */
  const fail = (error: unknown, endSocket: () => void = () => void socket.destroy()): void => {
    endReading(() => incoming.error(error));
    outgoing.error(error);
    giveUp(error);
    endSocket();
  };
  const failure = (): Error => carrier.failure?.() ?? new Error("the socket was closed");
  const reset = (reason: unknown): void => {
    giveUp(reason);
    carrier.reset();
  };
  /** Runs a socket operation; settles when it calls back, or when `giveUp` is called. */
  const done = (start: (callback: (error?: Error | null) => void) => void): Promise<void> =>
    new Promise((resolve, reject) => {
      giveUp = reject;
      start((error) => (error ? reject(error) : resolve()));
    });

  const readable = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        incoming = controller;
        if (head !== undefined && head.length > 0) controller.enqueue(head);
      },
      pull: () => void socket.resume(),
      cancel(reason: unknown = new Error("the reader was cancelled")) {
        readingOver = true;
        outgoing.error(reason);
        reset(reason);
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: HIGH_WATER_BYTES }),
  );
  const writable = new WritableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      outgoing = controller;
      const { signal } = controller;
      // Aborts at once. The sink's own `abort` would wait for a write that waits.
      signal.addEventListener("abort", () => {
        reset(signal.reason);
        // If the reader is cancelled in the same turn, the cancellation must not fail.
        queueMicrotask(() => endReading(() => incoming.error(signal.reason)));
      });
    },
    write(chunk) {
      if (!(chunk instanceof Uint8Array)) {
        const error = new TypeError("a socket takes Uint8Arrays");
        reset(error);
        throw error;
      }
      if (chunk.length === 0) return undefined;
      return done((callback) => void socket.write(chunk, callback));
    },
    async close() {
      await done((callback) => void socket.end(callback));
      writingOver = true;
      if (readingOver) socket.destroy();
    },
  });

  /** The socket has closed. Late errors may follow, and without a listener they would end the process. */
  const end = (error: Error): void => {
    fail(error);
    socket.on("error", ignore);
    stopListening();
    settle();
  };
  const emitter: Listenable = {
    addEventListener: (type, listener) => void socket.on(type, listener),
    removeEventListener: (type, listener) => void socket.off(type, listener),
  };
  const stopListening = listenTo(emitter, {
    data(chunk: unknown) {
      if (readingOver) return;
      if (!(chunk instanceof Uint8Array)) fail(new TypeError("the socket must yield bytes: do not set an encoding"));
      else if (chunk.length > 0) {
        incoming.enqueue(chunk);
        if ((incoming.desiredSize ?? 0) <= 0) socket.pause();
      }
    },
    end() {
      if (carrier.ended === undefined) endReading(() => incoming.close());
      else carrier.ended((error) => (error === undefined ? endReading(() => incoming.close()) : fail(error)));
    },
    error: (error: unknown) => fail(error),
    // HTTP/2 only. What has arrived can still be read.
    aborted() {
      const error = failure();
      outgoing.error(error);
      giveUp(error);
    },
    close: () => end(failure()),
  });
  if (socket.destroyed) end(new Error("the socket is already closed"));
  else if (socket.readableEnded) endReading(() => incoming.close());
  return {
    readable,
    writable,
    closed,
    close() {
      endReading(() => incoming.close());
      fail(new Error("the transport was closed"), () => carrier.close());
    },
  };
}
