/** A transport over a carrier of short messages. Both ends are here, and a WebSocket between them. */
import { connect, serve, type ByteTransport } from "websocket-over/stream";

/** What the carrier offers: messages of at most 20 bytes, all of them, in order. */
interface Carrier {
  /** Resolves when there is room for the next one. */
  send(message: Uint8Array): Promise<void>;
  onmessage: (message: Uint8Array) => void;
  onclose: () => void;
  close(): void;
}

const MESSAGE_BYTES = 20;
const MAX_UNREAD_BYTES = 1024 * 1024;

function carrierTransport(carrier: Carrier): ByteTransport {
  let directions = 2;
  const endDirection = (): void => {
    if (--directions === 0) carrier.close();
  };
  const readable = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        carrier.onmessage = (message) => {
          if (message.length === 0) {
            controller.close(); // an empty message is the end
            endDirection();
          } else if (controller.desiredSize! > 0) {
            controller.enqueue(message);
          } else {
            controller.error(new Error("the other end sends faster than this one reads"));
            carrier.close();
          }
        };
        carrier.onclose = () => controller.error(new Error("the carrier is lost"));
      },
      cancel: () => carrier.close(),
    },
    { highWaterMark: MAX_UNREAD_BYTES, size: (chunk) => chunk?.length ?? 0 },
  );
  const writable = new WritableStream<Uint8Array<ArrayBuffer>>({
    async write(chunk) {
      for (let at = 0; at < chunk.length; at += MESSAGE_BYTES) {
        await carrier.send(chunk.slice(at, at + MESSAGE_BYTES));
      }
    },
    async close() {
      await carrier.send(new Uint8Array(0));
      endDirection();
    },
    abort: () => carrier.close(),
  });
  return { readable, writable };
}

/** Stands for your carrier: a `MessageChannel` that passes on short messages. */
function portCarrier(port: MessagePort): Carrier {
  const carrier: Carrier = {
    send: (message) => Promise.resolve(port.postMessage(message)),
    onmessage: () => undefined,
    onclose: () => undefined,
    close: () => port.close(),
  };
  port.onmessage = ({ data }: MessageEvent<Uint8Array>) => carrier.onmessage(data);
  return carrier;
}

const { port1, port2 } = new MessageChannel();
const served = serve([carrierTransport(portCarrier(port2))], async (request) => {
  const session = await request.accept();
  for await (const message of session) await session.send(`you said ${message}`);
});
const session = await connect(carrierTransport(portCarrier(port1)));
await session.send("hello");
console.log(await session.receive());
await session.close();
await served;
console.log("closed");
