/** A server over transports that calls crossws hooks, as written for Nitro and h3. */
import { CloseCode } from "../../core/closeCodes.ts";
import { checkOptions, type OptionTable } from "../../core/options.ts";
import { headersFrom } from "../../handshake/headReader.ts";
import type { MessageBytes } from "../messageBytes.ts";
import type { Peer } from "../peer.ts";
import { report } from "../../stream/report.ts";
import { orTimeout } from "../../stream/serve.ts";
import { urlOf, type UpgradeRequest } from "../request.ts";
import type { ByteTransport } from "../../transports/byteTransport.ts";
import {
  serverTable,
  WebSocketServer,
  type ClientInfo,
  type HandleOptions,
  type Verified,
  type WebSocketServerOptions,
} from "../webSocketServer.ts";
import { ConnectionHooks, type HookOptions, type Upgrade } from "./hooks.ts";
import { CrosswsMessage } from "./message.ts";
import { CrosswsPeer } from "./peer.ts";
import { Topics, type PublishOptions, type SyncOptions } from "./topics.ts";

/** The options of {@link crosswsAdapter}. */
export interface CrosswsOptions extends HookOptions, SyncOptions {
  /** Disconnects a client that answers no ping for this long, in seconds; 30 by default, 0 for never. */
  readonly idleTimeout?: number | undefined;
  /** Options of the underlying server: origins, limits, extensions, … */
  readonly serverOptions?: Omit<WebSocketServerOptions, "verifyClient" | "handleProtocols"> | undefined;
}

/** What {@link crosswsAdapter} returns. */
export interface CrosswsAdapter {
  /** The open peers, by namespace. */
  readonly peers: Map<string, Set<CrosswsPeer>>;
  /** The underlying server. */
  readonly server: WebSocketServer;
  /** Sends to all subscribers of the topic. */
  publish(topic: string, data: unknown, options?: PublishOptions): void;
  /** Takes ownership of a client's transport and handles it from its request on. See `WebSocketServer`. */
  handleTransport(transport: ByteTransport, options?: HandleOptions): void;
  /** Serves transports as they arrive. See `WebSocketServer`. */
  serve(transports: AsyncIterable<ByteTransport> | Iterable<ByteTransport>): Promise<void>;
  /** Closes every connection; with `force`, terminates it. */
  closeAll(code?: number, reason?: string, force?: boolean): void;
  /**
   * Refuses new clients and closes every connection. Resolves when the last transport has ended, and then `sync` has
   * closed; if that takes longer than `closeTimeoutMs`, as without a network, it does not wait. Rejects if `sync` fails
   * to close.
   */
  close(code?: number, reason?: string): Promise<void>;
}

/** What to keep of a request from its acceptance until the connection is open. */
interface Accepted {
  readonly upgrade: Upgrade;
  readonly request: Request;
  readonly hooks: ConnectionHooks;
}

const table: OptionTable<CrosswsOptions> = {
  hooks: "an object",
  resolve: "a function",
  getNamespace: "a function",
  handleProtocols: "a function",
  sync: "a function",
  onError: "a function",
  idleTimeout: "a number",
  serverOptions: serverTable,
};

const IDLE_TIMEOUT_S = 30;

/**
 * Makes a server that calls an application's hooks as crossws does. It has no `handleUpgrade`: pass it transports, as
 * with `WebSocketServer`, or let it serve a source of them. Throws `TypeError` or `RangeError` if an option is invalid.
 *
 * @example
 * ```ts
 * import { defineHooks } from "crossws";
 * import { pipe } from "websocket-over/pipe";
 * import { crosswsAdapter } from "websocket-over/server";
 * import { connect } from "websocket-over/stream";
 *
 * const hooks = defineHooks({
 *   open: (peer) => peer.subscribe("lobby"),
 *   message: (peer, message) => peer.publish("lobby", message.text()),
 * });
 * const adapter = crosswsAdapter({ hooks });
 * const enter = () => {
 *   const [near, far] = pipe();
 *   adapter.handleTransport(far);
 *   return connect(near, { url: "wss://example.com/chat" });
 * };
 * const [ada, bob] = await Promise.all([enter(), enter()]);
 * await ada.send("hello, all");
 * console.log(await bob.receive()); // → hello, all
 * await adapter.close();
 * ```
 */
