/** An extension that reports, for each received message, its size on the wire and its real size. */
import type { Extension, ExtensionCodec, IncomingFrame } from "../../src/index.ts";

export interface MessageSize {
  /** The payload of all its frames, without headers. */
  readonly wireBytes: number;
  readonly bytes: number;
}

/** Does not change the extension's behaviour. `tell` is called before the event for the end of the message. */
export function measuredExtension(extension: Extension, tell: (size: MessageSize) => void): Extension {
  return {
    name: extension.name,
    offer: () => extension.offer(),
    accept(offer) {
      const accepted = extension.accept(offer);
      return accepted && { ...accepted, codec: measuredCodec(accepted.codec, tell) };
    },
    confirm(answer) {
      const codec = extension.confirm(answer);
      return codec && measuredCodec(codec, tell);
    },
  };
}

function measuredCodec(codec: ExtensionCodec, tell: (size: MessageSize) => void): ExtensionCodec {
  let wireBytes = 0;
  let bytes = 0;
  function* decode(payload: Uint8Array<ArrayBuffer>, frame: IncomingFrame): Iterable<Uint8Array<ArrayBuffer>> {
    wireBytes += payload.length;
    for (const piece of codec.decode?.(payload, frame) ?? [payload]) {
      bytes += piece.length;
      yield piece;
    }
    if (!frame.fin || !frame.frameFinished) return;
    tell({ wireBytes, bytes });
    wireBytes = 0;
    bytes = 0;
  }
  return {
    reservedBits: codec.reservedBits,
    receiveFrame: (frame) => codec.receiveFrame?.(frame),
    decode,
    encode: (frame) => codec.encode?.(frame) ?? frame,
    release: () => codec.release?.(),
  };
}
