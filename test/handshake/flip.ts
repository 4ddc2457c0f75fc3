/** A small extension for the tests of the handshake, with a configurable name and parameters. */
import type { Extension, ExtensionParameters } from "../../src/index.ts";
import { complementCodec } from "../support/complement.ts";

/** Offers its parameters, answers an offer with the same ones, and is content with an answer that repeats them. */
export function flip(name = "x-flip", parameters: ExtensionParameters = []): Extension {
  const same = (others: ExtensionParameters): boolean => JSON.stringify(others) === JSON.stringify(parameters);
  return {
    name,
    offer: () => [parameters],
    accept: (offer) => (same(offer) ? { parameters, codec: complementCodec() } : undefined),
    confirm: (answer) => (same(answer) ? complementCodec() : undefined),
  };
}
