/** Two sockets connected to each other, like workerd's `WebSocketPair`. */
import { checkOptions, passOn, type OptionTable } from "../core/options.ts";
import { pipe } from "../transports/pipe.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { webSocketOver, type WebSocketOver } from "./webSocketClass.ts";

/** One end of a {@link webSocketPair}. */
export interface WebSocketEnd extends WebSocketOver {
  /** Opens the server's end. Messages to it wait until then. The client's end is already open. */
  accept(): void;
}

/** The options of {@link webSocketPair}. */
export interface WebSocketPairOptions {
  /** The value of `url` at both ends; `"ws://localhost/"` by default. */
  readonly url?: string | URL | undefined;
  /** The subprotocol of both ends. */
  readonly protocol?: string | undefined;
  /**
   * How long the server's end may wait for `accept()`, in milliseconds; 10 seconds by default. After that both ends
   * fail.
   */
  readonly acceptTimeoutMs?: number | undefined;
}

const table: OptionTable<WebSocketPairOptions> = {
  url: "a string or an object",
  protocol: "a string",
  acceptTimeoutMs: "a number",
};

/**
 * Makes a pair of sockets without a handshake or masking. Everything else works as over any transport.
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
  const { url, protocol, acceptTimeoutMs } = checkOptions("webSocketPair()", options, table);
  const [near, far] = pipe();
  let accept!: () => void;
  const accepted = new Promise<ByteTransport>((resolve) => (accept = () => resolve(far)));
  const agreed = { url, handshake: "none", masking: false, subprotocol: protocol } as const;
  const timing = acceptTimeoutMs === undefined ? {} : { handshakeTimeoutMs: acceptTimeoutMs };
  const client = webSocketOver(near, passOn(agreed));
  const server = webSocketOver(accepted, passOn({ ...agreed, ...timing }));
  // Nobody will accept an end that has failed or was closed.
  server.addEventListener("close", () => far.close?.());
  return [Object.assign(client, { accept: () => {} }), Object.assign(server, { accept })];
}
