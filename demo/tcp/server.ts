/**
 * An echo server over plain TCP, with both glues in plain sight: what the events mean to the program, and how the bytes
 * get to the network and back. Run it with `node demo/tcp/server.ts [PORT]`.
 */
import { createServer, type AddressInfo, type Socket } from "node:net";
import { ConnectionType, WSConnection, type WSEvent } from "../../src/index.ts";

/** Detects a client that has vanished. */
const keepalive = { intervalMs: 20_000, timeoutMs: 10_000 };
/**
 * How long the connection may be idle, in milliseconds. Longer than a keepalive round, so only a stuck client reaches
 * it.
 */
const IDLE_MS = 60_000;
/** How long the client may take to hang up once the connection is over, in milliseconds. */
const LINGER_MS = 2_000;

function serve(socket: Socket): void {
  const connection = new WSConnection(ConnectionType.SERVER, { keepalive });
  const client = `${socket.remoteAddress ?? "?"}:${socket.remotePort ?? "?"}`;

  // ── Application glue: events → what the program does ──────────────────────────────────────────────────────────────

  function react(event: WSEvent): void {
    switch (event.type) {
      case "connectionRequested":
        console.log(`${client} requests ${event.target}`);
        connection.accept(event); // or connection.reject(event, { status: 404 })
        return;
      case "connectionEstablished":
        console.log(`${client} is connected`);
        return;
      case "textReceived":
      case "bytesReceived":
        // A message comes in pieces, as its bytes do. Each goes back as a fragment, so that nothing has to be kept.
        connection.sendData(event.data, event.messageFinished);
        return;
      case "connectionClosed":
        console.log(`${client} is gone: ${event.error?.message ?? `${event.code} ${event.reason}`}`);
        return;
      case "pingReceived": // its pong has been queued already
      case "pongReceived": // answers a keepalive ping
      case "connectionRejected": // happens to clients
      case "rejectionData":
        return;
      default:
        event satisfies never; // a new kind of event does not compile until it is handled
    }
  }

  // ── Network glue: socket → receiveBytes(), bytesToSend() → socket ─────────────────────────────────────────────────

  socket.on("data", (chunk) => turn(chunk));
  socket.on("end", () => turn(null));
  socket.on("close", () => turn(null)); // perhaps without an "end", after an error
  socket.on("error", (error) => console.error(`${client}: ${error.message}`));
  socket.on("drain", turn);
  socket.setTimeout(IDLE_MS, () => socket.destroy());

  let timer: NodeJS.Timeout | undefined;

  /** Runs when bytes have come, when there is room for more of ours, and when a deadline has. */
  function turn(received?: Uint8Array | null): void {
    connection.advanceTime(performance.now());
    if (received !== undefined) connection.receiveBytes(received);
    write();
    for (const event of connection.events()) {
      react(event);
      write();
      if (event.type === "connectionClosed") socket.end().setTimeout(LINGER_MS);
      if (socket.writableNeedDrain) break; // events that are not pulled are not even parsed
    }
    clearTimeout(timer);
    if (socket.writableNeedDrain) {
      socket.pause(); // while a client does not read its echoes, we do not read from it either, until "drain"
    } else {
      socket.resume();
      const deadline = connection.nextDeadlineMs;
      if (deadline !== undefined) timer = setTimeout(turn, deadline - performance.now());
    }
  }

  function write(): void {
    const bytes = connection.bytesToSend();
    if (bytes.length > 0) socket.write(bytes);
  }

  turn();
}

// Half-open, so that a client that has ended its stream can still read its echoes.
const server = createServer({ allowHalfOpen: true, noDelay: true }, serve);
server.listen(Number(process.argv[2] ?? 8765), "127.0.0.1", () => {
  console.log(`Listening at ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});
