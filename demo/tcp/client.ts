/**
 * A client over plain TCP, with both glues in plain sight: what the events mean to the program, and how the bytes get to
 * the network and back. Run it with `node demo/tcp/client.ts [HOST] [PORT]`, against any server that echoes.
 */
import { connect, isIPv6 } from "node:net";
import { ConnectionType, WSConnection, type WSEvent } from "../../src/index.ts";

const [host = "127.0.0.1", port = "8765"] = process.argv.slice(2);
const authority = isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
const connection = new WSConnection(ConnectionType.CLIENT, { host: authority, resource: "/echo" });

// ── Application glue: events → what the program does ────────────────────────────────────────────────────────────────

let unanswered = 4; // three messages and a ping
process.exitCode = 1; // until all has gone well

function react(event: WSEvent): void {
  switch (event.type) {
    case "connectionEstablished":
      console.log("Connected");
      connection.sendData("Hello, world");
      connection.sendData(new Uint8Array([0xca, 0xfe]));
      connection.sendData("in two ", false);
      connection.sendData("fragments");
      connection.ping(new Uint8Array([1, 2, 3]));
      return;
    case "connectionRejected":
      console.log(`Rejected: ${event.status} ${event.statusText}`);
      return;
    case "rejectionData": // the body of that answer
      process.stdout.write(event.data);
      return;
    case "textReceived":
    case "bytesReceived":
      console.log("Received:", event.data, event.messageFinished ? "" : "…");
      if (event.messageFinished) answered();
      return;
    case "pongReceived":
      console.log("Pong:", event.payload);
      answered();
      return;
    case "connectionClosed":
      console.log(`Closed: ${event.error?.message ?? `${event.code} ${event.reason}`}`);
      if (event.wasClean && unanswered === 0) process.exitCode = 0;
      return;
    case "pingReceived": // its pong has been queued already
    case "connectionRequested": // happens to servers
      return;
    default:
      event satisfies never; // a new kind of event does not compile until it is handled
  }
}

function answered(): void {
  if (--unanswered === 0) connection.close(1000, "bye");
}

// ── Network glue: socket → receiveBytes(), bytesToSend() → socket ───────────────────────────────────────────────────

const socket = connect({ host, port: Number(port), noDelay: true }, turn);
socket.on("data", (chunk) => turn(chunk));
socket.on("end", () => turn(null));
socket.on("close", () => turn(null)); // perhaps without an "end", after an error
socket.on("error", (error) => console.error(error.message));
socket.on("drain", turn);
socket.setTimeout(10_000, () => socket.destroy(new Error("no byte in 10 seconds")));

let timer: NodeJS.Timeout | undefined;

/** Runs when bytes have come, when there is room for more of ours, and when a deadline has. */
function turn(received?: Uint8Array | null): void {
  connection.advanceTime(performance.now());
  if (received !== undefined) connection.receiveBytes(received);
  write();
  for (const event of connection.events()) {
    react(event);
    write();
    if (event.type === "connectionClosed" && !event.wasClean) socket.end(); // else the server does (RFC 6455 §7.1.1)
    if (socket.writableNeedDrain) break; // events that are not pulled are not even parsed
  }
  clearTimeout(timer);
  if (socket.writableNeedDrain) {
    socket.pause(); // while a server does not read, we do not read from it either, until "drain"
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
