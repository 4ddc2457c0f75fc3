/** Negotiates permessage-deflate (RFC 7692 §7.1): offers, answers, and the resulting parameters of each side. */
import type { Extension, ExtensionCodec } from "../core/extension.ts";
import { refuse } from "../core/options.ts";
import { DeflateCodec, type Direction } from "./deflateCodec.ts";
import type { DeflateEngine } from "./engine.ts";
import { engineKind, LARGEST_WINDOW_BITS, resolveOptions, type DeflateSettings } from "./options.ts";
import { readParameters, writeParameters, type Parameters } from "./parameters.ts";
import { Lender } from "./lender.ts";

/**
 * Like {@link permessageDeflate}, with a custom engine, such as a WebAssembly build of zlib or Node's zlib. A bundle
 * that uses only this contains no pako. Throws `TypeError` or `RangeError` if an option is invalid.
 *
 * @example
 * ```ts
 * import { WSConnection } from "websocket-over";
 * import { pakoEngine, permessageDeflateWith, type DeflateEngine } from "websocket-over/deflate";
 *
 * const engine: DeflateEngine = {
 *   ...pakoEngine, // or an engine of your own
 *   createDeflater(options) {
 *     console.log(`a window of ${2 ** options.windowBits} bytes`); // → a window of 4096 bytes
 *     return pakoEngine.createDeflater(options);
 *   },
 * };
 * const extensions = [permessageDeflateWith(engine, { serverMaxWindowBits: 12 })];
 * const server = new WSConnection("server", { handshake: "none", extensions });
 * server.sendData("hello");
 * ```
 */
export function permessageDeflateWith(engine: DeflateEngine, options: DeflateSettings = {}): Extension {
  if (typeof engine?.createDeflater !== "function" || typeof engine.createInflater !== "function") {
    refuse(`permessageDeflateWith() takes an engine, ${engineKind}, both functions`, engine);
  }
  const settings = resolveOptions("permessageDeflateWith()", options);
  const { level, memLevel, clientMaxWindowBits } = settings;
  const deflaters = new Lender((windowBits) => engine.createDeflater({ windowBits, level, memLevel }));
  const inflaters = new Lender((windowBits) => engine.createInflater({ windowBits }));
  const codec = (sent: Direction, received: Direction): ExtensionCodec =>
    new DeflateCodec({ deflaters, inflaters, sent, received, settings });

  const offered: Parameters = {
    ...settings,
    clientMaxWindowBits: clientMaxWindowBits === false ? undefined : clientMaxWindowBits,
  };
  /** The window size that a limit allows. */
  const atMost = (limit: number | true | undefined): number =>
    typeof limit === "number" ? limit : LARGEST_WINDOW_BITS;

  return {
    name: "permessage-deflate",
    offer: () => [writeParameters(offered)],

    accept(list) {
      const offer = readParameters(list, "offer");
      if (offer === undefined) return undefined;
      const wanted = atMost(offered.clientMaxWindowBits);
      // §7.1.2.2: a server must not limit a client that did not offer the parameter.
      if (offer.clientMaxWindowBits === undefined && wanted < LARGEST_WINDOW_BITS) return undefined;
      const serverBits = Math.min(atMost(offer.serverMaxWindowBits), atMost(settings.serverMaxWindowBits));
      // A client keeps to the limit that it offered, even if the answer omits it (§7.1.2.2).
      const clientBits = Math.min(atMost(offer.clientMaxWindowBits), wanted);
      const answer: Parameters = {
        serverNoContextTakeover: offer.serverNoContextTakeover || settings.serverNoContextTakeover,
        clientNoContextTakeover: offer.clientNoContextTakeover || settings.clientNoContextTakeover,
        // §7.1.2.1: to accept an offer with this parameter, the answer must contain it.
        serverMaxWindowBits:
          offer.serverMaxWindowBits !== undefined || serverBits < LARGEST_WINDOW_BITS ? serverBits : undefined,
        clientMaxWindowBits: clientMaxWindowBits !== false && clientBits < LARGEST_WINDOW_BITS ? clientBits : undefined,
      };
      return {
        parameters: writeParameters(answer),
        codec: codec(
          { windowBits: serverBits, takeover: !answer.serverNoContextTakeover },
          { windowBits: clientBits, takeover: !answer.clientNoContextTakeover },
        ),
      };
    },

    confirm(list) {
      const answer = readParameters(list, "answer");
      if (answer === undefined) return undefined;
      if (offered.serverNoContextTakeover && !answer.serverNoContextTakeover) return undefined;
      if (atMost(answer.serverMaxWindowBits) > atMost(offered.serverMaxWindowBits)) return undefined;
      // §7.1.2.2: the answer must not contain a parameter that was not offered.
      if (answer.clientMaxWindowBits !== undefined && offered.clientMaxWindowBits === undefined) return undefined;
      return codec(
        {
          windowBits: Math.min(atMost(answer.clientMaxWindowBits), atMost(offered.clientMaxWindowBits)),
          takeover: !answer.clientNoContextTakeover && !offered.clientNoContextTakeover,
        },
        { windowBits: atMost(answer.serverMaxWindowBits), takeover: !answer.serverNoContextTakeover },
      );
    },
  };
}
