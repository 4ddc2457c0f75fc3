/**
 * Connects one browser context to a test's servers: the script in its pages, the binding that they call, their workers.
 */
import type { BrowserContext, Frame, Page } from "@playwright/test";
import { redactURL } from "../inspect/secrets.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { PageDocument } from "./pageDocument.ts";
import { pageScript } from "./pageScript.ts";
import { BINDING, type LinkMessage, type PageConfig, type ServerEntry } from "./protocol.ts";
import { routeWorkerScripts } from "./workerScripts.ts";

/** A server, as the bridge sees it. */
export interface BridgeServer extends ServerEntry {
  /** A page wants to connect. */
  connect(transport: ByteTransport, url: string, page: Page): void;
}

/**
 * Limits for what frames may request, because any page may run in one. A normal application needs a small part of this.
 */
const MAX_DOCUMENTS_OF_FRAME = 4;
const MAX_CONNECTIONS = 1000;
/** Each connection leaves its recording. */
const MAX_CONNECTIONS_EVER = 10_000;
const MAX_PASSED = 100;
const MAX_PASSED_LENGTH = 500;
const MAX_URL_LENGTH = 64 * 1024;
const MAX_ID_LENGTH = 64;

/** How long delivering the last messages to the pages may take when the test is over, in milliseconds. */
const LAST_WORDS_MS = 1000;

export class Bridge {
  /** URLs that pages connected to and that no server matches: the first ones, cut to a maximum length. */
  readonly passed: Set<string> = new Set();
  readonly #context: BrowserContext;
  readonly #workers: boolean;
  readonly #servers = new Map<number, BridgeServer>();
  readonly #documents = new Map<string, PageDocument>();
  /** Pages with listeners, each with a function that removes them. */
  readonly #watched = new Map<Page, () => void>();
  readonly #stops: (() => unknown)[] = [];
  #connections = 0;
  #closed = false;

  private constructor(context: BrowserContext, workers: boolean) {
    this.#context = context;
    this.#workers = workers;
  }

  static async install(context: BrowserContext, workers: boolean): Promise<Bridge> {
    const bridge = new Bridge(context, workers);
    await context.exposeBinding(BINDING, ({ page, frame }, documentId: unknown, message: unknown) =>
      bridge.#take(page, frame, documentId, message),
    );
    if (workers) bridge.#stops.push(await routeWorkerScripts(context, () => pageScript(bridge.#config)));
    return bridge;
  }

  /** Makes the server reachable for pages, including those already open. */
  async add(server: BridgeServer): Promise<void> {
    this.#servers.set(server.id, server);
    await this.#announce();
  }

  /** Refuses new connections to the server. */
  remove(server: BridgeServer): void {
    this.#servers.set(server.id, { ...server, connect: (transport) => transport.close?.() });
  }

  /** Stops listening to the pages, and leaves nothing behind in this process. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const stop of this.#stops) await stop();
    for (const stop of this.#watched.values()) stop();
    const told = Promise.all([...this.#documents.values()].map((document) => document.settled()));
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([told, new Promise((resolve) => (timer = setTimeout(resolve, LAST_WORDS_MS)))]);
    clearTimeout(timer);
    for (const document of this.#documents.values()) document.lose();
  }

  get #config(): PageConfig {
    const servers = [...this.#servers.values()].map(({ id, match, loopback }) => ({ id, match, loopback }));
    // Chromium 156 does not report requests for workers of workers; Firefox 153, over BiDi, does not report those for
    // shared workers.
    const isChromium = this.#context.browser()?.browserType().name() === "chromium";
    const workers = this.#workers;
    return { servers, workers, nestedWorkers: workers && !isChromium, sharedWorkers: workers && isChromium };
  }

  async #announce(): Promise<void> {
    const script = pageScript(this.#config);
    await this.#context.addInitScript({ content: script });
    for (const page of this.#context.pages()) {
      for (const frame of page.frames()) await frame.evaluate(script).catch(() => undefined); // the frame may be going away
    }
  }

  /** Handles a message from a page. If it throws, the promise of the page's binding call rejects. */
  #take(page: Page, frame: Frame, documentId: unknown, message: unknown): void {
    if (this.#closed) throw new Error("the test's WebSocket servers are closed");
    if (!isId(documentId) || !isMessage(message)) {
      throw new TypeError(`${BINDING} is internal to websocket-over, and was called with an invalid message`);
    }
    const document = this.#documents.get(documentId);
    if (document !== undefined && document.frame !== frame)
      throw new TypeError("this document belongs to another frame");
    const [id, type] = message;
    switch (type) {
      case "passed":
        if (this.passed.size < MAX_PASSED) this.passed.add(redactURL(message[2].slice(0, MAX_PASSED_LENGTH)));
        break;
      case "open":
        this.#open(page, frame, documentId, id, message[2], message[3]);
        break;
      // For an unknown or closed document, these messages concern a connection that has already ended.
      case "data":
        document?.receive(id, message[2]);
        break;
      case "gone":
        document?.drop(id);
        break;
    }
  }

