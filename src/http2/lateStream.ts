/** An HTTP/2 stream that is opened later. Until then it collects listeners, and can be destroyed. */
import type { Listener } from "../transports/nodeDuplex.ts";
import type { NodeHttp2Stream, NodeHttp2StreamSession } from "./streamTransport.ts";

type Callback = (error?: Error | null) => void;

export class LateStream implements NodeHttp2Stream {
  allowHalfOpen = true;
  #stream: NodeHttp2Stream | undefined;
  #listeners: [event: string, listener: Listener][] = [];
  #isPaused = false;
  #isDestroyed = false;

  /** Forwards everything to this stream from now on. */
  open(stream: NodeHttp2Stream): void {
    this.#stream = stream;
    if (this.#isPaused) stream.pause();
    for (const [event, listener] of this.#listeners) stream.on(event, listener);
    this.#listeners = [];
  }

  on(event: string, listener: Listener): void {
    if (this.#stream === undefined) this.#listeners.push([event, listener]);
    else this.#stream.on(event, listener);
  }

  off(event: string, listener: Listener): void {
    this.#listeners = this.#listeners.filter((entry) => entry[0] !== event || entry[1] !== listener);
    this.#stream?.off(event, listener);
  }

  pause(): void {
    this.#isPaused = true;
    this.#stream?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#stream?.resume();
  }

  unshift(chunk: Uint8Array): void {
    this.#stream?.unshift(chunk);
  }

  write(chunk: Uint8Array, callback: Callback): boolean {
    if (this.#stream !== undefined) return this.#stream.write(chunk, callback);
    callback(unopened());
    return false;
  }

  end(callback: Callback): void {
    if (this.#stream !== undefined) {
      this.#stream.end(callback);
      return;
    }
    callback(unopened());
    this.destroy();
  }

  close(code?: number): void {
    if (this.#stream === undefined) this.destroy();
    else this.#stream.close(code);
  }

  destroy(): void {
    if (this.#stream !== undefined) {
      this.#stream.destroy();
      return;
    }
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    const closed = this.#listeners.filter(([event]) => event === "close");
    // Asynchronous, as for a stream of Node's.
    queueMicrotask(() => closed.forEach(([, listener]) => listener()));
  }

  get destroyed(): boolean {
    return this.#stream?.destroyed ?? this.#isDestroyed;
  }

  get readableEnded(): boolean {
    return this.#stream?.readableEnded ?? false;
  }

  get aborted(): boolean {
    return this.#stream?.aborted ?? false;
  }

  get rstCode(): number | undefined {
    return this.#stream?.rstCode;
  }

  get session(): NodeHttp2StreamSession | undefined {
    return this.#stream?.session;
  }
}

function unopened(): Error {
  return new Error("the request was not sent");
}
