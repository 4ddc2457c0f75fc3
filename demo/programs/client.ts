/** The client: requests a WebSocket over any byte transport, and prints its events. A complete program. */
import {
  ConnectionType,
  WSConnection,
  type ClientOptions,
  type ConnectionState,
  type WSEvent,
} from "../../src/index.ts";
import type { ByteTransport } from "../../src/transports/pipe.ts";

export interface Client {
  readonly connection: WSConnection;
  /** Call it after using the connection: it sends the queued bytes. */
  readonly turn: () => void;
}

export function startClient(
  transport: ByteTransport,
  options: ClientOptions,
  show: (event: WSEvent, state: ConnectionState) => void,
  observe?: (connection: WSConnection) => void,
): Client {
  const connection = new WSConnection(ConnectionType.CLIENT, options);
  observe?.(connection);
  const reader = transport.readable.getReader();
  const writer = transport.writable.getWriter();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let writing = false;

  // Application glue. The connection answers pings and echoes Closes.
  function handle(event: WSEvent): void {
    show(event, connection.state);
  }

  // Network glue: pass in received bytes, handle events, send bytes,
  // and set the timer.
  function turn(received?: Uint8Array | null): void {
    connection.advanceTime(performance.now());
    if (received !== undefined) connection.receiveBytes(received);
    for (const event of connection.events()) handle(event);
    write().catch(() => turn(null));
    clearTimeout(timer);
    const { nextDeadlineMs } = connection;
    if (nextDeadlineMs !== undefined) timer = setTimeout(turn, nextDeadlineMs - performance.now());
  }

  async function read(): Promise<void> {
    for (;;) {
      // A transport that fails has also ended.
      const { value } = await reader.read().catch(() => ({ value: undefined }));
      turn(value ?? null);
      if (value === undefined) return;
    }
  }

  // One write at a time, of a few bytes: while the transport is busy,
  // more bytes wait in the connection, which counts them.
  async function write(): Promise<void> {
    if (writing) return;
    writing = true;
    for (let bytes; (bytes = connection.bytesToSend(16_384)).length > 0;) await writer.write(bytes);
    if (connection.closed) await writer.close();
    else writing = false;
  }

  void read();
  turn(); // the request is already queued
  return { connection, turn: () => turn() };
}
