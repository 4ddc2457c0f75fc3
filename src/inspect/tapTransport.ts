/** A tap on a byte transport, where there is no connection of ours to tap: bytes are all it sees. */
import { checkOptions } from "../core/options.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { requireTransport } from "../transports/requireTransport.ts";
import type { Role } from "./role.ts";
import { aside } from "./aside.ts";
import { headOf } from "./requestHead.ts";
import { Recorder, traceTable, type Trace, type TraceOptions } from "./trace.ts";

export interface TransportTap {
  /** To be used in place of the one that was given. */
  readonly transport: ByteTransport;
  /** Has no events, and knows nothing of errors but what the bytes show. */
  readonly trace: Trace;
}

/**
 * Records what is read from and written to a transport by the end that it is given to, whose role is `role`. Reads
 * nothing ahead, and keeps writes waiting as long as the transport does. The trace's clock is `performance.now()` unless
 * `now` is given. `TypeError` if one of the transport's streams is locked.
 */
export function tapTransport(transport: ByteTransport, role: Role, options: TraceOptions = {}): TransportTap {
  requireTransport("tapTransport()", transport);
  if (role !== "client" && role !== "server") throw new TypeError(`role is "client" or "server", not ${String(role)}`);
  checkOptions("tapTransport()", options, traceTable);
  const { request } = transport;
  const beginning = { sent: "head", received: request === undefined ? "head" : "frames" } as const;
  const trace = new Recorder(role, options, beginning);
  if (request !== undefined) trace.passRequest(headOf(request));
  const reader = transport.readable.getReader();
  const writer = transport.writable.getWriter();
  let isReading = false;
  let isOver = false;
  const readable = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        // Seen also while nobody reads. The end comes before the last chunk that is being read.
        reader.closed.then(
          () => {
            isOver = true;
            if (!isReading) close(controller);
          },
          (error: unknown) => controller.error(error),
        );
      },
      async pull(controller) {
        isReading = true;
        const { done, value } = await reader.read();
        isReading = false;
        if (!done) {
          if (value instanceof Uint8Array) aside(() => trace.pass("received", value));
          controller.enqueue(value);
        }
        if (isOver) close(controller);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  const writable = new WritableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      // So that a transport that fails between two writes is seen to.
      writer.closed.catch((reason: unknown) => controller.error(reason));
      // At once, where the sink's own `abort` would wait for a write that waits for the reader.
      const { signal } = controller;
      signal.addEventListener("abort", () => void writer.abort(signal.reason).catch(() => undefined));
    },
    async write(chunk) {
      if (chunk instanceof Uint8Array) aside(() => trace.pass("sent", chunk));
      await writer.write(chunk);
    },
    close: () => writer.close(),
  });
  return { transport: { ...members(transport), readable, writable }, trace };
}

function close(controller: ReadableStreamDefaultController<Uint8Array>): void {
  try {
    controller.close();
  } catch {
    // It has been cancelled.
  }
}

/** What else a transport has, whether it is an object of a class or not. */
function members(transport: ByteTransport): Omit<ByteTransport, "readable" | "writable"> {
  const { closed, remoteAddress, encrypted, request } = transport;
  return {
    ...(closed !== undefined && { closed }),
    ...(typeof transport.close === "function" && { close: () => transport.close?.() }),
    ...(remoteAddress !== undefined && { remoteAddress }),
    ...(encrypted !== undefined && { encrypted }),
    ...(request !== undefined && { request }),
  };
}
