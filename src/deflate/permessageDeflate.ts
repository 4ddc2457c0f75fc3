/** permessage-deflate with pako, or with the engine in the options. */
import type { Extension } from "../core/extension.ts";
import { checkOptions, passOn, type OptionTable } from "../core/options.ts";
import { engineKind, settingsTable, type DeflateOptions } from "./options.ts";
import { pakoEngine } from "./pakoEngine.ts";
import { permessageDeflateWith } from "./permessageDeflateWith.ts";

const table: OptionTable<DeflateOptions> = { ...settingsTable, engine: engineKind };

/**
 * Creates the extension for the `extensions` option of either side. Any number of connections can share it. You can
 * pass several; they are offered, and tried, in order:
 * `[permessageDeflate({ serverMaxWindowBits: 10 }), permessageDeflate()]`. Throws `TypeError` or `RangeError` if an
 * option is invalid.
 *
 * @example
 * ```ts
 * import { WSConnection } from "websocket-over";
 * import { permessageDeflate } from "websocket-over/deflate";
 *
 * const agreed = { handshake: "none", masking: false, extensions: [permessageDeflate()] } as const;
 * const sender = new WSConnection("client", agreed);
 * sender.sendData("ha".repeat(5000));
 * console.log(sender.bufferedAmount < 50); // → true
 * ```
 */
export function permessageDeflate(options: DeflateOptions = {}): Extension {
  const { engine = pakoEngine, ...settings } = checkOptions("permessageDeflate()", options, table);
  return permessageDeflateWith(engine, passOn(settings));
}
