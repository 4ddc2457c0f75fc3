/** What a captured handshake agreed on, and codecs that read either end's frames (RFC 6455 §9, RFC 7692 §7). */
import type { AgreedExtension, Extension, ExtensionCodec, ExtensionParameters } from "../../core/extension.ts";
import type { Role } from "../role.ts";

/** permessage-deflate uses RSV1 (RFC 7692 §6), even if no codec is available to decode it. */
const KNOWN_BITS: Record<string, number> = { "permessage-deflate": 4 };

export interface Agreement {
  readonly extensions: readonly AgreedExtension[];
  /** The client's offers, if they were captured. */
  readonly offers?: readonly AgreedExtension[] | undefined;
}

/** How to read the frames of one end. */
export interface Reading {
  /** In decoding order: the last to encode comes first (RFC 6455 §9.1). */
  readonly codecs: readonly ExtensionCodec[];
  /** The reserved bits in use; all of them if an extension is unknown. */
  readonly reservedBits: number;
  /** Whether every agreed extension can be decoded. */
  readonly decodes: boolean;
  /** Whether the sender clears its state after each message, so that each can be decoded alone. */
  readonly forgets: boolean;
}

/** Creates new codecs, without memory of earlier messages. */
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
 * Finds a codec that reads the sender's frames: that of the other end. For the client's frames it needs an offer to
 * accept. The captured answer can serve as the offer, because a server answers it the same way. If it is rejected, the
 * client's offers are tried.
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
      // An extension that rejects the captured parameters can't decode the frames.
    }
  }
  return undefined;
}
