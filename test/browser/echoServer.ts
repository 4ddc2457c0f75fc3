/** A server that echoes, wherever it is loaded: in a dedicated or shared worker, a frame, or another page. */
import { accept } from "../../src/stream/index.ts";
import { messagePortTransport, type ByteTransport } from "../../src/transports/messagePort.ts";
import { dataChannelTransport } from "../../src/transports/webrtc.ts";

async function echo(transport: ByteTransport): Promise<void> {
  const session = await (await accept(transport)).accept();
  for await (const message of session) await session.send(message);
}

/** Takes what it is sent as the carrier of a connection, in the task in which it comes. */
function take({ data }: MessageEvent<unknown>): void {
  if (data instanceof MessagePort) void echo(messagePortTransport(data));
  else if (typeof RTCDataChannel !== "undefined" && data instanceof RTCDataChannel) {
    void echo(dataChannelTransport(data));
  }
}

addEventListener("message", take as EventListener);
// A shared worker is given a port with each connection, which serves as it is.
addEventListener("connect", (event) => void echo(messagePortTransport((event as MessageEvent).ports[0]!)));
if (typeof document !== "undefined") {
  navigator.serviceWorker.addEventListener("message", take);
  navigator.serviceWorker.startMessages();
}
