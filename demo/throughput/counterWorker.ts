/** The worker that counts incoming messages, of a session over a port or of the port itself. */
import { accept } from "../../src/stream/index.ts";
import { messagePortTransport } from "../../src/transports/messagePort.ts";

export type ToCounter =
  { readonly type: "session"; readonly port: MessagePort } | { readonly type: "raw"; readonly port: MessagePort };

const scope = globalThis as unknown as { onmessage: ((event: MessageEvent<ToCounter>) => void) | null };

scope.onmessage = ({ data: { type, port } }) => {
  if (type === "raw") {
    let bytes = 0;
    port.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      bytes += data.byteLength;
      port.postMessage(bytes);
    };
  } else {
    void countOn(port);
  }
};

async function countOn(port: MessagePort): Promise<void> {
  const request = await accept(messagePortTransport(port));
  const session = await request.accept();
  let bytes = 0;
  for await (const message of session) {
    if (typeof message === "string") await session.send(String(bytes));
    else bytes += message.length;
  }
}
