/** Two sockets that are each other's far end, as workerd's `WebSocketPair` makes them. */
import { checkOptions, type OptionTable } from "../core/options.ts";
import { pipe } from "../transports/pipe.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { webSocketOver, type WebSocketOver } from "./webSocketClass.ts";

export interface WebSocketEnd extends WebSocketOver {
  /** The server's end: opens it, to which messages have been held back. The client's end is open without it. */
  accept(): void;
}

export interface WebSocketPairOptions {
  /** What `url` says at both ends; `"ws://localhost/"` by default. */
  readonly url?: string | URL | undefined;
  /** The subprotocol that both ends have agreed on. */
  readonly protocol?: string | undefined;
  /** How long the server's end may take to be accepted, in milliseconds; 10 seconds by default. Then both ends fail. */
  readonly acceptTimeoutMs?: number | undefined;
}

const table: OptionTable<WebSocketPairOptions> = {
  url: "a string or an object",
  protocol: "a string",
  acceptTimeoutMs: "a number",
};

/**
 * Makes a pair with no handshake and no masking between them: all else is as over any transport.
 *
 * @example
 * ```ts
 * import { webSocketPair } from "websocket-over/websocket";
 *
 * const [client, server] = webSocketPair();
 * server.accept();
 * server.onmessage = ({ data }) => {
 *   console.log(data); // → hello
 *   server.close();
 * };
 * client.onopen = () => client.send("hello");
 * ```
 */
export function webSocketPair(options: WebSocketPairOptions = {}): [client: WebSocketEnd, server: WebSocketEnd] {
  checkOptions("webSocketPair()", options, table);
  const { url, protocol, acceptTimeoutMs } = options;
  const [near, far] = pipe();
  let accept!: () => void;
  const accepted = new Promise<ByteTransport>((resolve) => (accept = () => resolve(far)));
  const agreed = { url, handshake: "none", masking: false, subprotocol: protocol } as const;
  const timing = acceptTimeoutMs === undefined ? {} : { handshakeTimeoutMs: acceptTimeoutMs };
  const client = webSocketOver(near, agreed);
  const server = webSocketOver(accepted, { ...agreed, ...timing });
  // Nobody will accept one that has failed or was closed before.
  server.addEventListener("close", () => far.close?.());
  return [Object.assign(client, { accept: () => {} }), Object.assign(server, { accept })];
}
