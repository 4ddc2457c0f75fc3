/** A connection as the hooks of crossws are given it. */
import type { Peer } from "../peer.ts";
import type { Upgrade } from "./hooks.ts";
import { randomId } from "./randomId.ts";
import { sendable, type CrosswsSendOptions } from "./sendable.ts";
import type { Topics } from "./topics.ts";

export interface WaitForDrainOptions {
  /** How many bytes may still wait; none by default. */
  readonly threshold?: number;
  /** How often to look, in milliseconds. */
  readonly pollInterval?: number;
  readonly signal?: AbortSignal;
}

export class CrosswsPeer {
  readonly id: string = randomId();
  /** The request that opened the connection. */
  readonly request: Request;
  /** The connection itself, in the shape of ws. */
  readonly websocket: Peer;
  readonly context: Record<string, unknown>;
  readonly namespace: string;
  /** What the peer has subscribed to. */
  readonly topics: Set<string> = new Set();
  readonly #topics: Topics<CrosswsPeer>;
  readonly #fail: (error: unknown) => void;

  /** `fail` is told what went wrong where nothing is thrown. */
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
   * Sends a message: strings, numbers and plain objects, as JSON, go as text, bytes and Blobs as bytes. Returns the bytes
   * that wait to be sent. `TypeError` for what is none of these.
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

  /** Sends a Ping. A payload that can't be sent is told to the error hook. */
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

  /** Sends to all others of the namespace that have subscribed to the topic. */
  publish(topic: string, data: unknown, options: CrosswsSendOptions = {}): void {
    this.#topics.publishFrom(this, topic, data, options);
  }

  /** Fulfilled when no more than `threshold` bytes wait, or the connection is closing; rejected when the signal says so. */
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
