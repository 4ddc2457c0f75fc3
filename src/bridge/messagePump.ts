/** Passes the messages of one session on to another, in order: short ones whole, longer ones as they arrive. */
import { EMPTY, type Bytes } from "../core/bytes.ts";
import type { IncomingMessageStream, Message } from "../stream/incomingMessages.ts";
import type { WebSocketSession } from "../stream/session.ts";
import { WebSocketError } from "../stream/webSocketError.ts";
import { ignore } from "../transports/ignore.ts";
import type { MessageSession } from "./messageSession.ts";

/** A session that can take and send a message in pieces. */
type StreamingSession = MessageSession & Pick<WebSocketSession, "incomingMessageStreams" | "createMessageStream">;

/** The pump has read the pieces, so nobody else changes them. */
const HAND_OVER = { handOver: true } as const;

export class MessagePump {
  /**
   * Resolves when there is nothing more to pass on: the source has ended, or one of the sessions has failed, whose
   * `closed` says why. Rejects if anything else went wrong.
   */
  readonly done: Promise<void>;
  /** Whether messages of the source were lost, although it may have closed cleanly. */
  lost = false;
  readonly #source: MessageSession;
  readonly #target: MessageSession;
  readonly #passed: (bytes: number) => void;
  #messages: ReadableStreamDefaultReader<IncomingMessageStream> | undefined;
  #pieces: ReadableStreamDefaultReader<Message> | undefined;
  #isStopped = false;

  /** Starts at once. `passed` is called when the target has taken a message or a piece; what it throws stops the pump. */
  constructor(source: MessageSession, target: MessageSession, passed: (bytes: number) => void) {
    this.#source = source;
    this.#target = target;
    this.#passed = passed;
    this.done = this.#run().catch((error: unknown) => {
      if (!(error instanceof WebSocketError)) throw error;
    });
  }

  /** Drops what the source still brings. The source must be closing, because this closes it. */
  stop(): void {
    this.#isStopped = true;
    try {
      this.#pieces?.cancel().catch(ignore);
      (this.#messages ?? this.#source.readable).cancel().catch(ignore);
    } catch {
      // Somebody else reads its messages.
    }
  }

  async #run(): Promise<void> {
    const messages = streamsBetween(this.#source, this.#target);
    if (messages === undefined) {
      await this.#passWhole();
      return;
    }
    this.#messages = messages.getReader();
    const target = this.#target as StreamingSession;
    for (;;) {
      const { done, value } = await this.#read(this.#messages);
      if (done) return;
      await this.#passPieces(value, target);
    }
  }

  async #passWhole(): Promise<void> {
    for (;;) {
      const message = await this.#source.receive().catch((error: unknown) => this.#lose(error));
      if (message === undefined) return;
      await this.#target.send(message, HAND_OVER);
      this.#passed(sizeOf(message));
    }
  }

  async #passPieces({ type, readable }: IncomingMessageStream, target: StreamingSession): Promise<void> {
    const pieces = (readable as ReadableStream<Message>).getReader();
    this.#pieces = pieces;
    const first = await this.#readPiece(pieces);
    const message = first.done ? emptyOf(type) : first.value;
    let next = first.done ? undefined : this.#readPiece(pieces);
    next?.catch(ignore);
    if (next === undefined || (await isDone(next))) {
      await target.send(message, HAND_OVER);
      this.#passed(sizeOf(message));
      return;
    }
    const writer = writerOf(target, type);
    // Its failure is that of the session.
    writer.closed.catch(ignore);
    for (let piece = message; ;) {
      await writer.write(piece);
      this.#passed(sizeOf(piece));
      const { done, value } = await next;
      if (done) break;
      piece = value;
      next = this.#readPiece(pieces);
      next.catch(ignore);
    }
    await writer.close();
  }

  async #read<Value>(reader: ReadableStreamDefaultReader<Value>): Promise<ReadableStreamReadResult<Value>> {
    return await reader.read().catch((error: unknown) => this.#lose(error));
  }

  /** A peer may close in the middle of a message: then all that it sent has been passed on, and nothing is lost. */
  async #readPiece(pieces: ReadableStreamDefaultReader<Message>): Promise<ReadableStreamReadResult<Message>> {
    return await pieces.read().catch(async (error: unknown) => {
      const isEnd = await this.#messages!.read().then(
        ({ done }) => done,
        () => false,
      );
      return isEnd ? Promise.reject(error) : this.#lose(error);
    });
  }

  #lose(error: unknown): never {
    if (!this.#isStopped) this.lost = true;
    throw error;
  }
}

/** Messages as streams, if both sessions can do that and nobody has taken the source's messages whole. */
function streamsBetween(
  source: MessageSession,
  target: MessageSession,
): ReadableStream<IncomingMessageStream> | undefined {
  if (!("createMessageStream" in target) || !("incomingMessageStreams" in source)) return undefined;
  try {
    return (source as StreamingSession).incomingMessageStreams;
  } catch {
    return undefined;
  }
}

function writerOf(target: StreamingSession, type: "text" | "binary"): WritableStreamDefaultWriter<Message> {
  const stream =
    type === "text" ? target.createMessageStream("text", HAND_OVER) : target.createMessageStream("binary", HAND_OVER);
  return (stream as WritableStream<Message>).getWriter();
}

function emptyOf(type: "text" | "binary"): string | Bytes {
  return type === "text" ? "" : EMPTY;
}

/** Whether the read is known to find the end. That of a message that has arrived whole is known at once. */
async function isDone(reading: Promise<ReadableStreamReadResult<Message>>): Promise<boolean> {
  let isEnd = false;
  reading.then(({ done }) => (isEnd = done), ignore);
  for (let turn = 0; turn < 4 && !isEnd; turn++) await Promise.resolve();
  return isEnd;
}

/** In bytes of UTF-8 if it is text. */
function sizeOf(message: Message): number {
  if (typeof message !== "string") return message.length;
  let bytes = message.length;
  for (let i = 0; i < message.length; i++) {
    const unit = message.charCodeAt(i);
    // A pair of surrogates is two units and four bytes.
    if (unit >= 0x80) bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}
