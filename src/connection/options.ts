/** What a connection is made with. */
import { resolveTiming, timingTable, type Timing } from "../core/deadlines.ts";
import type { Extension, NegotiatedExtension } from "../core/extension.ts";
import { limitTable, resolveLimits, type Limits } from "../core/limits.ts";
import type { OptionTable } from "../core/options.ts";
import type { RequestOptions } from "../handshake/clientHandshake.ts";
import {
  agreeBeforehand,
  offerFields,
  offerTable,
  requireExtensions,
  type AnswerOptions,
  type OfferOptions,
} from "../handshake/negotiation.ts";

export const ConnectionType = { CLIENT: "client", SERVER: "server" } as const;
export type ConnectionType = (typeof ConnectionType)[keyof typeof ConnectionType];

/** What both sides may set. */
export interface SharedOptions extends Partial<Timing> {
  /** `"http1"`, the default, opens by an HTTP/1.1 upgrade; `"none"` starts open, by prior knowledge. */
  readonly handshake?: "http1" | "none";
  /** With `handshake: "none"`: the subprotocol that was agreed on. */
  readonly subprotocol?: string | undefined;
  /** In order of preference. With `handshake: "none"` also those that header-only negotiation agreed on. */
  readonly extensions?: readonly (Extension | NegotiatedExtension)[];
  readonly limits?: Partial<Limits>;
  /**
   * `false`: the client does not mask, the server takes frames masked or not. For ends that agreed on it, over
   * transports where no intermediary looks for HTTP (RFC 6455 §10.3).
   */
  readonly masking?: boolean;
  /** `false`: pings are for the application to answer. */
  readonly autoPong?: boolean;
  /**
   * Fills the bytes it is given, for keys and masks; the platform's `crypto` by default. Must be unpredictable to others.
   * What it throws is thrown by the call that needs it, and nothing has changed; in an automatic answer it ends the
   * connection.
   */
  readonly random?: (bytes: Uint8Array<ArrayBuffer>) => void;
}

/** For the tables of faces, which have these options, too. */
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

export interface ClientOptions extends SharedOptions, Partial<Omit<RequestOptions, "extensions">> {}
export type ServerOptions = SharedOptions;
export type ConnectionOptions = ClientOptions;

export const clientTable: OptionTable<ClientOptions> = {
  ...offerTable,
  ...sharedTable,
  host: "a string",
  resource: "a string",
};

export type AcceptOptions = Omit<AnswerOptions, "extensions">;

/** What both sides may set, checked and with the defaults. */
export interface Settings {
  readonly handshake: "http1" | "none";
  readonly limits: Limits;
  readonly timing: Timing;
}

/** `TypeError` or `RangeError` for invalid options. */
export function resolveOptions(options: SharedOptions): Settings {
  const { handshake = "http1" } = options;
  requireExtensions(options.extensions);
  if (handshake !== "http1" && handshake !== "none") {
    throw new TypeError(`handshake is "http1" or "none", not ${String(handshake)}`);
  }
  return { handshake, limits: resolveLimits(options.limits), timing: resolveTiming(options) };
}

/** Checks a server's options before there is a connection. `TypeError` or `RangeError` for invalid ones. */
export function checkServerOptions(options: ServerOptions): void {
  const { handshake } = resolveOptions(options);
  if (handshake === "none") agreeBeforehand("server", options.extensions ?? []);
}

/** The same for a client, as far as its request is known by then. */
export function checkClientOptions(options: Omit<ClientOptions, "subprotocols">): void {
  const { handshake } = resolveOptions(options);
  if (handshake === "none") agreeBeforehand("client", options.extensions ?? []);
  else
    offerFields({ headers: options.headers, origin: options.origin, extensions: negotiable(options) } as OfferOptions);
}

/** The extensions that are negotiated in the handshake. */
export function negotiable({ extensions = [] }: SharedOptions): Extension[] {
  return extensions.filter((extension): extension is Extension => "offer" in extension);
}
