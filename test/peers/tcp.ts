/** The network glue between a connection and a TCP socket, once for all tests that meet real peers. */
import type { Duplex } from "node:stream";
import { ConnectionType, type WSConnection, type WSEvent } from "../../src/index.ts";

/** From here on what is queued goes to the socket before the next event is pulled, in bytes. Spares a call per frame. */
const BATCH = 64 * 1024;
/** How long the peer may take to hang up once the connection is over, in milliseconds. */
const LINGER_MS = 2_000;

/**
 * Leads the socket's bytes to the connection and back, and its events to `react`, until both are closed. Nothing is
 * pulled while the socket has no room. Returns what is to be called after `connection` has been used outside `react`.
 */
export function drive(connection: WSConnection, socket: Duplex, react: (event: WSEvent) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  socket.on("data", (chunk: Buffer) => take(chunk));
  socket.on("end", () => take(null));
  socket.on("close", () => take(null));
  socket.on("error", () => {}); // the connection sees its stream end
  socket.on("drain", turn);
  turn();
  return turn;

  function take(bytes: Uint8Array | null): void {
    connection.advanceTime(performance.now());
    connection.receiveBytes(bytes);
    turn();
  }

  function turn(): void {
    connection.advanceTime(performance.now());
    for (const event of connection.events()) {
      react(event);
      if (event.type === "connectionClosed") {
        hangUp(event.wasClean);
        return;
      }
      if (connection.bufferedAmount < BATCH) continue;
      write();
      if (socket.writableNeedDrain) break;
    }
    write();
    clearTimeout(timer);
    if (socket.writableNeedDrain) {
      socket.pause();
    } else {
      socket.resume();
      const deadline = connection.nextDeadlineMs;
      if (deadline !== undefined) timer = setTimeout(turn, deadline - performance.now());
    }
  }

  function write(): void {
    const bytes = connection.bytesToSend();
    if (bytes.length > 0 && socket.writable) socket.write(bytes);
  }

  function hangUp(wasClean: boolean): void {
    write();
    clearTimeout(timer);
    // RFC 6455 §7.1.1: after a clean close the server hangs up first.
    if (connection.type === ConnectionType.SERVER || !wasClean) socket.end();
    socket.resume();
    if (socket.destroyed) return;
    const linger = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.on("close", () => clearTimeout(linger));
  }
}
