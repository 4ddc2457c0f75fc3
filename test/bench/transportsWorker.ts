/** The other end of a port in the transport bench. */
import { accept } from "../../src/stream/index.ts";
import { messagePortTransport } from "../../src/transports/messagePort.ts";
import { RawPort, readAll, receiveAll, sendAll, writeAll, type Move, type Turn } from "./transportTurns.ts";

export interface Job {
  readonly job: "raw" | "transport" | "session" | "unmasked session";
  readonly port: MessagePort;
}

async function moveOn({ job, port }: Job): Promise<Move> {
  if (job === "raw") {
    const raw = new RawPort(port);
    return ({ kind, count }) => (kind === "up" ? raw.receive(count) : raw.send(count));
  }
  const transport = messagePortTransport(port);
  if (job === "transport") {
    const [reader, writer] = [transport.readable.getReader(), transport.writable.getWriter()];
    return ({ kind, count }) => (kind === "up" ? readAll(reader, count) : writeAll(writer, count));
  }
  const session = await (await accept(transport, { masking: job === "session" })).accept();
  return ({ kind, count }) => (kind === "up" ? receiveAll(session, count) : sendAll(session, count));
}

let move: Promise<Move>;
addEventListener("message", ({ data }: MessageEvent<Job | Turn>) => {
  if ("job" in data) move = moveOn(data);
  else void move.then((move) => move(data)).then(() => postMessage("done"));
});
