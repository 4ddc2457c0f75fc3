/** One document of a page, as the test sees it, with its connections, until it is left. */
import type { Frame } from "@playwright/test";
import { messagePortTransport } from "../transports/messagePort.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { LinkPort } from "./linkPort.ts";
import { withBuffers, withViews } from "./portData.ts";
import { SCOPE_KEY, type LinkMessage, type PageSide } from "./protocol.ts";

export class PageDocument {
  readonly id: string;
  readonly frame: Frame;
  readonly #ports = new Map<string, LinkPort>();
  #outgoing: LinkMessage[] = [];
  #delivering: Promise<void> | undefined;
  readonly #lost: () => void;
  #isLost = false;

  /** `lost` is called once, when the document is gone. */
  constructor(id: string, frame: Frame, lost: () => void) {
    this.id = id;
    this.frame = frame;
    this.#lost = lost;
  }

  /** The number of its connections. */
  get size(): number {
    return this.#ports.size;
  }

  /** Returns the test's end of a connection that the page requested. */
  open(id: string): ByteTransport {
    const port = new LinkPort(
      (data) => this.#post([id, "data", withViews(data)]),
      () => this.#ports.delete(id),
    );
    this.#ports.set(id, port);
    return messagePortTransport(port);
  }

  has(id: string): boolean {
    return this.#ports.has(id);
  }

  receive(id: string, data: unknown): void {
    this.#ports.get(id)?.receive(withBuffers(data));
  }

  /** The page reports that nothing more will come, for example because a worker was terminated. */
  drop(id: string): void {
    this.#ports.get(id)?.lose();
    this.#ports.delete(id);
  }

  /** Whether the frame still shows this document. */
  async isCurrent(): Promise<boolean> {
    const find = (key: string): string | undefined => (globalThis as Scope)[Symbol.for(key)]?.documentId;
    return (await this.frame.evaluate(find, SCOPE_KEY).catch(() => undefined)) === this.id;
  }

  /** The document is gone, and so are its connections. */
  lose(): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#lost();
    this.#outgoing = [];
    for (const port of this.#ports.values()) port.lose();
    this.#ports.clear();
  }

  /** Resolves when all messages have been delivered, or can't be. */
  async settled(): Promise<void> {
    await this.#delivering;
  }

  #post(message: LinkMessage): void {
    if (this.#isLost) return;
    this.#outgoing.push(message);
    this.#delivering ??= this.#deliver();
  }

  /** Delivers messages in batches: those posted while the previous batch was being delivered. */
  async #deliver(): Promise<void> {
    await Promise.resolve();
    const deliver = ({
      key,
      documentId,
      messages,
    }: {
      key: string;
      documentId: string;
      messages: unknown;
    }): boolean => {
      const page = (globalThis as Scope)[Symbol.for(key)];
      if (page?.documentId !== documentId) return false;
      page.deliver(messages as LinkMessage[]);
      return true;
    };
    while (this.#outgoing.length > 0) {
      const messages = this.#outgoing.splice(0);
      const isThere = await this.frame
        .evaluate(deliver, { key: SCOPE_KEY, documentId: this.id, messages })
        .catch(() => false);
      if (!isThere) this.lose();
    }
    this.#delivering = undefined;
  }
}

type Scope = Record<symbol, PageSide | undefined>;
