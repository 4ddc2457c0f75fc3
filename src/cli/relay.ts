/** The relay beside the playground: a WebSocket of its page carries the bytes of one TCP or TLS connection. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { bridgeBytes } from "../bridge/index.ts";
import { WebSocketServer } from "../server/webSocketServer.ts";
import { discard } from "../stream/discard.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { dial } from "../transports/nodeDial.ts";
import { webSocketProtocol, webSocketTransport } from "../transports/webSocketTransport.ts";
import { complaint, UsageError } from "./failure.ts";
import { visible } from "./visible.ts";

/** Where the page finds it, below its own URL. */
export const RELAY_PATH = "/relay";

/** Enough for a person who looks at frames. */
const MAX_CONNECTIONS = 100;

/** The part of a request that names its sender. */
interface Asking {
  readonly url?: string | undefined;
  readonly headers: Pick<IncomingHttpHeaders, "host" | "origin">;
}

interface RelayOptions {
  /** The addresses that may be reached, from `parseAddress`. */
  readonly to: readonly string[];
  /** Options for TLS to them. */
  readonly tls: object;
  /** Called with a line about each connection. */
  readonly note: (line: string) => void;
}

/**
 * Returns an address in the form in which addresses are compared, `host:port`. Throws `UsageError` if the text is not
 * one.
 */
export function parseAddress(text: string): string {
  const url = URL.canParse(`ws://${text}`) ? new URL(`ws://${text}`) : undefined;
  const isAddress = url !== undefined && /:\d+$/.test(text) && url.pathname === "/" && !/[@?#/]/.test(text);
  if (!isAddress) throw new UsageError(`--to takes HOST:PORT, such as 127.0.0.1:8080, not ${visible(text)}`);
  // A URL drops its default port.
  return `${url.hostname}:${url.port || "80"}`;
}

/**
 * Only the page that the command serves may use it. Any page of a browser can reach this port, so a request needs the
 * token, which no other page knows; the page's own `Origin`; and a `Host` that names this machine, because a foreign
 * name may be pointed at it later (DNS rebinding).
 */
export class Relay {
  readonly token: string = randomBytes(32).toString("base64url");
  readonly to: readonly string[];
  readonly #options: RelayOptions;
  readonly #server: WebSocketServer;
  readonly #over = new AbortController();
  /** The authorities under which the page is served. */
  #hosts: readonly string[] = [];
  #connections = 0;

  constructor(options: RelayOptions) {
    this.to = options.to;
    this.#options = options;
    this.#server = new WebSocketServer({
      handleProtocols: (offered) => offered.has(webSocketProtocol) && webSocketProtocol,
      maxConnections: MAX_CONNECTIONS,
      origins: "any", // the check below is stricter
      closeTimeoutMs: 5000,
      verifyClient: ({ req }, verified) => {
        const refusal = this.refusalOf(req) ?? this.#refusalOfTarget(req);
        if (refusal === undefined) verified(true);
        else verified(false, 403, refusal);
      },
    });
    this.#server.on("connection", (socket, { url }) => void this.#join(webSocketTransport(socket), targetOf(url)));
  }

  /** Call it once the port is known. */
  serve(transports: AsyncIterable<ByteTransport>, port: number): void {
    this.#hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
    this.#server.serve(transports).catch((error: unknown) => this.#note(complaint(error)));
  }

  /** Why the `Host` is not one of this server, if so. */
  refusalOfHost({ headers: { host } }: Pick<Asking, "headers">): string | undefined {
    return host !== undefined && this.#hosts.includes(host.toLowerCase())
      ? undefined
      : "this name is not served here: use the URL that the command printed";
  }

  /** Why this request may not use the relay, if so. A WebSocket must have an `Origin`; the page's own GET has none. */
  refusalOf(asking: Asking, isWebSocket = true): string | undefined {
    const { origin, host } = asking.headers;
    const isOwn = origin === undefined ? !isWebSocket : origin === `http://${host ?? ""}`;
    if (!isOwn) return "this page may not use the relay";
    return (
      this.refusalOfHost(asking) ??
      (isSame(queryOf(asking.url).get("token") ?? "", this.token) ? undefined : "the token is wrong")
    );
  }

  /** Ends all connections. */
  close(): void {
    this.#over.abort(new Error("the command was stopped"));
  }

  #refusalOfTarget({ url }: Asking): string | undefined {
    return this.to.includes(targetOf(url).address) ? undefined : "the relay does not lead there: see --to";
  }

  async #join(near: ByteTransport, { scheme, address }: Target): Promise<void> {
    const name = `#${++this.#connections} ${scheme}://${address}`;
    this.#note(`${name} …`);
    const { signal } = this.#over;
    try {
      const far = await dial(`${scheme}://${address}`, { signal, tls: this.#options.tls }).catch((error: unknown) => {
        // A string travels to the page as the reason.
        discard(near, complaint(error));
        throw error;
      });
      await bridgeBytes(near, far, { signal });
      this.#note(`${name} ended`);
    } catch (error) {
      this.#note(`${name} ${signal.aborted ? "ended" : `failed: ${complaint(error)}`}`);
    }
  }

  #note(line: string): void {
    this.#options.note(visible(line));
  }
}

interface Target {
  readonly scheme: "ws" | "wss";
  readonly address: string;
}

/** What the page asks for, not checked. */
function targetOf(url: string | undefined): Target {
  const query = queryOf(url);
  return { scheme: query.has("tls") ? "wss" : "ws", address: query.get("to") ?? "" };
}

function queryOf(url = "/"): URLSearchParams {
  return URL.canParse(url, "http://host") ? new URL(url, "http://host").searchParams : new URLSearchParams();
}

/** In a time that does not depend on where they differ. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
