/** What a captured handshake agreed on, and codecs that read either end's frames by it (RFC 6455 §9, RFC 7692 §7). */
import type { AgreedExtension, Extension, ExtensionCodec, ExtensionParameters } from "../../core/extension.ts";
import type { Role } from "../role.ts";

/** permessage-deflate uses RSV1 (RFC 7692 §6), whether or not it can be read here. */
const KNOWN_BITS: Record<string, number> = { "permessage-deflate": 4 };

export interface Agreement {
  readonly extensions: readonly AgreedExtension[];
  /** What the client offered, if that was seen. */
  readonly offers?: readonly AgreedExtension[] | undefined;
}

/** The codecs for the frames of one end. */
export interface Reading {
  /** In the order in which they decode: what was encoded last comes first (RFC 6455 §9.1). */
  readonly codecs: readonly ExtensionCodec[];
  /** The reserved bits that have a meaning; all of them where an extension is not known here. */
  readonly reservedBits: number;
  /** Whether every agreed extension can be decoded. */
  readonly decodes: boolean;
  /** Whether the sender forgets what came before a message, so that each can be decoded by itself. */
  readonly forgets: boolean;
}

/** New codecs, with no memory of earlier messages. */
export function readingFor(sender: Role, agreement: Agreement, supported: readonly Extension[]): Reading {
  const codecs: ExtensionCodec[] = [];
  let reservedBits = 0;
  let decodes = true;
  let forgets = true;
  for (const { name, parameters } of agreement.extensions) {
    const offers = (agreement.offers ?? []).filter((offer) => offer.name === name);
    const codec = codecFor(
      sender,
      parameters,
      offers.map((offer) => offer.parameters),
      supported.filter((extension) => extension.name === name),
    );
    decodes &&= codec !== undefined;
    forgets &&= parameters.some(([parameter]) => parameter === `${sender}_no_context_takeover`);
    reservedBits |= codec?.reservedBits ?? KNOWN_BITS[name] ?? 7;
    if (codec !== undefined) codecs.unshift(codec);
  }
  return { codecs: decodes ? codecs : [], reservedBits, decodes, forgets };
}

/**
 * A codec reads what the other end sends: the client's reads the server's frames. An answer can stand as an offer, to
 * which a server says what the real one said; where it can't, what the client offered can.
 */
function codecFor(
  sender: Role,
  answer: ExtensionParameters,
  offers: readonly ExtensionParameters[],
  supported: readonly Extension[],
): ExtensionCodec | undefined {
  for (const extension of supported) {
    try {
      if (sender === "server") {
        const codec = extension.confirm(answer);
        if (codec !== undefined) return codec;
        continue;
      }
      for (const offer of [answer, ...offers]) {
        const accepted = extension.accept(offer);
        if (accepted !== undefined) return accepted.codec;
      }
    } catch {
      // An extension that can't take what was captured can't read it either.
    }
  }
  return undefined;
}
