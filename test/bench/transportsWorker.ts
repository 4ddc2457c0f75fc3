/** The other side of a port in the bench of transports: reads as many chunks as it is told, and says when it has them. */
import { connect } from "../../src/stream/index.ts";
import { messagePortTransport } from "../../src/transports/messagePort.ts";

export const CHUNK_BYTES = 64 * 1024;

export interface Job {
  readonly job: "raw" | "transport" | "session";
  readonly port: MessagePort;
}

export async function drain(reader: ReadableStreamDefaultReader<Uint8Array>, bytes: number): Promise<void> {
  for (let left = bytes; left > 0;) left -= (await reader.read()).value!.length;
}

function readerOf({ job, port }: Job): (count: number) => Promise<void> {
  switch (job) {
    case "raw": {
      let chunks = 0;
      let check = (): void => {};
      port.onmessage = () => {
        if (++chunks % 4 === 0) port.postMessage(4);
        check();
      };
      return (count) =>
        new Promise<void>((resolve) => {
          check = () => {
            if (chunks < count) return;
            chunks -= count;
            check = () => {};
            resolve();
          };
          check();
        });
    }
    case "transport": {
      const reader = messagePortTransport(port).readable.getReader();
      return (count) => drain(reader, count * CHUNK_BYTES);
    }
    case "session": {
      const session = connect(messagePortTransport(port));
      return async (count) => {
        const client = await session;
        for (let i = 0; i < count; i++) await client.receive();
      };
    }
    default:
      return job satisfies never;
  }
}

if (typeof document === "undefined") {
  let read: ((count: number) => Promise<void>) | undefined;
  addEventListener("message", ({ data }: MessageEvent<Job | number>) => {
    if (typeof data === "object") read = readerOf(data);
    else void read!(data).then(() => postMessage("done"));
  });
}
