/** Received messages, read whole or as streams. While nobody reads, the peer is paused. */
import type { Connection } from "../connection/connection.ts";
import { copyOf, type Bytes } from "../core/bytes.ts";
import type { BytesReceived, TextReceived } from "../core/events.ts";
import { ignore } from "../transports/ignore.ts";
import { unlessAborted, withdraw } from "./abortable.ts";
import type { Driver } from "./driver.ts";
import { Fifo } from "./fifo.ts";
import { MessageAssembler, standalone } from "./messageAssembler.ts";
import { WebSocketError } from "./webSocketError.ts";

/** What a {@link WebSocketSession} receives: a string for text, a `Uint8Array` for binary. */
export type Message = string | Bytes;

/**
 * A message to read while it arrives: strings of whole characters for text, bytes for binary.
 *
 * @see {@link WebSocketSession}
 */
export type IncomingMessageStream =
  | { readonly type: "text"; readonly readable: ReadableStream<string> }
  | { readonly type: "binary"; readonly readable: ReadableStream<Bytes> };

/** How much may wait to be taken, in bytes. */
const HIGH_WATER_BYTES = 64 * 1024;

/**
 * Asks for more once the queue is down to this. Asking after every message costs a slow reader of short messages half
 * its time.
 */
const LOW_WATER_BYTES = HIGH_WATER_BYTES / 2;

/** What a message costs besides its bytes, so that empty messages count too. */
const OVERHEAD_BYTES = 64;

const sizeOf = (message: Message): number => OVERHEAD_BYTES + message.length;

interface Receiver {
  readonly resolve: (message: Message | undefined) => void;
  readonly reject: (error: WebSocketError) => void;
}

export class IncomingMessages {
  readonly #onCancel: (reason: unknown) => void;
  readonly #assembler: MessageAssembler;
  readonly #driver: Pick<Driver, "isClosing">;
  #mode: "undecided" | "whole" | "streams" = "undecided";
  readonly #decided: Promise<void>;
  #decide!: () => void;
  /**
   * The first piece, which came before the mode was decided. It is delivered at the decision, even if the connection
   * has failed meanwhile.
   */
  #first: TextReceived | BytesReceived | undefined;
  /** Whole messages that nobody has taken yet. */
  readonly #queue = new Fifo<Message>();
  #queuedBytes = 0;
  /** Callers that wait for a whole message while the queue is empty. */
  readonly #receivers: Receiver[] = [];
  #whole: ReadableStream<Message> | undefined;
  #streams: ReadableStream<IncomingMessageStream> | undefined;
  #streamQueue!: ReadableStreamDefaultController<IncomingMessageStream>;
  /** The message that is being read as a stream. */
  #pieces: ReadableStreamDefaultController<Message> | undefined;
  /** The rest of the current message is skipped. */
  #skipping = false;
  /** Nothing is wanted any more. */
  #cancelled = false;
  #goOn: () => void = ignore;
  #ended: { readonly error: WebSocketError | undefined } | undefined;

  constructor(
    connection: Pick<Connection, "frameRemaining">,
    driver: Pick<Driver, "isClosing">,
    onCancel: (reason: unknown) => void,
  ) {
    this.#assembler = new MessageAssembler(connection);
    this.#driver = driver;
    this.#onCancel = onCancel;
    this.#decided = new Promise((resolve) => (this.#decide = resolve));
  }

