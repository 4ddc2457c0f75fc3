/** A fake WebTransport session. */
import type { BidirectionalStream, WebTransportSession } from "../../src/transports/webTransport.ts";

export class FakeSession implements WebTransportSession {
  readonly ready: Promise<void>;
  readonly closed: Promise<unknown>;
  readonly incomingBidirectionalStreams: ReadableStream<BidirectionalStream>;
  setReady!: () => void;
  failReady!: (error: unknown) => void;
  end!: (info: unknown) => void;
  breakOff!: (error: unknown) => void;
  bring!: (stream: BidirectionalStream) => void;
  /** By default the streams have ended for the reader. */
  createBidirectionalStream: () => Promise<BidirectionalStream> = () => Promise.resolve(fakeStream().stream);

  constructor(isReady = true) {
    this.ready = new Promise((resolve, reject) => {
      this.setReady = resolve;
      this.failReady = reject;
    });
    this.closed = new Promise((resolve, reject) => {
      this.end = resolve;
      this.breakOff = reject;
    });
    if (isReady) this.setReady();
    this.incomingBidirectionalStreams = new ReadableStream({
      start: (controller) => {
        this.bring = (stream) => controller.enqueue(stream);
      },
    });
  }
}

/** A stream whose other end does nothing automatically. */
export interface FakeStream {
  readonly stream: BidirectionalStream;
  /** How its directions ended at this end, in order: `stop`, `end`, `reset`. */
  readonly ends: string[];
  reading: ReadableStreamDefaultController<Uint8Array>;
}

/** With `takes` false a write stays pending until it is aborted, as if flow control blocked it. */
export function fakeStream({ takes = true, ended = true } = {}): FakeStream {
  const ends: string[] = [];
  let reading!: ReadableStreamDefaultController<Uint8Array>;
  const readable = new ReadableStream<Uint8Array>({
    start: (controller) => {
      reading = controller;
      if (ended) controller.close();
    },
    cancel: () => void ends.push("stop"),
  });
  const held = (controller: WritableStreamDefaultController): Promise<void> | undefined =>
    takes
      ? undefined
      : new Promise((_, reject) => {
          controller.signal.addEventListener("abort", () => reject(controller.signal.reason));
        });
  let writing!: WritableStreamDefaultController;
  const writable = new WritableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => void (writing = controller),
    write: (_, controller) => held(controller),
    close: async () => {
      await held(writing);
      ends.push("end");
    },
    abort: () => void ends.push("reset"),
  });
  return { stream: { readable, writable }, ends, reading };
}