  #open(page: Page, frame: Frame, documentId: string, id: string, serverId: number, url: string): void {
    const server = this.#servers.get(serverId);
    if (server === undefined || !new RegExp(server.match.source, server.match.flags).test(url)) {
      throw new TypeError("there is no such server, or it does not serve this URL");
    }
    if (this.#documents.get(documentId)?.has(id) === true) throw new TypeError("this connection already exists");
    const open = [...this.#documents.values()].reduce((sum, document) => sum + document.size, 0);
    if (open >= MAX_CONNECTIONS || this.#connections >= MAX_CONNECTIONS_EVER) {
      throw new TypeError(`more than ${MAX_CONNECTIONS} connections at a time, or ${MAX_CONNECTIONS_EVER} in one test`);
    }
    this.#connections++;
    const document = this.#documents.get(documentId) ?? this.#meet(page, frame, documentId);
    server.connect(document.open(id), url, page);
  }

  /**
   * Returns the record of a new document. A frame shows one document at a time, so when it has too many, the oldest are
   * gone.
   */
  #meet(page: Page, frame: Frame, id: string): PageDocument {
    if (!this.#watched.has(page)) this.#watch(page);
    const others = [...this.#documents.values()].filter((document) => document.frame === frame);
    others.slice(0, Math.max(0, others.length + 1 - MAX_DOCUMENTS_OF_FRAME)).forEach((document) => document.lose());
    const document = new PageDocument(id, frame, () => this.#documents.delete(id));
    this.#documents.set(id, document);
    return document;
  }

  /** A page does not report that it was left, but its frames do. */
  #watch(page: Page): void {
    const of = (isGone: (document: PageDocument) => boolean): void =>
      [...this.#documents.values()].filter(isGone).forEach((document) => document.lose());
    const navigated = (frame: Frame): void => {
      for (const document of this.#documents.values()) {
        if (document.frame !== frame) continue;
        void document.isCurrent().then((isCurrent) => {
          if (!isCurrent) document.lose();
        });
      }
    };
    const detached = (frame: Frame): void => of((document) => document.frame === frame);
    const gone = (): void => of((document) => document.frame.page() === page);
    const closed = (): void => {
      gone();
      stop();
      this.#watched.delete(page);
    };
    const stop = (): void =>
      void page.off("framenavigated", navigated).off("framedetached", detached).off("crash", gone).off("close", closed);
    page.on("framenavigated", navigated).on("framedetached", detached).on("crash", gone).on("close", closed);
    this.#watched.set(page, stop);
  }
}

function isId(id: unknown): id is string {
  return typeof id === "string" && id !== "" && id.length <= MAX_ID_LENGTH;
}

function isMessage(message: unknown): message is Exclude<LinkMessage, readonly ["", "servers", unknown]> {
  if (!Array.isArray(message)) return false;
  const [id, type, first, second] = message as unknown[];
  switch (type) {
    case "open":
      return isId(id) && typeof first === "number" && isWebSocketURL(second);
    case "data":
      return isId(id) && message.length === 3;
    case "gone":
      // With the empty id, a worker is gone.
      return (id === "" || isId(id)) && message.length === 2;
    case "passed":
      return id === "" && typeof first === "string";
    default:
      return false;
  }
}

function isWebSocketURL(url: unknown): boolean {
  return typeof url === "string" && url.length <= MAX_URL_LENGTH && /^wss?:/.test(url) && URL.canParse(url);
}
