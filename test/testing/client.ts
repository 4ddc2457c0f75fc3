/** A client under test that records its events. */
import { toHex } from "../support/wire.ts";

export class Client {
  readonly socket: WebSocket;
  /** Messages, bytes in hex, and the close. */
  readonly log: string[] = [];
  readonly opened: Promise<void>;
  readonly closed: Promise<CloseEvent>;
  /** The cause of the `error` event. */
  failure: unknown;
  #changed = (): void => {};

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }: MessageEvent<string | ArrayBuffer>) =>
      this.#note(typeof data === "string" ? data : toHex(new Uint8Array(data))),
    );
    socket.addEventListener("error", (event) => (this.failure = (event as { cause?: unknown }).cause));
    this.opened = new Promise((resolve) => socket.addEventListener("open", () => resolve()));
    this.closed = new Promise((resolve) =>
      socket.addEventListener("close", (event) => {
        this.#note(`close ${event.code}`);
        resolve(event);
      }),
    );
  }

  /** Waits until this many entries exist. */
  async messages(count: number): Promise<void> {
    while (this.log.length < count) await new Promise<void>((resolve) => (this.#changed = resolve));
  }

  #note(entry: string): void {
    this.log.push(entry);
    this.#changed();
  }
}
