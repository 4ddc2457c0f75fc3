/** One carrier of a session: reads its chunks, writes to it, and ends it. */
import type { Bytes } from "../core/bytes.ts";
import { discard } from "../stream/discard.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { ignore } from "../transports/ignore.ts";

/** What a carrier reports. Nothing is reported once it has been dropped or hung up. */
export interface CarrierReports {
  chunk(chunk: Uint8Array): void;
  /** The last write has been taken. */
  written(): void;
  /** It has ended or failed. It must still be dropped. */
  lost(error: unknown): void;
}

const DROPPED = new Error("the carrier is not needed any more");

export class Carrier {
  readonly #transport: ByteTransport;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Bytes>;
  #reports: CarrierReports | undefined;

  /** Throws if a stream of the transport is locked. */
  constructor(transport: ByteTransport) {
    this.#transport = transport;
    this.#reader = transport.readable.getReader();
    this.#writer = transport.writable.getWriter();
    this.#reader.closed.catch(ignore);
    this.#writer.closed.catch(ignore);
  }

  /** Starts to read. A second call redirects the reports. */
  report(reports: CarrierReports): void {
    const begins = this.#reports === undefined;
    this.#reports = reports;
    if (begins) void this.#read();
  }

  write(chunk: Bytes): void {
    this.#writer.write(chunk).then(
      () => this.#reports?.written(),
      (error: unknown) => this.#reports?.lost(error),
    );
  }

  /** Ends the carrier at once. Does not throw. */
  drop(): void {
    this.#reports = undefined;
    void this.#reader.cancel(DROPPED).catch(ignore);
    void this.#writer.abort(DROPPED).catch(ignore);
    this.#reader.releaseLock();
    this.#writer.releaseLock();
    discard(this.#transport, DROPPED);
  }

  /** Ends the carrier once everything has been written. Call `drop` if it takes too long. */
  hangUp(): Promise<void> {
    this.#reports = undefined;
    return this.#writer.close().catch(ignore);
  }

  async #read(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (this.#reports === undefined) return;
        if (done) throw new Error("the carrier has ended");
        if (!(value instanceof Uint8Array)) throw new TypeError("the carrier has brought something other than bytes");
        this.#reports.chunk(value);
      }
    } catch (error) {
      this.#reports?.lost(error);
    }
  }
}
