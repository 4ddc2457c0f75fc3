/** An extension for the tests: RSV2 marks a message whose bytes are all complemented. */
import { RemoteProtocolError, type Extension, type ExtensionCodec } from "../../src/index.ts";
import type { Bytes } from "./wire.ts";

const RSV2 = 2;

/** The codec of one connection: passes each message on in pieces of at most `piece` bytes. */
export function complementCodec(piece = Infinity, release: () => void = () => {}): ExtensionCodec {
  let active = false;
  return {
    reservedBits: RSV2,
    receiveFrame({ opcode, rsv }) {
      if ((rsv & RSV2) !== 0 && (opcode === 0 || opcode >= 8)) {
        throw new RemoteProtocolError("RSV2 on a continuation or control frame", {
          code: "extensionFault",
          closeCode: 1002,
          section: "RFC 6455 §9",
        });
      }
      if (opcode === 1 || opcode === 2) active = (rsv & RSV2) !== 0;
    },
    *decode(payload) {
      const decoded = active ? flip(payload) : payload;
      for (let at = 0; at < decoded.length; at += piece) yield decoded.slice(at, Math.min(at + piece, decoded.length));
    },
    encode(frame) {
      if (frame.compress === false) return frame;
      return { ...frame, rsv: frame.opcode === 0 ? frame.rsv : frame.rsv | RSV2, payload: flip(frame.payload) };
    },
    release,
  };
}

/** The same as an extension with a parameter to negotiate. Notes in `released` which side has released it. */
export function complement(piece = Infinity, released: string[] = []): Extension {
  const codec = (side: string): ExtensionCodec => complementCodec(piece, () => void released.push(side));
  return {
    name: "x-complement",
    offer: () => [[["level", "9"]], [["level"]]],
    accept(offer) {
      const met = offer.some(([name, value]) => name === "level" && value === "9");
      return met ? { parameters: offer, codec: codec("server") } : undefined;
    },
    confirm: (answer) => (answer.length === 1 ? codec("client") : undefined),
  };
}

const flip = (bytes: Uint8Array): Bytes => Uint8Array.from(bytes, (byte) => byte ^ 0xff);
