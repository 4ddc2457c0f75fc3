/** The links of one page or worker: up to the test, and down to the workers that connect through it. */
import { messagePortTransport } from "../../transports/messagePort.ts";
import type { ByteTransport } from "../../transports/byteTransport.ts";
import { LinkPort } from "../linkPort.ts";
import { buffersIn } from "../portData.ts";
import type { LinkMessage, ServerEntry } from "../protocol.ts";

/** A link towards the test. */
export interface Upstream {
  send(message: LinkMessage, transfer: Transferable[]): void;
}

/** A link that may not exist yet: messages are queued until it does. A connection keeps its link. */
class Way implements Upstream {
  target: Upstream | undefined;
  #early: { message: LinkMessage; transfer: Transferable[] }[] = [];

  send(message: LinkMessage, transfer: Transferable[]): void {
    if (this.target === undefined) this.#early.push({ message, transfer });
    else this.target.send(message, transfer);
  }

  lead(target: Upstream): void {
    this.target = target;
    for (const { message, transfer } of this.#early.splice(0)) target.send(message, transfer);
  }
}

interface Sink {
  readonly way: Way;
  take(message: LinkMessage): void;
}

export class Hub {
  servers: readonly ServerEntry[];
  readonly #sinks = new Map<string, Sink>();
  readonly #children = new Set<MessagePort>();
  /** For new connections. */
  #way = new Way();

  constructor(servers: readonly ServerEntry[]) {
    this.servers = servers;
  }

  /** Routes new connections through this link from now on. */
  connect(upstream: Upstream): void {
    if (this.#way.target !== undefined) this.#way = new Way();
    this.#way.lead(upstream);
  }

  /** Opens a connection to a server of the test. */
  dial(server: number, url: string): ByteTransport {
    const id = randomId();
    const way = this.#way;
    const port = new LinkPort(
      (data, transfer) => way.send([id, "data", data], transfer),
      () => this.#sinks.delete(id),
    );
    this.#sinks.set(id, {
      way,
      take: ([, type, data]) => (type === "data" ? port.receive(data) : port.lose()),
    });
    way.send([id, "open", server, url], []); // before the transport's first message
    return messagePortTransport(port);
  }

  /** Reports a connection that goes elsewhere to the test. */
  notePassed(url: string): void {
    this.#way.send(["", "passed", url], []);
  }

  /** Handles a message from above. */
  deliver(message: LinkMessage): void {
    if (message[1] === "servers") this.setServers(message[2]);
    else this.#sinks.get(message[0])?.take(message);
  }

  setServers(servers: readonly ServerEntry[]): void {
    this.servers = servers;
    for (const child of this.#children) child.postMessage(["", "servers", servers] satisfies LinkMessage);
  }

  /** An upward link is gone, with its connections. New connections wait for another link. */
  lose(upstream: Upstream): void {
    for (const [id, sink] of this.#sinks) if (sink.way.target === upstream) sink.take([id, "gone"]);
    if (this.#way.target === upstream) this.#way = new Way();
  }

  /** Takes the link of a worker. Returns a function that reports that the worker is gone. */
  adopt(child: MessagePort): () => void {
    const ids = new Set<string>();
    const way = this.#way;
    const leave = (): void => {
      for (const id of ids) {
        this.#sinks.delete(id);
        way.send([id, "gone"], []);
      }
      ids.clear();
      this.#children.delete(child);
      child.close();
    };
    this.#children.add(child);
    child.onmessage = ({ data }: MessageEvent<LinkMessage>) => {
      const [id, type] = data;
      if (type === "open") {
        ids.add(id);
        this.#sinks.set(id, { way, take: (message) => child.postMessage(message, buffersOf(message)) });
      }
      way.send(data, buffersOf(data));
      if (type === "gone") {
        if (id === "") {
          leave();
          return;
        }
        ids.delete(id);
        this.#sinks.delete(id);
      }
    };
    return leave;
  }
}

/** A worker's link: a port to the page or worker that created it. */
export function portUpstream(port: MessagePort, hub: Hub): Upstream {
  const upstream: Upstream = { send: (message, transfer) => port.postMessage(message, transfer) };
  port.onmessage = ({ data }: MessageEvent<LinkMessage>) => hub.deliver(data);
  // Fires, in browsers that support it, when the page through which a shared worker was reached is gone.
  port.addEventListener("close", () => hub.lose(upstream));
  return upstream;
}

function buffersOf(message: LinkMessage): ArrayBuffer[] {
  return message[1] === "data" ? buffersIn(message[2]) : [];
}

export function randomId(): string {
  return crypto.getRandomValues(new Uint32Array(3)).join(".");
}
