/**
 * permessage-deflate written from RFC 7692 over Node's zlib, independent of the library, so that it can judge the
 * library.
 */
import { constants, createDeflateRaw, createInflateRaw, type DeflateRaw, type InflateRaw } from "node:zlib";

const FLUSH = Buffer.from([0, 0, 0xff, 0xff]);

export class RawDeflate {
  readonly #sending: Direction;
  readonly #receiving: Direction;
  #deflate: DeflateRaw | undefined;
  #inflate: InflateRaw | undefined;

  /** `agreed` is the server's answer. Throws for one that may not be (§7.1). */
  constructor(role: "client" | "server", agreed: string) {
    const [name, ...parameters] = agreed.split(";").map((part) => part.trim());
    if (name !== "permessage-deflate") throw new Error(`unknown extension: ${agreed}`);
    const ends = { client: { bits: 15, takeover: true }, server: { bits: 15, takeover: true } };
    for (const parameter of parameters) {
      const match = /^(client|server)_(?:(no_context_takeover)|max_window_bits=([89]|1[0-5]))$/.exec(parameter);
      if (match === null) throw new Error(`§7.1: ${parameter}`);
      const end = ends[match[1] as "client" | "server"];
      if (match[2] !== undefined) end.takeover = false;
      else end.bits = Number(match[3]);
    }
    this.#sending = ends[role];
    this.#receiving = ends[role === "client" ? "server" : "client"];
  }

  /** The payload of a message (§7.2.1). */
  async compress(payload: Uint8Array): Promise<Buffer> {
    // Node takes 9 for 8, and never reaches back further than 250 bytes then.
    const deflate = (this.#deflate ??= createDeflateRaw({ windowBits: this.#sending.bits }));
    const compressed = await through(deflate, payload);
    if (!compressed.subarray(-4).equals(FLUSH)) throw new Error("zlib has not flushed");
    if (!this.#sending.takeover) this.#deflate = undefined;
    return compressed.length === 4 ? Buffer.of(0) : compressed.subarray(0, -4);
  }

  /** A message from its payload (§7.2.2). */
  async inflate(payload: Uint8Array): Promise<Buffer> {
    const inflate = (this.#inflate ??= createInflateRaw({ windowBits: this.#receiving.bits }));
    const message = await through(inflate, Buffer.concat([payload, FLUSH]));
    if (!this.#receiving.takeover) this.#inflate = undefined;
    return message;
  }
}

/** What was agreed on for the messages of one end. */
interface Direction {
  readonly bits: number;
  readonly takeover: boolean;
}

/** The output of a zlib stream for this input, after a flush. */
function through(stream: DeflateRaw | InflateRaw, bytes: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    const take = (piece: Buffer): void => void pieces.push(piece);
    stream.on("data", take).once("error", reject);
    stream.write(bytes);
    stream.flush(constants.Z_SYNC_FLUSH, () => {
      stream.off("data", take).off("error", reject);
      resolve(Buffer.concat(pieces));
    });
  });
}
