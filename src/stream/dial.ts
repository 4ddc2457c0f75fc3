/** How classes of sockets reach their server, and the options of their connections. */
import { sharedTable, type SharedOptions } from "../connection/options.ts";
import type { OptionTable } from "../core/options.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { runTable, type RunOptions } from "./connectionHook.ts";

/**
 * Connects to the server of a URL. The constructor calls it; the socket owns the transport that it returns. `signal` is
 * aborted if the socket is closed, or the opening handshake times out, before there is a transport. A transport that
 * arrives later is closed.
 *
 * Pass one to {@link createWebSocketStreamClass}, or to `createWebSocketClass` of `websocket-over/websocket`.
 */
export type Dial = (url: URL, protocols: string[], signal: AbortSignal) => ByteTransport | PromiseLike<ByteTransport>;

/**
 * The options of {@link createWebSocketStreamClass}, {@link connect}, and the class of `websocket-over/websocket`.
 */
export interface WebSocketOptions extends SharedOptions, RunOptions {
  /** Headers to add to the request. */
  readonly headers?: HeadersInit | undefined;
  /** The `Origin` header. By default the origin of the page or worker, if there is one. */
  readonly origin?: string | undefined;
}

export const webSocketTable: OptionTable<WebSocketOptions> = {
  ...sharedTable,
  ...runTable,
  headers: "an object",
  origin: "a string",
};