  /** Whole messages. Takes none before it is read. Throws `TypeError` if messages are read as streams. */
  get whole(): ReadableStream<Message> {
    this.#use("whole");
    return (this.#whole ??= new ReadableStream<Message>(
      {
        pull: async (controller) => {
          const message = await this.receive(undefined);
          if (message === undefined) controller.close();
          else controller.enqueue(message);
        },
        cancel: (reason: unknown) => this.#cancel(reason),
      },
      { highWaterMark: 0 },
    ));
  }

  /** Messages as streams. Throws `TypeError` if messages are taken whole. */
  get streams(): ReadableStream<IncomingMessageStream> {
    this.#use("streams");
    return (this.#streams ??= new ReadableStream<IncomingMessageStream>({
      start: (controller) => {
        this.#streamQueue = controller;
        this.#takeFirst();
        this.#endStreams();
      },
      pull: () => this.#goOn(),
      cancel: (reason: unknown) => this.#cancel(reason),
    }));
  }

  /**
   * Returns the next whole message, or `undefined` after the last one. Rejects if the connection fails or the signal is
   * aborted.
   */
  receive(signal: AbortSignal | undefined): Promise<Message | undefined> {
    try {
      signal?.throwIfAborted();
      this.#use("whole");
    } catch (error) {
      return Promise.reject(error);
    }
    if (this.#queue.size > 0) return Promise.resolve(this.#shift());
    if (this.#ended?.error !== undefined) return Promise.reject(this.#ended.error);
    if (this.#ended !== undefined) return Promise.resolve(undefined);
    let receiver!: Receiver;
    const received = new Promise<Message | undefined>((resolve, reject) => (receiver = { resolve, reject }));
    this.#receivers.push(receiver);
    return unlessAborted(received, signal, () => withdraw(this.#receivers, receiver));
  }

  /** Takes a piece. A returned promise asks for time. */
  take(event: TextReceived | BytesReceived): PromiseLike<void> | undefined {
    if (this.#cancelled) return undefined;
    switch (this.#mode) {
      case "undecided":
        // The memory that it views may be overwritten meanwhile.
        this.#first = event.type === "textReceived" ? event : { ...event, data: copyOf(event.data) };
        return this.#decided.then(() => this.#untilRoom());
      case "whole": {
        const message = this.#assembler.add(event);
        if (message === undefined) return undefined;
        const receiver = this.#receivers.shift();
        if (receiver === undefined) this.#push(message);
        else receiver.resolve(message);
        break;
      }
      case "streams":
        this.#takePiece(event);
        break;
    }
    return this.#untilRoom();
  }

  /** No more messages will come; with an error if the connection failed. What has arrived can still be taken. */
  end(error: WebSocketError | undefined): void {
    if (this.#ended !== undefined) return;
    this.#ended = { error };
    for (const { resolve, reject } of this.#receivers.splice(0)) {
      if (error === undefined) resolve(undefined);
      else reject(error);
    }
    if (this.#streams !== undefined) this.#endStreams();
  }

  #use(mode: "whole" | "streams"): void {
    if (this.#mode === "undecided") {
      this.#mode = mode;
      if (mode === "whole") this.#takeFirst();
      this.#decide();
    } else if (this.#mode !== mode) {
      throw new TypeError("read messages either whole or as streams, not both");
    }
  }

  #takeFirst(): void {
    if (this.#first !== undefined) void this.take(this.#first);
    this.#first = undefined;
  }

  #push(message: Message): void {
    this.#queue.push(message);
    this.#queuedBytes += sizeOf(message);
  }

  #shift(): Message | undefined {
    const message = this.#queue.shift();
    this.#queuedBytes -= sizeOf(message);
    this.#goOn();
    return message;
  }

  #takePiece({ type, data, messageFinished }: TextReceived | BytesReceived): void {
    if (this.#pieces === undefined && !this.#skipping) {
      const readable = new ReadableStream<Message>(
        {
          start: (controller) => void (this.#pieces = controller),
          pull: () => this.#goOn(),
          cancel: () => {
            this.#pieces = undefined;
            this.#skipping = true;
            this.#goOn();
          },
        },
        { highWaterMark: HIGH_WATER_BYTES, size: sizeOf },
      );
      const kind = type === "textReceived" ? "text" : "binary";
      this.#streamQueue.enqueue({ type: kind, readable } as IncomingMessageStream);
    }
    if (data.length > 0) this.#pieces?.enqueue(typeof data === "string" ? data : standalone(data));
    if (!messageFinished) return;
    this.#pieces?.close();
    this.#pieces = undefined;
    this.#skipping = false;
  }

  /** Whether more may arrive now. */
  get #hasRoom(): boolean {
    if (this.#cancelled || this.#skipping) return true;
    if (this.#mode === "whole") return this.#queuedBytes < HIGH_WATER_BYTES;
    return ((this.#pieces ?? this.#streamQueue).desiredSize ?? 1) > 0;
  }

  /** Whether to ask for more. While the connection closes, the driver must notice every message that is taken. */
  get #wantsMore(): boolean {
    if (this.#mode !== "whole" || this.#cancelled || this.#driver.isClosing) return this.#hasRoom;
    return this.#queuedBytes <= LOW_WATER_BYTES;
  }

  #untilRoom(): PromiseLike<void> | undefined {
    if (this.#hasRoom) return undefined;
    return new Promise<void>((resolve) => {
      this.#goOn = () => {
        if (!this.#wantsMore) return;
        this.#goOn = ignore;
        resolve();
      };
    });
  }

  #endStreams(): void {
    if (this.#ended === undefined) return;
    const { error } = this.#ended;
    this.#pieces?.error(error ?? new WebSocketError("the connection was closed in the middle of a message"));
    this.#pieces = undefined;
    if (this.#cancelled) return;
    if (error === undefined) this.#streamQueue.close();
    else this.#streamQueue.error(error);
  }

  #cancel(reason: unknown): void {
    this.#cancelled = true;
    this.#goOn();
    this.#onCancel(reason);
  }
}