export function crosswsAdapter(given: CrosswsOptions = {}): CrosswsAdapter {
  const options = checkOptions("crosswsAdapter()", given, table);
  const { idleTimeout = IDLE_TIMEOUT_S, serverOptions = {} } = options;
  if (!(idleTimeout >= 0)) throw new RangeError(`idleTimeout must be at least 0 seconds, not ${idleTimeout}`);
  const topics = new Topics<CrosswsPeer>(options);
  const accepted = new WeakMap<UpgradeRequest, Accepted>();
  const interval = idleTimeout * 1000;
  const keepalive = idleTimeout === 0 ? undefined : { intervalMs: interval / 2, timeoutMs: interval / 2 };

  const server = new WebSocketServer({
    ...serverOptions,
    keepalive: serverOptions.keepalive ?? keepalive,
    handleProtocols: (_, incoming) => accepted.get(incoming)?.upgrade.protocol,
    verifyClient(info, verified) {
      void answer(options, accepted, info, verified);
      return undefined;
    },
  });
  server.on("headers", (lines, incoming) => {
    accepted.get(incoming)?.upgrade.headers.forEach((value, name) => lines.push(`${name}: ${value}`));
  });
  server.on("connection", (websocket, incoming) => addPeer(websocket, accepted.get(incoming)!, topics));

  const closeAll = (code?: number, reason?: string, force = false): void => {
    for (const peers of topics.peers.values()) {
      for (const peer of peers) {
        if (force) peer.terminate();
        else peer.close(code, reason);
      }
    }
  };
  return {
    peers: topics.peers,
    server,
    publish: (topic, data, more) => topics.publish(topic, data, more),
    handleTransport: (transport, more) => server.handleTransport(transport, more),
    serve: (transports) => server.serve(transports),
    closeAll,
    async close(code, reason) {
      closeAll(code, reason);
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await orTimeout(topics.close(), serverOptions);
    },
  };
}

/** Lets the upgrade hook answer a request. An error that a client provokes in a hook must not end the server. */
async function answer(
  options: CrosswsOptions,
  accepted: WeakMap<UpgradeRequest, Accepted>,
  { req, secure }: ClientInfo,
  verified: Verified,
): Promise<void> {
  const request = webRequest(req, secure);
  if (request === undefined) {
    verified(false, 400);
    return;
  }
  try {
    const hooks = new ConnectionHooks(options, request);
    const upgrade = await hooks.upgrade();
    if (upgrade instanceof Response) {
      verified(false, upgrade.status, await upgrade.arrayBuffer(), applicationHeaders(upgrade.headers));
    } else {
      accepted.set(req, { upgrade, request, hooks });
      verified(true);
    }
  } catch (error) {
    report(new Error("the upgrade hook failed", { cause: error }));
    verified(false, 500);
  }
}

/** Makes a peer of an open connection, and calls the hooks with what happens to it. */
function addPeer(websocket: Peer, { upgrade, request, hooks }: Accepted, topics: Topics<CrosswsPeer>): void {
  const fail = (error: unknown): void => hooks.tell("error", peer, new WSError(error));
  const peer = new CrosswsPeer(request, websocket, upgrade, topics, fail);
  topics.add(peer);
  hooks.failed = () => websocket.close(CloseCode.INTERNAL_ERROR);
  hooks.tell("open", peer);
  websocket.on("message", (data, isBinary) => {
    const raw = isBinary ? (Array.isArray(data) ? data[0] : data) : (data as MessageBytes).toString();
    hooks.tell("message", peer, new CrosswsMessage(raw, peer));
  });
  websocket.on("ping", (payload) => hooks.tell("ping", peer, payload));
  websocket.on("pong", (payload) => hooks.tell("pong", peer, payload));
  websocket._socket.on("drain", () => hooks.tell("drain", peer));
  websocket.on("error", fail);
  websocket.on("close", (code, reason) => {
    topics.remove(peer);
    hooks.tell("close", peer, { code, reason: reason.toString() });
  });
}

/** Hooks recognize connection errors by this name. */
class WSError extends Error {
  override readonly name = "WSError";

  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/**
 * Returns a `Request` with all headers. One made by a script in a browser lacks cookies and the handshake's headers.
 */
function webRequest(request: UpgradeRequest, secure: boolean): Request | undefined {
  const all = headersFrom(request.headers);
  const isSecure = secure || all.get("x-forwarded-proto") === "https";
  const full = urlOf(request, isSecure);
  if (full === undefined) return undefined;
  return Object.defineProperty(new Request(full.href.replace(/^ws/, "http")), "headers", { value: all });
}

/** Drops framing headers: the body is sent whole with its own length, and the connection ends after it. */
function applicationHeaders(given: Headers): Headers {
  const headers = new Headers(given);
  for (const name of ["connection", "content-length", "transfer-encoding", "upgrade"]) headers.delete(name);
  return headers;
}
