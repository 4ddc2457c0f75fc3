/**
 * A tap on a connection. Shadows its methods with ones that also record. Costs nothing for connections without a tap.
 */
import type { Connection } from "../connection/connection.ts";
import type { ConnectionOptions } from "../connection/options.ts";
import { advice, checkOptions, requireKind, type OptionTable } from "../core/options.ts";
import { aside } from "./aside.ts";
import { EventLink } from "./eventLink.ts";
import { override, overrideEvents } from "./override.ts";
import { headOf } from "./requestHead.ts";
import { Recorder, traceTable, type Beginnings, type Trace, type TraceOptions } from "./trace.ts";

/** The options of {@link tap}. */
export interface TapOptions extends TraceOptions {
  /** The options of the connection. The trace uses its `extensions` and `masking`, unless its own options set them. */
  readonly connectionOptions?: ConnectionOptions | undefined;
}

const table: OptionTable<TapOptions> = { ...traceTable, connectionOptions: "an object" };

/** Throws `TypeError` if `connection` is not a connection. `where` names the function. */
export function requireConnection(where: string, connection: Connection): void {
  requireKind(
    `${where} takes a WSConnection,`,
    connection,
    "{ receiveBytes, bytesToSend }",
    advice({
      readable: "for a transport use tapTransport(); for a session use the connection that onConnection gets",
    }),
  );
}

/**
 * Records what a connection receives, sends and emits from now on, without changing its behaviour. Copies the bytes
 * passed to `receiveBytes`, because the connection unmasks them in place. Tap a connection before its first byte: if
 * you tap it later, the next byte is taken for the start of a frame. Throws `RangeError` if a limit is invalid.
 *
 * @example
 * ```ts
 * import { WSConnection } from "websocket-over";
 * import { tap } from "websocket-over/inspect";
 *
 * const server = new WSConnection("server", { handshake: "none" });
 * const trace = tap(server);
 * server.sendData("hello");
 * server.ping();
 * server.bytesToSend();
 * const { bytes, frames } = trace.counters.sent;
 * console.log(bytes, frames.text, frames.ping); // → 9 1 1
 * ```
 */
export function tap(connection: Connection, options: TapOptions = {}): Trace {
  requireConnection("tap()", connection);
  checkOptions("tap()", options, table);
  const { connectionOptions } = options;
  let toldMs: number | undefined;
  const recorder = new Recorder(
    connection.type,
    {
      ...options,
      extensions: options.extensions ?? connectionOptions?.extensions?.filter((extension) => "offer" in extension),
      masking: options.masking ?? connectionOptions?.masking,
      now: options.now ?? (() => toldMs ?? performance.now()),
    },
    beginningsOf(connection),
    connection.state === "connecting" ? undefined : connection.extensions,
    new EventLink(),
  );

  const restore = [
    override(connection, "receiveBytes", (receiveBytes) => (data) => {
      const copy = data instanceof Uint8Array ? new Uint8Array(data) : undefined;
      receiveBytes(data);
      if (copy !== undefined) aside(() => recorder.pass("received", copy));
    }),
    override(connection, "receiveRequest", (receiveRequest) => (request) => {
      receiveRequest(request);
      aside(() => recorder.passRequest(headOf(request)));
    }),
    override(connection, "bytesToSend", (bytesToSend) => (amount) => {
      const bytes = bytesToSend(amount);
      aside(() => recorder.pass("sent", bytes));
      return bytes;
    }),
    override(connection, "chunksToSend", (chunksToSend) => () => {
      const chunks = chunksToSend();
      for (const chunk of chunks) aside(() => recorder.pass("sent", chunk));
      return chunks;
    }),
    override(connection, "advanceTime", (advanceTime) => (nowMs) => {
      advanceTime(nowMs);
      toldMs = nowMs;
    }),
    overrideEvents(connection, (event) => {
      if (event !== undefined) recorder.passEvent(event);
    }),
  ];
  recorder.onStop = () => restore.forEach((undo) => undo());
  return recorder;
}

/** If the request has already been sent, the stream does not start with a head. */
function beginningsOf(connection: Connection): Beginnings {
  if (connection.state !== "connecting") return { sent: "frames", received: "frames" };
  const requestIsGone = connection.type === "client" && connection.bufferedAmount === 0;
  return { sent: requestIsGone ? "frames" : "head", received: "head" };
}
