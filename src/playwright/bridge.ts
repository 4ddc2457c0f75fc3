/** Joins one browser context to the servers of a test: the script in its pages, the binding they call, their workers. */
import type { BrowserContext, Frame, Page } from "@playwright/test";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { PageDocument } from "./pageDocument.ts";
import { pageScript } from "./pageScript.ts";
import { BINDING, type LinkMessage, type PageConfig, type ServerEntry } from "./protocol.ts";
import { routeWorkerScripts } from "./workerScripts.ts";

/** A server, as the bridge reaches it. */
export interface BridgeServer extends ServerEntry {
  /** A page wants to connect. */
  connect(transport: ByteTransport, url: string, page: Page): void;
}

/** How long the last words to the pages may take when the test is over, in milliseconds. */
const LAST_WORDS_MS = 1000;

export class Bridge {
  /** URLs that pages have connected to and no server stood for. */
  readonly passed: Set<string> = new Set();
  readonly #context: BrowserContext;
  readonly #workers: boolean;
  readonly #servers = new Map<number, BridgeServer>();
  readonly #documents = new Map<string, PageDocument>();
  readonly #stops: (() => unknown)[] = [];
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

  /** From now on pages reach this server, those that are there already, too. */
  async add(server: BridgeServer): Promise<void> {
    this.#servers.set(server.id, server);
    await this.#announce();
  }

  /** What comes for it now is refused. */
  remove(server: BridgeServer): void {
    this.#servers.set(server.id, { ...server, connect: (transport) => transport.close?.() });
  }

  /** Takes nothing more of the pages, and leaves nothing behind in this process. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const stop of this.#stops) await stop();
    const told = Promise.all([...this.#documents.values()].map((document) => document.settled()));
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([told, new Promise((resolve) => (timer = setTimeout(resolve, LAST_WORDS_MS)))]);
    clearTimeout(timer);
    for (const document of this.#documents.values()) document.lose();
    this.#documents.clear();
  }

  get #config(): PageConfig {
    const servers = [...this.#servers.values()].map(({ id, match, loopback }) => ({ id, match, loopback }));
    // Chromium 156 does not tell of the requests for workers of workers, nor Firefox 153, over BiDi, of shared workers.
    const isChromium = this.#context.browser()?.browserType().name() === "chromium";
    const workers = this.#workers;
    return { servers, workers, nestedWorkers: workers && !isChromium, sharedWorkers: workers && isChromium };
  }

  async #announce(): Promise<void> {
    const script = pageScript(this.#config);
    await this.#context.addInitScript({ content: script });
    for (const page of this.#context.pages()) {
      for (const frame of page.frames()) await frame.evaluate(script).catch(() => undefined); // it may be going away
    }
  }

  /** What a page has told. Thrown errors reject the promise that its call of the binding has returned. */
  #take(page: Page, frame: Frame, documentId: unknown, message: unknown): void {
    if (this.#closed) throw new Error("the test's WebSocket servers are closed");
    if (typeof documentId !== "string" || !isMessage(message)) {
      throw new TypeError(`${BINDING} is for websocket-over alone, and was called with what it never sends`);
    }
    const [id, type] = message;
    if (type === "passed") {
      this.passed.add(message[2]);
      return;
    }
    const document = this.#documents.get(documentId) ?? this.#meet(page, frame, documentId);
    if (type === "open") this.#open(page, document, id, message[2], message[3]);
    else if (type === "data") document.receive(id, message[2]);
    else document.drop(id);
  }

  #open(page: Page, document: PageDocument, id: string, serverId: number, url: string): void {
    const server = this.#servers.get(serverId);
    if (server === undefined || document.has(id)) throw new TypeError("there is no such server, or no such connection");
    server.connect(document.open(id), url, page);
  }

  #meet(page: Page, frame: Frame, id: string): PageDocument {
    if (![...this.#documents.values()].some((document) => document.frame.page() === page)) this.#watch(page);
    const document = new PageDocument(id, frame);
    this.#documents.set(id, document);
    return document;
  }

  /** Pages do not tell when they are left: their frames do. */
  #watch(page: Page): void {
    const forget = (document: PageDocument): void => {
      document.lose();
      this.#documents.delete(document.id);
    };
    const of = (isGone: (document: PageDocument) => boolean): void =>
      [...this.#documents.values()].filter(isGone).forEach(forget);
    const navigated = (frame: Frame): void => {
      for (const document of this.#documents.values()) {
        if (document.frame !== frame) continue;
        void document.isCurrent().then((isCurrent) => {
          if (!isCurrent) forget(document);
        });
      }
    };
    const detached = (frame: Frame): void => of((document) => document.frame === frame);
    const gone = (): void => of((document) => document.frame.page() === page);
    page.on("framenavigated", navigated).on("framedetached", detached).on("crash", gone).on("close", gone);
    this.#stops.push(() =>
      page.off("framenavigated", navigated).off("framedetached", detached).off("crash", gone).off("close", gone),
    );
  }
}

function isMessage(message: unknown): message is Exclude<LinkMessage, readonly ["", "servers", unknown]> {
  if (!Array.isArray(message) || typeof message[0] !== "string") return false;
  const [id, type, first, second] = message as unknown[];
  switch (type) {
    case "open":
      return id !== "" && typeof first === "number" && typeof second === "string" && URL.canParse(second);
    case "data":
      return id !== "" && message.length === 3;
    case "gone":
      return message.length === 2;
    case "passed":
      return typeof first === "string";
    default:
      return false;
  }
}
