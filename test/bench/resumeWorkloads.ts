/** Sessions over a resumable transport, beside the same without it: messages of 64 KiB, one way, over a pipe in memory. */
import { resumable, resumed } from "../../src/resume/index.ts";
import { connect, serve, type WebSocketSession } from "../../src/stream/index.ts";
import { pipe, type ByteTransport } from "../../src/transports/pipe.ts";
import type { Side, Workload } from "./measure.ts";
import { oneWay } from "./oneWay.ts";

const MESSAGE_BYTES = 64 * 1024;
const MESSAGES = 64;

const PEER = "session over a pipe";

export function resumeWorkloads(): Workload[] {
  return [
    {
      environment: "node",
      workload: "session over a resumable pipe, 64 KiB binary",
      role: "client",
      kind: "send",
      bytes: MESSAGE_BYTES,
      peerNames: [PEER],
      sides: async () => ({ ours: await sideOver(true), peers: { [PEER]: await sideOver(false) } }),
    },
  ];
}

async function sideOver(resumes: boolean): Promise<Side> {
  const [near, far] = pipe();
  let client: ByteTransport = near;
  let server: ByteTransport = far;
  if (resumes) {
    client = resumable(() => near);
    ({ value: server } = (await resumed([far]).next()) as IteratorYieldResult<ByteTransport>);
  }
  const accepted = Promise.withResolvers<WebSocketSession>();
  void serve([server], async (request) => {
    const session = await request.accept();
    accepted.resolve(session);
    await session.closed;
  });
  const session = await connect(client);
  return oneWay(session, await accepted.promise, new Uint8Array(MESSAGE_BYTES), MESSAGES);
}
