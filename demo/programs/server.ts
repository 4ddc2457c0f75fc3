/** The server: answers a request over any byte transport, and echoes on request. A complete program. */
import {
  ConnectionType,
  WSConnection,
  type ConnectionRequested,
  type ConnectionState,
  type ServerOptions,
  type WSEvent,
} from "../../src/index.ts";
import type { ByteTransport } from "../../src/transports/pipe.ts";

export interface Server {
  readonly connection: WSConnection;
  /** Call it after using the connection: it sends the queued bytes. */
  readonly turn: () => void;
}

export interface ServerApplication {
  readonly options: ServerOptions;
  readonly show: (event: WSEvent, state: ConnectionState) => void;
  /** `false`: `accept` or `reject` of the connection is called later. */
  readonly acceptsAtOnce: (request: ConnectionRequested) => boolean;
  readonly echoes: () => boolean;
  readonly observe?: (connection: WSConnection) => void;
}

export function startServer(transport: ByteTransport, application: ServerApplication): Server {
  const connection = new WSConnection(ConnectionType.SERVER, application.options);
  application.observe?.(connection);
  const reader = transport.readable.getReader();
  const writer = transport.writable.getWriter();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let writing = false;

  // Application glue. The connection answers pings and echoes Closes.
  function handle(event: WSEvent): void {
    application.show(event, connection.state);
    if (event.type === "connectionRequested" && application.acceptsAtOnce(event)) {
      connection.accept(event, { subprotocol: event.subprotocols[0] });
    }
    if ((event.type === "textReceived" || event.type === "bytesReceived") && application.echoes()) {
      // A message may arrive in pieces, and is echoed in fragments.
      // After our Close nothing may follow.
      if (connection.state === "open") connection.sendData(event.data, event.messageFinished);
    }
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
  turn(); // from now on the handshake has a deadline
  return { connection, turn: () => turn() };
}
