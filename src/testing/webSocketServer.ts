/** A server in memory, for code under test that takes a `WebSocket` class. Needs no browser and no network. */
import { checkOptions, passOn } from "../core/options.ts";
import { pipe } from "../transports/pipe.ts";
import type { Dial } from "../stream/dial.ts";
import { createWebSocketClass, type WebSocketConstructor } from "../websocket/webSocketClass.ts";
import { TestServer, testServerTable, type TestServerOptions } from "./testServer.ts";

/**
 * A {@link TestServer} in memory, with a `WebSocket` class and a dial that lead to it. See {@link webSocketServer}.
 *
 * @example
 * ```ts
 * import { connect } from "websocket-over/stream";
 * import { MemoryServer } from "websocket-over/testing";
 *
 * await using server = new MemoryServer({ limits: { maxMessageBytes: 10 } });
 * const url = new URL("wss://chat.example/");
 * const opening = connect(await server.dial(url, [], AbortSignal.timeout(5000)), { url }); // in the code under test
 * await (await server.request()).accept();
 * const session = await opening;
 * await session.send("longer than ten bytes");
 * console.log((await session.closed).closeCode); // → 1009
 * ```
 */
export class MemoryServer extends TestServer {
  /**
   * Pass this to the code under test in place of the browser's. Each object connects to this server, whatever its URL.
   */
  readonly WebSocket: WebSocketConstructor;
  /** The same for a class with custom options: `createWebSocketClass(server.dial, options)`. */
  readonly dial: Dial;

  constructor(options: TestServerOptions = {}) {
    super(checkOptions("new MemoryServer()", options, testServerTable));
    this.dial = (url) => {
      const [near, far] = pipe();
      this.handleTransport(far, () => ({ url: url.href }));
      return near;
    };
    this.WebSocket = createWebSocketClass(
      this.dial,
      passOn({ extensions: options.extensions ?? [], ...(options.clock && { clock: options.clock }) }),
    );
  }
}

/**
 * Makes a server in memory. Close it when the test is over, or declare it with `await using`.
 *
 * @example
 * ```ts
 * import { webSocketServer } from "websocket-over/testing";
 *
 * await using server = webSocketServer();
 * const socket = new server.WebSocket("wss://chat.example/"); // in the code under test
 * socket.onclose = ({ code, wasClean }) => console.log(code, wasClean); // → 1006 false
 * const request = await server.request();
 * const peer = await request.accept();
 * await peer.fault.reset(); // as a network does
 * ```
 */
export function webSocketServer(options: TestServerOptions = {}): MemoryServer {
  return new MemoryServer(checkOptions("webSocketServer()", options, testServerTable));
}
