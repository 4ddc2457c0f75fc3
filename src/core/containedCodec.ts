/** Wraps an extension's codec, so that an error in it affects only its connection. */
import { viewOf, type Bytes } from "./bytes.ts";
import { contain } from "./errors.ts";
import type { ExtensionCodec, FrameHeader, IncomingFrame, NegotiatedExtension, OutgoingFrame } from "./extension.ts";

/** A frame whose payload is in memory that can't be shared or resized. */
export type EncodedFrame = OutgoingFrame & { readonly payload: Bytes };

/** Calls a codec, and throws nothing but `ProtocolError`. The core uses codecs only through this class. */
export class ContainedCodec {
  readonly reservedBits: number;
  readonly decodes: boolean;
  /** Names the codec in error messages. */
  readonly #what: string;
  readonly #codec: ExtensionCodec;

  /** Rethrows errors of the codec's property getters. */
  constructor(name: string, codec: ExtensionCodec) {
    this.reservedBits = codec.reservedBits;
    this.decodes = codec.decode !== undefined;
    this.#what = `the extension ${name}`;
    this.#codec = codec;
  }

  static of({ name, codec }: NegotiatedExtension): ContainedCodec {
    return codec instanceof ContainedCodec ? codec : new ContainedCodec(name, codec);
  }

  receiveFrame(frame: FrameHeader): void {
    this.#contain(() => this.#codec.receiveFrame?.(frame));
  }

  decode(payload: Bytes, frame: IncomingFrame): Iterable<Bytes> {
    const pieces = this.#contain(() => {
      const decoded = this.#codec.decode!(payload, frame);
      return Array.isArray(decoded) ? decoded.map(viewOf) : decoded;
    });
    return Array.isArray(pieces) ? pieces : this.#each(pieces);
  }

  encode(frame: OutgoingFrame): EncodedFrame {
    return this.#contain(() => {
      const encoded = { ...frame, ...this.#codec.encode?.(frame) };
      return { ...encoded, payload: viewOf(encoded.payload) };
    });
  }

  /** Never throws: the connection has already ended. */
  release(): void {
    releaseCodec(this.#codec);
  }

  *#each(pieces: Iterable<Bytes>): Generator<Bytes> {
    try {
      for (const piece of pieces) yield viewOf(piece);
    } catch (error) {
      this.#contain(() => {
        throw error;
      });
    }
  }

  #contain<T>(use: () => T): T {
    return contain("extensionFailed", this.#what, use);
  }
}

/** Releases a codec and ignores its errors. */
export function releaseCodec(codec: Pick<ExtensionCodec, "release">): void {
  try {
    codec.release?.();
  } catch {
    // The codec is no longer used, so its failure affects nothing.
  }
}

/** Calls `make`. If it throws, no connection will own the codecs, so they are released. */
export function orRelease<Made>(codecs: readonly Pick<ExtensionCodec, "release">[], make: () => Made): Made {
  try {
    return make();
  } catch (error) {
    for (const codec of codecs) releaseCodec(codec);
    throw error;
  }
}
