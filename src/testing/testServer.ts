/** A test's server: takes transports, and returns their requests in the order in which they arrived. */
import { checkServerOptions, type ServerOptions } from "../connection/options.ts";
import { timingTable } from "../core/deadlines.ts";
import type { ConnectionRequested } from "../core/events.ts";
import { limitTable } from "../core/limits.ts";
import { checkOptions, type OptionTable } from "../core/options.ts";
import type { Trace } from "../inspect/trace.ts";
import type { Vector } from "../inspect/vector/vector.ts";
import { clockTable, systemClock, type Clock } from "../stream/clock.ts";
import { discard } from "../stream/discard.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { requireTransport } from "../transports/requireTransport.ts";
import { callerError } from "./callerError.ts";
import { realTimeout } from "./realTime.ts";
import type { ServerSocket } from "./serverSocket.ts";
import { TestRequest, type RequestFacts } from "./testRequest.ts";
import { WiredConnection } from "./wiredConnection.ts";

/** The options of a {@link TestServer}. */
export interface TestServerOptions extends Omit<ServerOptions, "handshake" | "subprotocol" | "autoPong"> {
  /** The clock for deadlines and delays; by default the platform's. */
  readonly clock?: Clock | undefined;
}

export const testServerTable: OptionTable<TestServerOptions> = {
  ...timingTable,
  ...clockTable,
  extensions: "an object",
  limits: limitTable,
  masking: "a boolean",
  random: "a function",
};

/** The options of `request()` of a {@link TestServer}. */
export interface RequestOptions {
  /** How long to wait, in milliseconds of real time; 5 seconds by default. */
  readonly timeout?: number | undefined;
}

const requestTable: OptionTable<RequestOptions> = { timeout: "a number" };

/**
 * Returns what is known of a request besides its content.
 *
 * @see {@link TestServer}
 */
export type FactsOf = (request: ConnectionRequested) => RequestFacts;

/**
 * What remains of a connection for a report.
 *
 * @see {@link TestServer}
 */
export interface Recording {
  /** The requested URL, if there was a request. */
  readonly url: string | undefined;
  /** What passed on the wire, for `toHAR` and `toPcapng` of `websocket-over/inspect`. */
  readonly trace: Trace;
  /** What the server's end received and did, for `replay`. */
  vector(): Vector;
}

interface Waiter {
  give(request: TestRequest): void;
  fail(why: string): void;
}

/**
 * A server for tests that takes any transport. It answers nothing by itself: a test takes each request and answers it,
 * and may break any rule. Close it when the test is over, or declare it with `await using`.
 *
 * @example
 * ```ts
 * import { pipe } from "websocket-over/pipe";
 * import { connect } from "websocket-over/stream";
 * import { TestServer } from "websocket-over/testing";
 *
 * await using server = new TestServer();
 * const [near, far] = pipe();
 * server.handleTransport(far);
 * const opening = connect(near, { protocols: ["v2", "v1"] }); // in the code under test
 * const request = await server.request();
 * console.log(request.subprotocols.join()); // → v2,v1
 * const socket = await request.accept({ subprotocol: "v1" });
 * await socket.frame({ opcode: 3, payload: "?" }); // a reserved opcode
 * const session = await opening;
 * await session.closed.catch((error) => console.log(error.cause.code)); // → reservedOpcode
 * ```
 */
export class TestServer implements AsyncDisposable {
  /** All connections ever made, in the order in which they arrived. */
  readonly recordings: Recording[] = [];
  readonly #options: ServerOptions;
  readonly #clock: Clock;
  readonly #requests: TestRequest[] = [];
  readonly #waiters = new Set<Waiter>();
  readonly #connections = new Set<WiredConnection>();
  #closed = false;

  /** Throws `TypeError` or `RangeError` if an option is invalid. */
  constructor(given: TestServerOptions = {}) {
    const { clock = systemClock, ...options } = checkOptions("new TestServer()", given, testServerTable);
    checkServerOptions(options); // now, not when a client connects
    this.#options = options;
    this.#clock = clock;
  }

  /**
   * Returns the next request, in the order of arrival; each is returned once. The client waits until you answer it.
   * Rejects if no request comes in time, or the server is closed.
   */
  request(options: RequestOptions = {}): Promise<TestRequest> {
    try {
      checkOptions("request()", options, requestTable);
    } catch (error) {
      return Promise.reject(error);
    }
    const { timeout = 5000 } = options;
    const next = this.#requests.shift();
    if (next !== undefined) return Promise.resolve(next);
    if (this.#closed) return Promise.reject(new Error("the server is closed: no request will come"));
    const failed = callerError();
    return new Promise((resolve, reject) => {
      const patience = realTimeout(timeout);
      const settle = (how: () => void): void => {
        this.#waiters.delete(waiter);
        patience.cancel();
        how();
      };
      const waiter: Waiter = {
        give: (request) => settle(() => resolve(request)),
        fail: (why) => settle(() => reject(failed(why))),
      };
      this.#waiters.add(waiter);
      void patience.passed.then(() => waiter.fail(`no request came in ${timeout} ms${this.hint()}`));
    });
  }

  /** Serves the client at the other end of a transport. Takes ownership of the transport. */
  handleTransport(transport: ByteTransport, factsOf: FactsOf = () => ({})): void {
    requireTransport("handleTransport()", transport);
    if (this.#closed) {
      discard(transport, new Error("the server is closed"));
      return;
    }
    let socket: ServerSocket | undefined;
    const wired = new WiredConnection(transport, this.#options, this.#clock, {
      requested: (event) => {
        const request = new TestRequest(wired, event, factsOf(event), (accepted) => (socket = accepted));
        wired.url = request.url;
        this.#add(request);
        return undefined;
      },
      established: () => (event) => {
        socket!.handle(event);
        return undefined;
      },
      // The recording shows that the opening failed.
      failed: () => undefined,
    });
    this.#connections.add(wired);
    this.recordings.push(wired);
    void wired.ended.then(() => this.#connections.delete(wired));
  }

  /** Resets open connections and accepts no more. Resolves when nothing is left. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const waiter of this.#waiters) waiter.fail("the server was closed while waiting for a request");
    this.#requests.length = 0;
    const connections = [...this.#connections];
    await Promise.all(connections.map(({ wire, ended }) => Promise.all([wire.reset(), ended])));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Text that may explain why no request came. */
  protected hint(): string {
    return "";
  }

  #add(request: TestRequest): void {
    const [waiter] = this.#waiters;
    if (waiter === undefined) this.#requests.push(request);
    else waiter.give(request);
  }
}
