/** The receiver and the sender of `ws`, on Node's streams or, in a page, on polyfills. */
import type { Writable } from "node:stream";
import type { Wire } from "./inputs.ts";
import type { Role, Side } from "./measure.ts";
import { provenSender, type Batch, type Socket } from "./sockets.ts";
import { provenReceiver, Tally } from "./tally.ts";

/** `ws` exports its two halves; its types do not tell. */
export interface WsBuild {
  readonly Receiver: new (options: {
    isServer: boolean;
    maxPayload: number;
    maxFragments: number;
    maxBufferedChunks: number;
    extensions?: object;
  }) => Writable;
  readonly Sender: new (
    socket: Writable,
    extensions?: object,
  ) => { send(data: unknown, options: Record<string, boolean>, done: () => void): void };
}

export function wsReceiver(
  { Receiver }: WsBuild,
  role: Role,
  wire: Wire,
  wrap: (buffer: ArrayBuffer) => Uint8Array,
): Promise<Side> {
  const { chunks, renew } = wire.chunks(wrap);
  const { type, data } = wire.message;
  const receiver = new Receiver({ isServer: role === "server", maxPayload: 0, maxFragments: 0, maxBufferedChunks: 0 });
  const tally = new Tally();
  // As `ws` users do: a text message becomes a string.
  receiver.on("message", (message: Uint8Array, isBinary: boolean) => {
    if (isBinary !== (type === "binary")) throw new Error("unexpected type");
    tally.take(isBinary ? message : message.toString(), true);
  });
  const run = (): number => {
    for (const chunk of chunks) receiver.write(chunk);
    return tally.finish(data.length);
  };
  return provenReceiver({ ...(renew !== undefined && { prepare: renew }), run }, tally, wire);
}

export function wsSender({ Sender }: WsBuild, batch: Batch, socket: Socket): Promise<Side> {
  const { role, message, pieces, count, perFlush } = batch;
  const sender = new Sender(socket);
  const shared = { binary: message.type === "binary", compress: false, mask: role === "client" };
  const [first, last] = [
    { ...shared, fin: false },
    { ...shared, fin: true },
  ];
  const done = (): void => {};
  return provenSender(batch, socket, () => {
    for (let i = 0; i < count; i += perFlush) {
      socket.cork();
      for (let k = Math.min(perFlush, count - i); k > 0; k--) {
        for (let p = 0; p < pieces.length; p++) sender.send(pieces[p], p + 1 === pieces.length ? last : first, done);
      }
      socket.uncork();
    }
  });
}
