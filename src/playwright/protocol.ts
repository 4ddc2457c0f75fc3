/** The messages between the script in a page and the test, over a page binding, an evaluation or a message port. */

/** The `Symbol.for` key under which the script in a page or worker stores itself. */
export const SCOPE_KEY = "websocket-over/playwright";

/** The name of the binding that pages call to reach the test. */
export const BINDING = "__websocketOver";

/** The URLs that a server handles, as a stateless regular expression. */
export interface Match {
  readonly source: string;
  readonly flags: string;
}

/** A server of the test, as pages see it. */
export interface ServerEntry {
  readonly id: number;
  readonly match: Match;
  /** `ws://127.0.0.1:PORT`, if the browser's own `WebSocket` connects to it. */
  readonly loopback: string | undefined;
}

export interface PageConfig {
  readonly servers: readonly ServerEntry[];
  /** Whether workers created by pages can load this library. */
  readonly workers: boolean;
  /** Whether workers created by workers can. */
  readonly nestedWorkers: boolean;
  /** Whether shared workers can. */
  readonly sharedWorkers: boolean;
}

/**
 * A message about one connection, or, with the empty id, about none. Bytes are `ArrayBuffer`s on ports and
 * `Uint8Array`s on the binding.
 */
export type LinkMessage =
  /** From the page: open a connection. */
  | readonly [id: string, type: "open", server: number, url: string]
  /** Both ways: data of a port. */
  | readonly [id: string, type: "data", data: unknown]
  /** Both ways: nothing more will come. */
  | readonly [id: string, type: "gone"]
  /** From the page: a connection to a URL that no server handles. */
  | readonly [id: "", type: "passed", url: string]
  /** To a worker: the servers have changed. */
  | readonly [id: "", type: "servers", servers: readonly ServerEntry[]];

/** What the test calls in a page. */
export interface PageSide {
  readonly documentId: string;
  deliver(messages: readonly LinkMessage[]): void;
  setServers(servers: readonly ServerEntry[]): void;
}
