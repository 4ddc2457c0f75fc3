/** Messages to send, in the order in which they were given: whole ones, and ones that are written as a stream. */
import type { WSConnection } from "../connection/wsConnection.ts";
import { EMPTY } from "../core/bytes.ts";
import type { SendOptions } from "../core/establishedConnection.ts";
import { unlessAborted, withdraw } from "./abortable.ts";
import type { Driver } from "./driver.ts";
import type { WebSocketError } from "./webSocketError.ts";

/** How much may wait in `writable` before its writers should wait, in bytes. */
const HIGH_WATER_BYTES = 64 * 1024;

const AT_ONCE = Promise.resolve();

interface Turn {
  readonly run: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export interface Closing {
  /** Closes the connection; fulfilled when it has closed. */
  close(): Promise<unknown>;
  /** Closes it because of an error. */
  closeFor(reason: unknown): void;
}

export class OutgoingMessages {
  readonly writable: WritableStream<string | BufferSource>;
  readonly #connection: WSConnection;
  readonly #driver: Driver;
  readonly #closing: Closing;
  /** Those who wait for room, or for a message that is being written as a stream. */
  readonly #turns: Turn[] = [];
  #streaming = false;
  #waitsForRoom = false;
  #controller!: WritableStreamDefaultController;
  #writableClosed = false;
  #error: WebSocketError | undefined;

  constructor(connection: WSConnection, driver: Driver, closing: Closing) {
    this.#connection = connection;
    this.#driver = driver;
    this.#closing = closing;
    this.writable = new WritableStream<string | BufferSource>(
      {
        start: (controller) => void (this.#controller = controller),
        write: (message) => this.#orClose(() => this.#inTurn(() => this.#send(message, true, {}))),
        close: () => {
          this.#writableClosed = true;
          return closing.close().then(() => undefined);
        },
        abort: (reason: unknown) => closing.closeFor(reason),
      },
      {
        highWaterMark: HIGH_WATER_BYTES,
        size: sizeOf,
      },
    );
  }

  /** Fulfilled when there was room for the message and it is on its way. The signal gives up only what still waits. */
  send(message: string | BufferSource, options: SendOptions, signal: AbortSignal | undefined): Promise<void> {
    try {
      signal?.throwIfAborted();
      return this.#inTurn(() => this.#send(message, true, options), signal) ?? AT_ONCE;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** A message whose fragments are what is written. What is sent meanwhile waits until it is closed. */
  stream<Piece extends string | BufferSource>(type: "text" | "binary", options: SendOptions): WritableStream<Piece> {
    return new WritableStream<Piece>({
      start: () => this.#inTurn(() => (this.#streaming = true)),
      write: (piece) =>
        this.#orClose(() => {
          if ((typeof piece === "string") !== (type === "text")) {
            throw new TypeError(`a ${type} message is made of ${type === "text" ? "strings" : "bytes"}`);
          }
          this.#send(piece, false, options);
          return this.#untilRoom();
        }),
      close: () => {
        this.#send(type === "text" ? "" : EMPTY, true, options);
        this.#streaming = false;
        this.#admit();
      },
      // What has been sent of a message can't be taken back.
      abort: (reason: unknown) => this.#closing.closeFor(reason),
    });
  }

  /** Nothing can be sent any more. */
  end(error: WebSocketError): void {
    this.#error = error;
    if (!this.#writableClosed) this.#controller.error(error);
    for (const { reject } of this.#turns.splice(0)) reject(error);
  }

  #send(message: string | BufferSource, final: boolean, options: SendOptions): void {
    if (this.#error !== undefined) throw this.#error;
    this.#connection.sendData(message, final, options);
    this.#driver.flush();
  }

  /** A stream that fails leaves its peer waiting for the rest, unless the connection is closed. */
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

  /** Runs at once if nobody waits and there is room, else when it is its turn. */
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

/** What is no message is refused when it is its turn. */
function sizeOf(message: string | BufferSource): number {
  return typeof message === "string" ? message.length : ((message as Partial<ArrayBuffer> | null)?.byteLength ?? 0);
}
