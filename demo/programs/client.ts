/** The client: asks for a WebSocket over whatever carries bytes, and shows what happens on it. Complete in itself. */
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
  /** Call it after doing anything with the connection: it sends what that queued. */
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

  // Application glue. Pings are answered and Closes echoed by the connection.
  function handle(event: WSEvent): void {
    show(event, connection.state);
  }

  // Network glue: pass in received bytes, handle events, send bytes,
  // and when to look at the clock again.
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
      // A transport that fails has ended, too.
      const { value } = await reader.read().catch(() => ({ value: undefined }));
      turn(value ?? null);
      if (value === undefined) return;
    }
  }

  // One write at a time, of a few bytes: while the transport is busy,
  // the others wait in the connection, where they are counted.
  async function write(): Promise<void> {
    if (writing) return;
    writing = true;
    for (let bytes; (bytes = connection.bytesToSend(16_384)).length > 0;) await writer.write(bytes);
    if (connection.closed) await writer.close();
    else writing = false;
  }

  void read();
  turn(); // the request is queued already
  return { connection, turn: () => turn() };
}
