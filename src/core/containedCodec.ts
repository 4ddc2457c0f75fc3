/** An extension's codec, contained: whatever it throws becomes an error of the one connection that it serves. */
import { viewOf, type Bytes } from "./bytes.ts";
import { contain } from "./errors.ts";
import type { ExtensionCodec, FrameHeader, IncomingFrame, NegotiatedExtension, OutgoingFrame } from "./extension.ts";

/** Calls a codec and throws nothing but a `ProtocolError`. The core holds codecs in this alone. */
export class ContainedCodec {
  readonly reservedBits: number;
  readonly decodes: boolean;
  /** What has failed, if it fails. */
  readonly #what: string;
  readonly #codec: ExtensionCodec;

  /** Throws what the codec's properties throw. */
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
      return Array.isArray(decoded) ? decoded.map(bytesOf) : decoded;
    });
    return Array.isArray(pieces) ? pieces : this.#each(pieces);
  }

  encode(frame: OutgoingFrame): OutgoingFrame {
    return this.#contain(() => {
      const encoded = { ...frame, ...this.#codec.encode?.(frame) };
      return { ...encoded, payload: viewOf(encoded.payload) };
    });
  }

  /** Throws nothing at all: the connection has ended. */
  release(): void {
    releaseCodec(this.#codec);
  }

  *#each(pieces: Iterable<Bytes>): Generator<Bytes> {
    try {
      for (const piece of pieces) yield bytesOf(piece);
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

/** Ends the use of a codec; what it throws then is ignored. */
export function releaseCodec(codec: Pick<ExtensionCodec, "release">): void {
  try {
    codec.release?.();
  } catch {
    // Nothing is left that could fail.
  }
}

/** Calls `make`. If that throws, the codecs that there are by then are nobody's any more and are released. */
export function orRelease<Made>(codecs: readonly Pick<ExtensionCodec, "release">[], make: () => Made): Made {
  try {
    return make();
  } catch (error) {
    for (const codec of codecs) releaseCodec(codec);
    throw error;
  }
}

/** `TypeError` for a piece that is not bytes. */
function bytesOf(piece: unknown): Bytes {
  return viewOf(piece) as Bytes;
}
