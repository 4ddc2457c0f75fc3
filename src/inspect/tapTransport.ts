/** A tap on a byte transport, for when you have no connection of this library to tap. Sees only bytes. */
import { checkOptions } from "../core/options.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { requireTransport } from "../transports/requireTransport.ts";
import type { Role } from "./role.ts";
import { aside } from "./aside.ts";
import { headOf } from "./requestHead.ts";
import { Recorder, traceTable, type Trace, type TraceOptions } from "./trace.ts";

/** What {@link tapTransport} returns. */
export interface TransportTap {
  /** Use this transport instead of the original. */
  readonly transport: ByteTransport;
  /** Has no events. Of errors it knows only what the bytes show. */
  readonly trace: Trace;
}

/**
 * Records what one end, whose role is `role`, reads from and writes to a transport. Does not read ahead, and passes on
 * the transport's backpressure. The trace's clock is `performance.now()` unless you pass `now`. Throws `TypeError` if a
 * stream of the transport is locked.
 *
 * @example
 * ```ts
 * import { messagesOf, tapTransport } from "websocket-over/inspect";
 * import { pipe } from "websocket-over/pipe";
 * import { accept, connect } from "websocket-over/stream";
 *
 * const [near, far] = pipe();
 * void accept(far).then(async (request) => (await request.accept()).send("hello"));
 * const { transport, trace } = tapTransport(near, "client"); // whatever uses the transport
 * const session = await connect(transport);
 * await session.receive();
 * console.log(messagesOf(trace.records).map(({ sender, length }) => `${sender}: ${length} bytes`).join()); // → server: 5 bytes
 * await session.close();
 * ```
 */
export function tapTransport(transport: ByteTransport, role: Role, options: TraceOptions = {}): TransportTap {
  requireTransport("tapTransport()", transport);
  if (role !== "client" && role !== "server")
    throw new TypeError(`role must be "client" or "server", not ${String(role)}`);
  checkOptions("tapTransport()", options, traceTable);
  const { request, opening } = transport;
  const beginning = {
    sent: opening === undefined ? "head" : "frames",
    received: request === undefined && opening === undefined ? "head" : "frames",
  } as const;
  const trace = new Recorder(role, options, beginning);
  if (request !== undefined) trace.passRequest(headOf(request));
  const reader = transport.readable.getReader();
  const writer = transport.writable.getWriter();
  let isReading = false;
  let isOver = false;
  const readable = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        // Notices the end even if nobody reads. `closed` may resolve before the last read does.
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
      // Notices a transport that fails between two writes.
      writer.closed.catch((reason: unknown) => controller.error(reason));
      // Abort immediately: the sink's own `abort` would wait for a pending write, which may wait for the reader.
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
    // The stream has been cancelled.
  }
}

/** The transport's other members, whether it is a class instance or a plain object. */
function members(transport: ByteTransport): Omit<ByteTransport, "readable" | "writable"> {
  const { closed, remoteAddress, encrypted, request, opening } = transport;
  return {
    ...(closed !== undefined && { closed }),
    ...(typeof transport.close === "function" && { close: () => transport.close?.() }),
    ...(remoteAddress !== undefined && { remoteAddress }),
    ...(encrypted !== undefined && { encrypted }),
    ...(request !== undefined && { request }),
    ...(opening !== undefined && { opening }),
  };
}
