/** What the script in the page and the test tell each other, over a page binding, an evaluation or a message port. */

/** Where the script in a page or worker keeps itself, as a key of `Symbol.for`. */
export const SCOPE_KEY = "websocket-over/playwright";

/** The name of the binding that leads from a page to the test. */
export const BINDING = "__websocketOver";

/** A URL that a server of the test stands for: as a regular expression without state. */
export interface Match {
  readonly source: string;
  readonly flags: string;
}

/** A server of the test, as pages know it. */
export interface ServerEntry {
  readonly id: number;
  readonly match: Match;
  /** `ws://127.0.0.1:PORT`, if it is to be reached by the browser's own `WebSocket`. */
  readonly loopback: string | undefined;
}

export interface PageConfig {
  readonly servers: readonly ServerEntry[];
  /** Which workers' scripts can be made to bring this library with them: those that pages ask for, … */
  readonly workers: boolean;
  /** … those that workers ask for, … */
  readonly nestedWorkers: boolean;
  /** … and those of shared workers. */
  readonly sharedWorkers: boolean;
}

/** About one connection, or with the empty id about none. Bytes are `ArrayBuffer`s on ports, `Uint8Array`s on the binding. */
export type LinkMessage =
  /** From the page: a connection is wanted. */
  | readonly [id: string, type: "open", server: number, url: string]
  /** Both ways: what a port would carry. */
  | readonly [id: string, type: "data", data: unknown]
  /** Both ways: there will be nothing more. */
  | readonly [id: string, type: "gone"]
  /** From the page: a URL that no server stands for. */
  | readonly [id: "", type: "passed", url: string]
  /** To a worker: the servers have changed. */
  | readonly [id: "", type: "servers", servers: readonly ServerEntry[]];

/** What the test calls in a page. */
export interface PageSide {
  readonly documentId: string;
  deliver(messages: readonly LinkMessage[]): void;
  setServers(servers: readonly ServerEntry[]): void;
}
