/** Messages to send, whole or as streams, in the order given. */
import { canSend, type Connection } from "../connection/connection.ts";
import { EMPTY, textOrBytes } from "../core/bytes.ts";
import type { SendOptions } from "../core/messageWriter.ts";
import { onAbort } from "../transports/onAbort.ts";
import { unlessAborted, withdraw } from "./abortable.ts";
import type { Driver } from "./driver.ts";
import { WebSocketError } from "./webSocketError.ts";

/** How much may wait in `writable` before writers should wait, in bytes. */
const HIGH_WATER_BYTES = 64 * 1024;

const AT_ONCE = Promise.resolve();

interface Turn {
  readonly run: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export interface Closing {
  /** Closes the connection. Resolves when it has closed. */
  close(): Promise<unknown>;
  /** Closes the connection because of an error. */
  closeFor(reason: unknown): void;
}

export class OutgoingMessages {
  readonly writable: WritableStream<string | BufferSource>;
  readonly #connection: Connection;
  readonly #driver: Driver;
  readonly #closing: Closing;
  /** Senders that wait for room, or for the end of a message that is written as a stream. */
  readonly #turns: Turn[] = [];
  #streaming = false;
  #waitsForRoom = false;
  #controller!: WritableStreamDefaultController;
  #writableClosed = false;
  #error: WebSocketError | undefined;

  constructor(connection: Connection, driver: Driver, closing: Closing) {
    this.#connection = connection;
    this.#driver = driver;
    this.#closing = closing;
    this.writable = new WritableStream<string | BufferSource>(
      {
        start: (controller) => {
          this.#controller = controller;
          // Aborts at once. The sink's own `abort` would wait for a write that waits for room.
          onAbort(controller.signal, (reason) => closing.closeFor(reason));
        },
        write: (message) =>
          this.#orClose(() => {
            const content = textOrBytes(message);
            return this.#inTurn(() => this.#send(content, true, {}));
          }),
        close: () => {
          this.#writableClosed = true;
          return closing.close().then(() => undefined);
        },
      },
      {
        highWaterMark: HIGH_WATER_BYTES,
        size: sizeOf,
      },
    );
  }

  /**
   * Resolves when there was room for the message and it is on its way. The signal only cancels a message that still
   * waits.
   */
  send(message: string | BufferSource, options: SendOptions, signal: AbortSignal | undefined): Promise<void> {
    try {
      signal?.throwIfAborted();
      const content = textOrBytes(message);
      return this.#inTurn(() => this.#send(content, true, options), signal) ?? AT_ONCE;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Returns a stream that sends each chunk as a fragment of one message. Other messages wait until it is closed.
   * Aborting it closes the connection, unless no part of the message has been sent.
   */
  stream<Piece extends string | BufferSource>(type: "text" | "binary", options: SendOptions): WritableStream<Piece> {
    let state: "waiting" | "begun" | "sent" = "waiting";
    /** A partly sent message can't be taken back. */
    const abort = (reason: unknown): void => {
      if (state === "sent") this.#closing.closeFor(reason);
      if (state === "begun") this.#finishStream();
    };
    const begin = (): void => {
      state = "begun";
      this.#streaming = true;
    };
    return new WritableStream<Piece>({
      start: (controller) => {
        // Aborts at once. The sink's own `abort` would wait for its turn, or for room.
        onAbort(controller.signal, abort);
        return this.#inTurn(begin, controller.signal);
      },
      write: (piece) =>
        this.#orClose(() => {
          if ((typeof piece === "string") !== (type === "text")) {
            throw new TypeError(`a ${type} message takes only ${type === "text" ? "strings" : "bytes"}`);
          }
          this.#send(piece, false, options);
          state = "sent";
          return this.#untilRoom();
        }),
      close: () => {
        this.#send(type === "text" ? "" : EMPTY, true, options);
        this.#finishStream();
      },
    });
  }

  #finishStream(): void {
    this.#streaming = false;
    this.#admit();
  }

  /** Nothing can be sent any more. */
  end(error: WebSocketError): void {
    this.#error = error;
    if (!this.#writableClosed) this.#controller.error(error);
    for (const { reject } of this.#turns.splice(0)) reject(error);
  }

  #send(message: string | BufferSource, final: boolean, options: SendOptions): void {
    if (this.#error !== undefined) throw this.#error;
    try {
      // The session learns of the end later, when the last bytes have been written.
      if (!canSend(this.#connection)) throw new WebSocketError("the connection is closed or closing");
      this.#connection.sendData(message, final, options);
    } finally {
      this.#driver.flush(); // an extension that threw has ended the connection
    }
  }

  /** If a stream fails, its peer would wait for the rest forever. Hence the connection is closed. */
  #orClose(write: () => Promise<void> | undefined): Promise<void> | undefined {
    const close = (error: unknown): never => {
      this.#closing.closeFor(error);
      throw error;
    };
    try {
      return write()?.catch(close);
    } catch (error) {
      return close(error);
    }
  }

  /** Runs at once if no sender waits and there is room, else in turn. */
  #inTurn(run: () => void, signal?: AbortSignal): Promise<void> | undefined {
    if (this.#turns.length === 0 && !this.#streaming && this.#driver.hasRoom) {
      run();
      return undefined;
    }
    if (this.#error !== undefined) throw this.#error;
    let turn!: Turn;
    const done = new Promise<void>((resolve, reject) => (turn = { run, resolve, reject }));
    this.#turns.push(turn);
    this.#admit();
    return unlessAborted(done, signal, () => withdraw(this.#turns, turn));
  }

  #admit(): void {
    while (this.#turns.length > 0 && !this.#streaming && this.#driver.hasRoom) {
      const { run, resolve, reject } = this.#turns.shift()!;
      try {
        run();
        resolve();
      } catch (error) {
        reject(error);
      }
    }
    if (this.#turns.length === 0 || this.#streaming || this.#waitsForRoom) return;
    this.#waitsForRoom = true;
    this.#driver.written(() => {
      this.#waitsForRoom = false;
      this.#admit();
    });
  }

  #untilRoom(): Promise<void> | undefined {
    if (this.#driver.hasRoom) return undefined;
    return new Promise((resolve) => this.#driver.written(() => resolve()));
  }
}

/** An invalid message is refused at its turn. A DataView may have lost its length. */
function sizeOf(message: string | BufferSource): number {
  try {
    return typeof message === "string" ? message.length : (message.byteLength ?? 0);
  } catch {
    return 0;
  }
}
