/** A server in a worker thread of Node, over a port of `node:worker_threads`. */
import { MessageChannel, Worker } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { connect, type WebSocketSession } from "../../src/stream/index.ts";
import { messagePortTransport } from "../../src/transports/messagePort.ts";
import { pattern } from "../transports/contract.ts";

async function connected(): Promise<{ client: WebSocketSession; worker: Worker; closed: Promise<unknown> }> {
  const worker = new Worker(new URL("./nodeWorkerServer.ts", import.meta.url), { execArgv: [] });
  onTestFinished(() => void worker.terminate());
  const { port1, port2 } = new MessageChannel();
  worker.postMessage(port2, [port2]);
  const transport = messagePortTransport(port1);
  return { client: await connect(transport), worker, closed: transport.closed! };
}

test("messages of any size are echoed, and the close is reported", { timeout: 30_000 }, async () => {
  const { client, closed } = await connected();
  for (const message of ["héllo", pattern(0, 3), pattern(0, 5_000_000)]) {
    await client.send(message);
    expect(await client.receive()).toEqual(message);
  }
  expect(await client.close({ closeCode: 4001, reason: "done" })).toMatchObject({ closeCode: 4001, reason: "done" });
  await closed;
});

test("a terminated worker is reported by its port", { timeout: 30_000 }, async () => {
  const { client, worker, closed } = await connected();
  const receiving = client.receive();
  receiving.catch(() => undefined);
  await worker.terminate();
  await expect(receiving).rejects.toMatchObject({ closeCode: 1006, cause: { name: "TransportError", code: "lost" } });
  await closed;
});
