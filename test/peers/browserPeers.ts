/** The web platform's WebSocket as a client of ours: undici's in Node, and the native one of Chromium. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { chromium, type JSHandle } from "playwright";
import { WebSocket as UndiciWebSocket } from "undici";
import { requireChromium } from "../support/chromium.ts";
import type { Foreign, Kind, OpenOptions } from "./foreign.ts";
import { Mailbox } from "./mailbox.ts";
import { acceptChat, OurServer } from "./tcp.ts";

const can = {
  fragments: false,
  ping: false,
  tellPings: false,
  drop: false,
  // What the platform allows to send.
  closeWith: [1000, 3000, 4999, undefined],
  beClosedWith: [1000, 3000, 4999, 1014, undefined],
};

export const undiciClient: Kind = {
  name: "our server, the WebSocket of undici",
  ours: "server",
  // undici 8.12 takes a byte order mark away.
  can: { ...can, headers: ["Origin", "X-Custom"], receiveByteOrderMark: false, compress: { sends: false } },
  async start(compression) {
    const server = await OurServer.listen(acceptChat, { extensions: compression?.ours ?? [] });
    return {
      async open({ subprotocols = [], headers = {} }: OpenOptions = {}) {
        const socket = new UndiciWebSocket(server.url, { protocols: [...subprotocols], headers });
        const ours = await server.next();
        const theirs = new UndiciPeer(socket);
        await theirs.open;
        return { ours, theirs };
      },
      stop: () => server.close(),
    };
  },
};

export const chromiumClient: Kind = {
  name: "our server, the WebSocket of Chromium",
  ours: "server",
  can: { ...can, headers: ["Origin"], receiveByteOrderMark: true, compress: { sends: true } },
  async start(compression) {
    const server = await OurServer.listen(acceptChat, { extensions: compression?.ours ?? [] });
    const web = createServer((_, response) => response.setHeader("content-type", "text/html").end("<!doctype html>"));
    await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
    const browser = await chromium.launch({ executablePath: requireChromium() });
    const page = await browser.newPage();
    const origin = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
    await page.goto(origin);
    return {
      origin,
      async open({ subprotocols = [] }: OpenOptions = {}) {
        const handle = await page.evaluateHandle(openInPage, { url: server.url, subprotocols: [...subprotocols] });
        const ours = await server.next();
        const subprotocol = await handle.evaluate(({ socket }) => socket.protocol);
        return { ours, theirs: new ChromiumPeer(handle, subprotocol) };
      },
      async stop() {
        await browser.close();
        web.close();
        await server.close();
      },
    };
  },
};

class UndiciPeer implements Foreign {
  readonly open: Promise<unknown>;
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #socket: UndiciWebSocket;
  readonly #messages = new Mailbox<string | Uint8Array>();

  constructor(socket: UndiciWebSocket) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    this.open = new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", () => reject(new Error("undici did not open the connection")));
    });
    this.closed = new Promise((resolve) => {
      socket.addEventListener("close", ({ code, reason }) => resolve({ code, reason }));
    });
    socket.addEventListener("message", ({ data }: { data: string | ArrayBuffer }) => {
      this.#messages.put(typeof data === "string" ? data : new Uint8Array(data));
    });
  }

  get subprotocol(): string {
    return this.#socket.protocol;
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    this.#socket.send(data);
  }

  message(): Promise<string | Uint8Array> {
    return this.#messages.take("message");
  }

  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason);
  }
}

/** What stays in the page. Bytes cross over as strings of Latin-1. */
interface InPage {
  readonly socket: WebSocket;
  readonly closed: Promise<{ code: number; reason: string }>;
  next(): Promise<{ text: string } | { latin1: string }>;
}

class ChromiumPeer implements Foreign {
  readonly subprotocol: string;
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #handle: JSHandle<InPage>;

  constructor(handle: JSHandle<InPage>, subprotocol: string) {
    this.#handle = handle;
    this.subprotocol = subprotocol;
    this.closed = handle.evaluate((inPage) => inPage.closed);
    this.closed.catch(() => {}); // the page goes on to the next test
  }

  async send(data: string | Uint8Array): Promise<void> {
    if (typeof data === "string") {
      await this.#handle.evaluate(({ socket }, text) => socket.send(text), data);
      return;
    }
    await this.#handle.evaluate(
      ({ socket }, latin1) => socket.send(Uint8Array.from(latin1, (character) => character.charCodeAt(0))),
      Buffer.from(data).toString("latin1"),
    );
  }

  async message(): Promise<string | Uint8Array> {
    const message = await this.#handle.evaluate((inPage) => inPage.next());
    return "text" in message ? message.text : new Uint8Array(Buffer.from(message.latin1, "latin1"));
  }

  async close(code?: number, reason?: string): Promise<void> {
    if (code === undefined) await this.#handle.evaluate(({ socket }) => socket.close());
    else await this.#handle.evaluate(({ socket }, how) => socket.close(how.code, how.reason), { code, reason });
  }
}

/** Runs in the page, so it may use nothing of this file. */
function openInPage({ url, subprotocols }: { url: string; subprotocols: string[] }): Promise<InPage> {
  const socket = new WebSocket(url, subprotocols);
  socket.binaryType = "arraybuffer";
  const messages: ({ text: string } | { latin1: string })[] = [];
  let arrived = (): void => {};
  socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
    if (typeof data === "string") messages.push({ text: data });
    else messages.push({ latin1: Array.from(new Uint8Array(data), (byte) => String.fromCharCode(byte)).join("") });
    arrived();
  };
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.onclose = ({ code, reason }) => resolve({ code, reason });
  });
  const next: InPage["next"] = async () => {
    while (messages.length === 0) await new Promise<void>((resolve) => (arrived = resolve));
    return messages.shift()!;
  };
  return new Promise((resolve, reject) => {
    socket.onopen = () => resolve({ socket, closed, next });
    socket.onerror = () => reject(new Error("Chromium did not open the connection"));
  });
}
