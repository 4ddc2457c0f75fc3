/** Wraps a platform's stream for a transport: it fails with the transport's errors and can be ended at once. */
import { byobReaderOf } from "./byobReader.ts";
import { ignore } from "./ignore.ts";

export interface Source {
  readonly readable: ReadableStream<Uint8Array>;
  readonly closed: Promise<unknown>;
  /** Ends `readable` and cancels the platform's stream. */
  readonly end: () => void;
}

/** After this many empty chunks in a row, the reader yields to timers and input. */
const EMPTY_IN_A_ROW = 64;

/**
 * Locks the stream and returns one that fails with the error of `failed`. For a byte stream this is a byte stream too,
 * so that readers can provide memory.
 */
export function readFrom(from: ReadableStream<Uint8Array>, failed: (error: unknown) => Promise<never>): Source {
  const byobReader = byobReaderOf(from);
  if (byobReader !== undefined) return readBytesFrom(byobReader, failed);
  const reader = from.getReader();
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const readable = new ReadableStream<Uint8Array>(
    {
      start: (given) => void (controller = given),
      async pull() {
        const { done, value } = await readSome(reader).catch(failed);
        // Throws without effect if the stream has been cancelled or closed meanwhile.
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason: unknown) => void reader.cancel(reason).catch(ignore),
    },
    { highWaterMark: 0 },
  );
  return {
    readable,
    closed: reader.closed,
    end() {
      reader.cancel().catch(ignore);
      unlessEnded(() => controller.close());
    },
  };
}

function readBytesFrom(reader: ReadableStreamBYOBReader, failed: (error: unknown) => Promise<never>): Source {
  let controller!: ReadableByteStreamController;
  /** The reader's memory, which is currently lent to the platform's stream. */
  let lent: { readonly byteOffset: number; readonly bufferBytes: number } | undefined;
  const close = (): void => {
    controller.close();
    if (lent === undefined) return;
    // A cancelled stream keeps the memory it was lent, so the waiting reader gets other memory back, without data.
    controller.byobRequest?.respondWithNewView(new Uint8Array(new ArrayBuffer(lent.bufferBytes), lent.byteOffset, 0));
  };
  const readable = new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: 16 * 1024,
    start: (given) => void (controller = given),
    async pull() {
      const view = controller.byobRequest!.view as Uint8Array<ArrayBuffer>;
      lent = { byteOffset: view.byteOffset, bufferBytes: view.buffer.byteLength };
      const { done, value } = await reader.read(view).catch(failed);
      const request = controller.byobRequest;
      if (request === null) return; // the stream has been cancelled or closed meanwhile
      if (done) close();
      else request.respondWithNewView(value);
    },
    cancel: (reason: unknown) => void reader.cancel(reason).catch(ignore),
  });
  return {
    readable,
    closed: reader.closed,
    end() {
      reader.cancel().catch(ignore);
      unlessEnded(close);
    },
  };
}

/** Reads the next chunk that is not empty. Only default streams can yield empty chunks; byte streams can't. */
async function readSome(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<ReadableStreamReadResult<Uint8Array>> {
  for (let empty = 1; ; empty++) {
    const result = await reader.read();
    if (result.done || result.value.length !== 0) return result;
    if (empty % EMPTY_IN_A_ROW === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

function unlessEnded(step: () => void): void {
  try {
    step();
  } catch {
    // It has already ended.
  }
}
