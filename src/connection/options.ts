/** The options of a connection. */
import { resolveTiming, timingTable, type Timing, type TimingOptions } from "../core/deadlines.ts";
import type { Extension, NegotiatedExtension } from "../core/extension.ts";
import { limitTable, resolveLimits, type LimitOptions, type Limits } from "../core/limits.ts";
import type { OptionTable } from "../core/options.ts";
import {
  agreeBeforehand,
  offerFields,
  offerTable,
  requireExtensions,
  type AnswerOptions,
  type OfferOptions,
} from "../handshake/negotiation.ts";

/**
 * The two sides of a connection, for the first argument of a {@link WSConnection}.
 *
 * @example
 * ```ts
 * import { ConnectionType, WSConnection } from "websocket-over";
 *
 * console.log(new WSConnection(ConnectionType.SERVER).type); // → server
 * ```
 */
export const ConnectionType = { CLIENT: "client", SERVER: "server" } as const;
export type ConnectionType = (typeof ConnectionType)[keyof typeof ConnectionType];

/**
 * The options of both sides.
 *
 * @see {@link WSConnection}
 */
export interface SharedOptions extends TimingOptions {
  /** `"http1"`, the default, opens with an HTTP/1.1 upgrade. `"none"` starts open, by prior knowledge. */
  readonly handshake?: "http1" | "none" | undefined;
  /** With `handshake: "none"`: the agreed subprotocol. */
  readonly subprotocol?: string | undefined;
  /** In order of preference. With `handshake: "none"`, extensions from header-only negotiation are allowed too. */
  readonly extensions?: readonly (Extension | NegotiatedExtension)[] | undefined;
  readonly limits?: LimitOptions | undefined;
  /**
   * `false`: the client does not mask, and the server accepts frames with or without a mask. Only for ends that have
   * agreed on it, over transports without HTTP intermediaries (RFC 6455 §10.3).
   */
  readonly masking?: boolean | undefined;
  /** `false`: the application answers pings. */
  readonly autoPong?: boolean | undefined;
  /**
   * Fills an array with random bytes, for keys and masks; the platform's `crypto` by default. Others must not be able
   * to predict them. If it throws, the call that needs the bytes throws the same error and changes nothing; during an
   * automatic answer the error ends the connection.
   */
  readonly random?: ((bytes: Uint8Array<ArrayBuffer>) => void) | undefined;
}

/** Also part of the option tables of the faces, which accept these options. */
export const sharedTable: OptionTable<SharedOptions> = {
  ...timingTable,
  handshake: "a string",
  subprotocol: "a string",
  extensions: "an object",
  limits: limitTable,
  masking: "a boolean",
  autoPong: "a boolean",
  random: "a function",
};

/** The options of a client; see {@link WSConnection} and {@link ClientConnection}. */
export interface ClientOptions extends SharedOptions, Omit<OfferOptions, "extensions"> {
  /** The `Host` header: a name or address, with the port unless it is the default. */
  readonly host?: string | undefined;
  /** The path to request, in ASCII, optionally with a query. A leading `/` is added if missing. */
  readonly resource?: string | undefined;
}
/** The options of a {@link ServerConnection}. */
export type ServerOptions = SharedOptions;
/** The options of either side; see {@link WSConnection}. */
export type ConnectionOptions = ClientOptions;

export const clientTable: OptionTable<ClientOptions> = {
  ...offerTable,
  ...sharedTable,
  host: "a string",
  resource: "a string",
};

/** The options of `accept()` of a {@link ServerConnection}. */
export interface AcceptOptions extends Omit<AnswerOptions, "extensions"> {
  /** The names of the extensions that may be used. By default all that the connection has. */
  readonly extensions?: readonly string[] | undefined;
}

/** The options of both sides, checked and with defaults filled in. */
export interface Settings {
  readonly handshake: "http1" | "none";
  readonly limits: Limits;
  readonly timing: Timing;
}

/** Throws `TypeError` or `RangeError` if an option is invalid. */
export function resolveOptions(options: SharedOptions): Settings {
  const { handshake = "http1" } = options;
  requireExtensions(options.extensions);
  if (handshake !== "http1" && handshake !== "none") {
    throw new TypeError(`handshake is "http1" or "none", not ${String(handshake)}`);
  }
  return { handshake, limits: resolveLimits(options.limits), timing: resolveTiming(options) };
}

/** Checks a server's options before any connection exists. Throws `TypeError` or `RangeError` if one is invalid. */
export function checkServerOptions(options: ServerOptions): void {
  const { handshake } = resolveOptions(options);
  if (handshake === "none") agreeBeforehand("server", options.extensions ?? []);
}

/** Checks a client's options as far as they are known before its request. Throws as {@link checkServerOptions} does. */
export function checkClientOptions(options: Omit<ClientOptions, "subprotocols">): void {
  const { handshake } = resolveOptions(options);
  if (handshake === "none") agreeBeforehand("client", options.extensions ?? []);
  else offerFields({ headers: options.headers, origin: options.origin, extensions: negotiable(options) });
}

/** The extensions to negotiate in the handshake. */
export function negotiable({ extensions = [] }: SharedOptions): Extension[] {
  return extensions.filter((extension): extension is Extension => "offer" in extension);
}
