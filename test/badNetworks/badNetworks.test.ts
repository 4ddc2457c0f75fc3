/** Conversations over transports that fail, each by its seed: pipes, TCP and message ports in Node. In a page: `test/browser/badNetworks.test.ts`. */
import { connect as dial, createServer, type AddressInfo, type Server } from "node:net";
import { once } from "node:events";
import { MessageChannel } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { messagePortTransport } from "../../src/transports/messagePort.ts";
import { listen, socketTransport } from "../../src/transports/node.ts";
import { pipe, type ByteTransport } from "../../src/transports/pipe.ts";
import { converseMany } from "./conversation.ts";
import { fates } from "./faultyTransport.ts";
import { seedsFor } from "./seeds.ts";

let server: Server;
let sockets: AsyncIterator<ByteTransport>;
beforeAll(async () => {
  server = createServer({ allowHalfOpen: true });
  sockets = listen(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => void server.close());

/** One at a time, so that each socket is paired with its own. */
let last: Promise<unknown> = Promise.resolve();
function overTcp(): Promise<readonly [ByteTransport, ByteTransport]> {
  const next = last.then(async () => {
    const { port } = server.address() as AddressInfo;
    const near = dial({ port, host: "127.0.0.1", allowHalfOpen: true });
    const { value: far } = (await sockets.next()) as IteratorYieldResult<ByteTransport>;
    return [socketTransport(near), far] as const;
  });
  last = next;
  return next;
}

function overPorts(): Promise<readonly [ByteTransport, ByteTransport]> {
  const { port1, port2 } = new MessageChannel();
  return Promise.resolve([messagePortTransport(port1), messagePortTransport(port2)]);
}

describe("every confirmed message arrives once and in order, or its sender learns that it may not have", () => {
  test.each([
    ["pipes", 10_000, () => Promise.resolve(pipe())],
    ["pipes that hold nothing", 1000, () => Promise.resolve(pipe({ highWaterMark: 0 }))],
    ["TCP", 1000, overTcp],
    ["message ports", 1000, overPorts],
  ] as const)("over %s", { timeout: 3_600_000 }, async (_, count, makeTransports) => {
    const counts = await converseMany(seedsFor(count), 40, makeTransports);
    // Each fault had its chance.
    for (const fate of fates.slice(1))
      expect([...counts.keys()].filter((kind) => kind.startsWith(`${fate},`)).length).toBeGreaterThan(0);
    expect([...counts.values()].reduce((sum, each) => sum + each, 0)).toBe(seedsFor(count).length);
  });
});
