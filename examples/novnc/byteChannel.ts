/** A byte transport in the shape in which noVNC takes its connection: that of a data channel. */
import type { ByteTransport } from "websocket-over/webrtc";

export class ByteChannel {
  binaryType = "arraybuffer";
  readonly protocol = "";
  readyState: "connecting" | "open" | "closing" | "closed" = "connecting";
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: Uint8Array }) => void) | null = null;
  onerror: ((event: { error: unknown }) => void) | null = null;
  onclose: ((event: { reason: string }) => void) | null = null;
  #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>> | undefined;
  #transport: ByteTransport | undefined;

  constructor(dialling: Promise<ByteTransport>) {
    this.#run(dialling).then(
      () => this.#end("the server has ended the connection"),
      (error: unknown) => {
        this.onerror?.({ error });
        this.#end(error instanceof Error ? error.message : String(error));
      },
    );
  }

  /** noVNC reuses the memory at once, so it is copied. */
  send(data: Uint8Array<ArrayBuffer>): void {
    this.#writer?.write(data.slice()).catch(() => undefined); // reading fails, too, and tells why
  }

  close(): void {
    if (this.readyState !== "closed") this.readyState = "closing";
    this.#writer?.close().catch(() => undefined);
    this.#transport?.close?.();
  }

  async #run(dialling: Promise<ByteTransport>): Promise<void> {
    const transport = (this.#transport = await dialling);
    this.#writer = transport.writable.getWriter();
    if (this.readyState !== "connecting") {
      this.close();
      return;
    }
    this.readyState = "open";
    this.onopen?.();
    for await (const data of transport.readable) this.onmessage?.({ data });
  }

  #end(reason: string): void {
    this.close(); // this end's direction is still open
    this.readyState = "closed";
    this.onclose?.({ reason });
  }
}
