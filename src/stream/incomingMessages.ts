/** Messages that come, for whoever takes them: whole, or each as a stream. What is not taken holds the peer. */
import type { Bytes } from "../core/bytes.ts";
import type { BytesReceived, TextReceived } from "../core/events.ts";
import { unlessAborted } from "./abortable.ts";
import { MessageAssembler, standalone } from "./messageAssembler.ts";
import type { WebSocketError } from "./webSocketError.ts";

export type Message = string | Bytes;

/** A message that is read as it comes: strings of whole characters for text, bytes for binary. */
export type IncomingMessageStream =
  | { readonly type: "text"; readonly readable: ReadableStream<string> }
  | { readonly type: "binary"; readonly readable: ReadableStream<Bytes> };

/** How much may wait to be read, in bytes. */
const HIGH_WATER_BYTES = 64 * 1024;

/** What a message costs besides its bytes, so that empty ones count too. */
const OVERHEAD_BYTES = 64;

interface Queue<Item> {
  readonly stream: ReadableStream<Item>;
  readonly queue: ReadableStreamDefaultController<Item>;
}

const bySize: QueuingStrategy<Message> = {
  highWaterMark: HIGH_WATER_BYTES,
  size: (message) => OVERHEAD_BYTES + message.length,
};

export class IncomingMessages {
  readonly #onCancel: (reason: unknown) => void;
  readonly #assembler = new MessageAssembler();
  /** Fulfilled when somebody has said how to take the messages. */
  readonly #wanted: Promise<void>;
  #want!: () => void;
  #whole: Queue<Message> | undefined;
  #streams: Queue<IncomingMessageStream> | undefined;
  /** The message that is being read as a stream. */
  #pieces: ReadableStreamDefaultController<Message> | undefined;
  /** The rest of this message is not wanted. */
  #skipping = false;
  /** Nothing is wanted any more. */
  #cancelled = false;
  #goOn: () => void = ignore;
  #end: { readonly error: WebSocketError | undefined } | undefined;
  #reader: ReadableStreamDefaultReader<Message> | undefined;
  /** Reads whose callers have given up: the next callers get what they bring. */
  readonly #abandoned: Promise<ReadableStreamReadResult<Message>>[] = [];

  constructor(onCancel: (reason: unknown) => void) {
    this.#onCancel = onCancel;
    this.#wanted = new Promise((resolve) => (this.#want = resolve));
  }

  /** Whole messages. `TypeError` if they are being read as streams. */
  get whole(): ReadableStream<Message> {
    return this.#takeWhole().stream;
  }

  /** Messages as streams. `TypeError` if they are being read whole. */
  get streams(): ReadableStream<IncomingMessageStream> {
    if (this.#whole !== undefined) throw new TypeError("messages are being read whole already");
    if (this.#streams === undefined) {
      let queue!: ReadableStreamDefaultController<IncomingMessageStream>;
      const stream = new ReadableStream<IncomingMessageStream>({
        start: (controller) => void (queue = controller),
        pull: () => this.#goOn(),
        cancel: (reason: unknown) => this.#cancel(reason),
      });
      this.#streams = { stream, queue };
      this.#want();
      this.#passOnEnd();
    }
    return this.#streams.stream;
  }

  /** The next message; `undefined` when there will be none. Rejects as the connection fails, or as the signal says. */
  async receive(signal: AbortSignal | undefined): Promise<Message | undefined> {
    signal?.throwIfAborted();
    const reader = (this.#reader ??= this.whole.getReader());
    const read = this.#abandoned.shift() ?? reader.read();
    const { value } = await unlessAborted(read, signal, () => this.#abandoned.push(read));
    return value;
  }

  /** Takes a piece; a promise asks for time. */
  take(event: TextReceived | BytesReceived): PromiseLike<void> | undefined {
    if (this.#cancelled) return undefined;
    if (this.#whole !== undefined) {
      const message = this.#assembler.add(event);
      if (message === undefined) return undefined;
      this.#whole.queue.enqueue(message);
    } else if (this.#streams !== undefined) {
      this.#takePiece(event, this.#streams.queue);
    } else {
      return this.#wanted.then(() => this.take(event));
    }
    return this.#untilRoom();
  }

  /** No more will come; with an error, because the connection failed. What has come can still be read. */
  end(error: WebSocketError | undefined): void {
    this.#end = { error };
    this.#pieces?.error(error ?? new TypeError("the message was broken off"));
    this.#pieces = undefined;
    this.#passOnEnd();
  }

  #takeWhole(): Queue<Message> {
    if (this.#streams !== undefined) throw new TypeError("messages are being read as streams already");
    if (this.#whole === undefined) {
      let queue!: ReadableStreamDefaultController<Message>;
      const stream = new ReadableStream<Message>(
        {
          start: (controller) => void (queue = controller),
          pull: () => {
            this.#passOnEnd();
            this.#goOn();
          },
          cancel: (reason: unknown) => this.#cancel(reason),
        },
        bySize,
      );
      this.#whole = { stream, queue };
      this.#want();
      this.#passOnEnd();
    }
    return this.#whole;
  }

  #takePiece(
    { type, data, messageFinished }: TextReceived | BytesReceived,
    queue: ReadableStreamDefaultController<IncomingMessageStream>,
  ): void {
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
        bySize,
      );
      const kind = type === "textReceived" ? "text" : "binary";
      queue.enqueue({ type: kind, readable } as IncomingMessageStream);
    }
    if (data.length > 0) this.#pieces?.enqueue(typeof data === "string" ? data : standalone(data));
    if (!messageFinished) return;
    this.#pieces?.close();
    this.#pieces = undefined;
    this.#skipping = false;
  }

  #untilRoom(): PromiseLike<void> | undefined {
    const queue = this.#whole?.queue ?? this.#pieces ?? (this.#skipping ? undefined : this.#streams?.queue);
    if (this.#cancelled || queue === undefined || (queue.desiredSize ?? 1) > 0) return undefined;
    return new Promise<void>((resolve) => (this.#goOn = resolve)).then(() => this.#untilRoom());
  }

  /** Erroring a stream would lose what waits in it, so a failure waits until that has been read. */
  #passOnEnd(): void {
    if (this.#end === undefined || this.#cancelled) return;
    const { error } = this.#end;
    const { queue } = this.#whole ?? {};
    if (error === undefined) {
      queue?.close();
      this.#streams?.queue.close();
    } else {
      if (queue?.desiredSize === HIGH_WATER_BYTES) queue.error(error);
      this.#streams?.queue.error(error);
    }
  }

  #cancel(reason: unknown): void {
    this.#cancelled = true;
    this.#goOn();
    this.#onCancel(reason);
  }
}

function ignore(): void {}
