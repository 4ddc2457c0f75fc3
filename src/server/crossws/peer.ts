/** A connection as crossws hooks receive it. */
import type { Peer } from "../peer.ts";
import type { Upgrade } from "./hooks.ts";
import { randomId } from "./randomId.ts";
import { sendable, type CrosswsSendOptions } from "./sendable.ts";
import type { Topics } from "./topics.ts";

/** The options of `waitForDrain()` of a peer; see {@link crosswsAdapter}. */
export interface WaitForDrainOptions {
  /** How many bytes may still wait; 0 by default. */
  readonly threshold?: number | undefined;
  /** Polling interval, in milliseconds; 100 by default. */
  readonly pollInterval?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A client, as the hooks of {@link crosswsAdapter} get it. */
export class CrosswsPeer {
  readonly id: string = randomId();
  /** The request that opened the connection. */
  readonly request: Request;
  /** The underlying connection, with the API of ws. */
  readonly websocket: Peer;
  readonly context: Record<string, unknown>;
  readonly namespace: string;
  /** The topics that this peer subscribes to. */
  readonly topics: Set<string> = new Set();
  readonly #topics: Topics<CrosswsPeer>;
  readonly #fail: (error: unknown) => void;

  /** `fail` is called for errors that are not thrown. */
  constructor(
    request: Request,
    websocket: Peer,
    { context, namespace }: Upgrade,
    topics: Topics<CrosswsPeer>,
    fail: (error: unknown) => void,
  ) {
    this.request = request;
    this.websocket = websocket;
    this.context = context;
    this.namespace = namespace;
    this.#topics = topics;
    this.#fail = fail;
  }

  get remoteAddress(): string | undefined {
    return this.websocket._socket.remoteAddress;
  }

  /** All peers of the same namespace. */
  get peers(): Set<CrosswsPeer> {
    return this.#topics.peersOf(this.namespace);
  }

  get bufferedAmount(): number {
    return this.websocket.bufferedAmount;
  }

  /**
   * Sends a message. Strings, numbers and plain objects (as JSON) are sent as text; bytes and Blobs as binary. Returns
   * the number of bytes waiting to be sent. Throws `TypeError` for any other value.
   */
  send(data: unknown, options: CrosswsSendOptions = {}): number {
    this.websocket.send(sendable(data) as string, options);
    return this.bufferedAmount;
  }

  close(code?: number, reason?: string): void {
    this.websocket.close(code, reason);
  }

  terminate(): void {
    this.websocket.terminate();
  }

  /** Sends a Ping. An invalid payload is reported to the error hook. */
  ping(payload?: string | BufferSource): void {
    try {
      this.websocket.ping(payload);
    } catch (error) {
      this.#fail(error);
    }
  }

  subscribe(topic: string): void {
    this.topics.add(topic);
  }

  unsubscribe(topic: string): void {
    this.topics.delete(topic);
  }

  /** Sends to all other subscribers of the topic in the same namespace. */
  publish(topic: string, data: unknown, options: CrosswsSendOptions = {}): void {
    this.#topics.publishFrom(this, topic, data, options);
  }

  /** Resolves when at most `threshold` bytes wait, or the connection is closing. Rejects if the signal is aborted. */
  waitForDrain(options: WaitForDrainOptions = {}): Promise<void> {
    const { threshold = 0, pollInterval = 100, signal } = options;
    const isDrained = (): boolean =>
      this.bufferedAmount <= threshold || this.websocket.readyState > this.websocket.OPEN;
    if (isDrained()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const stop = (): void => {
        clearInterval(timer);
        signal?.removeEventListener("abort", giveUp);
      };
      const giveUp = (): void => {
        stop();
        reject(signal?.reason as Error);
      };
      const timer = setInterval(() => {
        if (!isDrained()) return;
        stop();
        resolve();
      }, pollInterval);
      signal?.addEventListener("abort", giveUp);
    });
  }

  toString(): string {
    return this.id;
  }

  [Symbol.toPrimitive](): string {
    return this.id;
  }

  get [Symbol.toStringTag](): string {
    return "WebSocket";
  }
}
