/** Delivers published messages to the peers of a namespace, here and, through a relay, on other instances. */
import { isBufferSource, textOrBytes, viewOf } from "../../core/bytes.ts";
import { report } from "../../stream/report.ts";
import { randomId } from "./randomId.ts";
import { sendable, type CrosswsSendOptions } from "./sendable.ts";

/**
 * A message to other instances.
 *
 * @see {@link SyncAdapter}
 */
export interface SyncMessage {
  /** Empty for all namespaces. */
  readonly namespace: string;
  readonly topic: string;
  readonly data: string | Uint8Array;
}

/**
 * A connection to other instances, such as those of `crossws/sync`. It does not echo what this instance published.
 *
 * @see {@link SyncAdapter}
 */
export interface SyncDriver {
  subscribe(deliver: (message: SyncMessage) => void): unknown;
  publish(message: SyncMessage): unknown;
  close?(): unknown;
}

/**
 * Connects an instance of your server to the others; the `sync` option of {@link crosswsAdapter}. Those of
 * `crossws/sync` fit.
 *
 * @example
 * ```ts
 * import { defineHooks } from "crossws";
 * import { pipe } from "websocket-over/pipe";
 * import { crosswsAdapter, type SyncAdapter, type SyncMessage } from "websocket-over/server";
 * import { connect } from "websocket-over/stream";
 *
 * const instances = new Map<string, (message: SyncMessage) => void>(); // stands for Redis
 * const sync: SyncAdapter = ({ id }) => ({
 *   subscribe: (deliver) => instances.set(id, deliver),
 *   publish: (message) => instances.forEach((deliver, other) => other !== id && deliver(message)),
 * });
 * const hooks = defineHooks({ open: (peer) => peer.subscribe("news") });
 * const [near, far] = [crosswsAdapter({ hooks, sync }), crosswsAdapter({ hooks, sync })];
 * const [client, end] = pipe();
 * far.handleTransport(end);
 * const session = await connect(client);
 * near.publish("news", "to all instances");
 * console.log(await session.receive()); // → to all instances
 * await Promise.all([near.close(), far.close()]);
 * ```
 */
export type SyncAdapter = (instance: { id: string }) => SyncDriver;

export interface SyncOptions {
  readonly sync?: SyncAdapter | undefined;
  /** Called when `sync` fails. By default the error is reported as a warning, or as an `error` event of the page. */
  readonly onError?:
    ((error: unknown, context: { readonly stage: "subscribe" | "publish" | "delivery" }) => void) | undefined;
}

/** The options of `publish()` of {@link crosswsAdapter}. */
export interface PublishOptions extends CrosswsSendOptions {
  /** All namespaces by default. */
  readonly namespace?: string | undefined;
}

/** The part of a peer that topics use. */
interface Subscriber {
  readonly namespace: string;
  readonly topics: ReadonlySet<string>;
  send(data: unknown, options: CrosswsSendOptions): unknown;
}

export class Topics<Peer extends Subscriber> {
  /** Keyed by namespace. A namespace without peers is removed. */
  readonly peers: Map<string, Set<Peer>> = new Map();
  readonly #sync: SyncDriver | undefined;
  readonly #onError: NonNullable<SyncOptions["onError"]>;

  constructor({ sync, onError = reportFailure }: SyncOptions) {
    this.#onError = onError;
    this.#sync = sync?.({ id: randomId() });
    this.#attempt("subscribe", () => this.#sync?.subscribe((message) => this.#deliver(message)));
  }

  add(peer: Peer): void {
    const peers = this.peersOf(peer.namespace).add(peer);
    this.peers.set(peer.namespace, peers);
  }

  remove(peer: Peer): void {
    const peers = this.peersOf(peer.namespace);
    peers.delete(peer);
    if (peers.size === 0) this.peers.delete(peer.namespace);
  }

  peersOf(namespace: string): Set<Peer> {
    return this.peers.get(namespace) ?? new Set();
  }

  publish(topic: string, data: unknown, { namespace = "", ...options }: PublishOptions = {}): void {
    const content = checked(data);
    this.#send({ namespace, topic, data: content }, options);
    this.#relay(namespace, topic, content);
  }

  publishFrom(peer: Peer, topic: string, data: unknown, options: CrosswsSendOptions): void {
    const content = checked(data);
    this.#send({ namespace: peer.namespace, topic, data: content }, options, peer);
    this.#relay(peer.namespace, topic, content);
  }

  async close(): Promise<void> {
    await this.#sync?.close?.();
  }

  #send(
    { namespace, topic, data }: { namespace: string; topic: string; data: unknown },
    options: CrosswsSendOptions,
    except?: Peer,
  ): void {
    for (const peers of namespace === "" ? this.peers.values() : [this.peersOf(namespace)]) {
      for (const peer of peers) {
        if (peer !== except && peer.topics.has(topic)) peer.send(data, options);
      }
    }
  }

  #deliver(message: SyncMessage): void {
    this.#attempt("delivery", () => this.#send(message, {}));
  }

  #relay(namespace: string, topic: string, data: unknown): void {
    if (this.#sync === undefined) return;
    this.#attempt("publish", () => this.#sync?.publish({ namespace, topic, data: textOrBytes(data) }));
  }

  /** A failure here, thrown or rejected, must not reach the publisher. */
  #attempt(stage: "subscribe" | "publish" | "delivery", act: () => unknown): void {
    const fail = (error: unknown): void => this.#onError(error, { stage });
    try {
      Promise.resolve(act()).catch(fail);
    } catch (error) {
      fail(error);
    }
  }
}

/** Throws `TypeError` for what can't be sent, even if nobody subscribes. */
function checked(data: unknown): unknown {
  const content = sendable(data);
  return isBufferSource(content) ? viewOf(content) : content;
}

function reportFailure(error: unknown, { stage }: { readonly stage: string }): void {
  report(new Error(`the ${stage} of a sync adapter failed`, { cause: error }));
}
