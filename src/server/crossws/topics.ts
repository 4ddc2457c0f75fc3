/** Who hears what is published: the peers of a namespace, here and, over a relay, at other instances. */
import { viewOf } from "../../core/bytes.ts";
import { report } from "../../stream/report.ts";
import { randomId } from "./randomId.ts";
import { sendable, type CrosswsSendOptions } from "./sendable.ts";

/** What goes to other instances. */
export interface SyncMessage {
  /** Empty if it is for all namespaces. */
  readonly namespace: string;
  readonly topic: string;
  readonly data: string | Uint8Array;
}

/** A way to other instances, such as those of `crossws/sync`. It does not bring back what was given to it. */
export interface SyncDriver {
  subscribe(deliver: (message: SyncMessage) => void): unknown;
  publish(message: SyncMessage): unknown;
  close?(): unknown;
}

export type SyncAdapter = (instance: { id: string }) => SyncDriver;

export interface SyncOptions {
  readonly sync?: SyncAdapter;
  /** Is told when `sync` fails. By default that is a warning, or an `error` event of the page. */
  readonly onError?: (error: unknown, context: { readonly stage: "subscribe" | "publish" | "delivery" }) => void;
}

export interface PublishOptions extends CrosswsSendOptions {
  /** All, by default. */
  readonly namespace?: string;
}

/** A peer, as far as topics know it. */
interface Subscriber {
  readonly namespace: string;
  readonly topics: ReadonlySet<string>;
  send(data: unknown, options: CrosswsSendOptions): unknown;
}

export class Topics<Peer extends Subscriber> {
  /** By namespace; one that has no peers is not there. */
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
    this.#send({ namespace, topic, data }, options);
    this.#relay(namespace, topic, data);
  }

  publishFrom(peer: Peer, topic: string, data: unknown, options: CrosswsSendOptions): void {
    this.#send({ namespace: peer.namespace, topic, data }, options, peer);
    this.#relay(peer.namespace, topic, data);
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
    this.#attempt("publish", () => {
      const content = sendable(data);
      const message = { namespace, topic, data: typeof content === "string" ? content : viewOf(content) };
      return this.#sync?.publish(message);
    });
  }

  /** What fails here, now or later, is not the publisher's affair. */
  #attempt(stage: "subscribe" | "publish" | "delivery", act: () => unknown): void {
    const fail = (error: unknown): void => this.#onError(error, { stage });
    try {
      Promise.resolve(act()).catch(fail);
    } catch (error) {
      fail(error);
    }
  }
}

function reportFailure(error: unknown, { stage }: { readonly stage: string }): void {
  report(new Error(`the ${stage} of a sync adapter failed`, { cause: error }));
}
