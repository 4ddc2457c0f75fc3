/** A server that echoes, in a worker thread. */
import { parentPort, type MessagePort as NodePort } from "node:worker_threads";
import { accept } from "../../src/stream/index.ts";
import { messagePortTransport } from "../../src/transports/messagePort.ts";

parentPort!.on("message", (port: NodePort) => void echo(port));

async function echo(port: NodePort): Promise<void> {
  const session = await (await accept(messagePortTransport(port))).accept();
  for await (const message of session) await session.send(message);
}
