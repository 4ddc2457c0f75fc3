/** A small extension for the tests: it flips every bit of a data frame and says so in RSV2. */
import type { Extension, ExtensionCodec, ExtensionParameters } from "../../src/index.ts";

const RSV2 = 2;

/** Offers its parameters, answers an offer with the same ones, and is content with an answer that repeats them. */
export function flip(name = "x-flip", parameters: ExtensionParameters = []): Extension {
  const same = (others: ExtensionParameters): boolean => JSON.stringify(others) === JSON.stringify(parameters);
  return {
    name,
    offer: () => [parameters],
    accept: (offer) => (same(offer) ? { parameters, codec: codec() } : undefined),
    confirm: (answer) => (same(answer) ? codec() : undefined),
  };
}

function codec(): ExtensionCodec {
  return {
    reservedBits: RSV2,
    decode: (payload, { rsv }) => [(rsv & RSV2) === 0 ? payload : flipped(payload)],
    encode: (frame) => ({ ...frame, rsv: frame.rsv | RSV2, payload: flipped(frame.payload) }),
  };
}

function flipped(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bytes, (byte) => ~byte);
}
