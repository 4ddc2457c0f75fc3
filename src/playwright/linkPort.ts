/** A message port for a transport, over a link that several ports share. */
import type { Port } from "../transports/messagePort.ts";

type Listener = (event: Event) => void;

export class LinkPort implements Port {
  readonly #post: (data: unknown, transfer: ArrayBuffer[]) => void;
  readonly #close: () => void;
  readonly #listeners: { readonly type: string; readonly listener: Listener }[] = [];
  #isClosed = false;

  /** `close` is called once, when this end is closed. */
  constructor(post: (data: unknown, transfer: ArrayBuffer[]) => void, close: () => void) {
    this.#post = post;
    this.#close = close;
  }

  postMessage(message: unknown, transfer: ArrayBuffer[]): void {
    if (!this.#isClosed) this.#post(message, transfer);
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.push({ type, listener });
  }

  /** Nothing arrives before there are listeners: the link delivers later. */
  start(): void {}

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#close();
  }

  /** Delivers a message. */
  receive(data: unknown): void {
    this.#tell("message", data);
  }

  /** The other end is gone. */
  lose(): void {
    this.#tell("close");
  }

  #tell(type: string, data?: unknown): void {
    if (this.#isClosed) return;
    for (const one of this.#listeners) if (one.type === type) one.listener({ type, data } as unknown as Event);
  }
}
