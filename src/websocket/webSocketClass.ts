/** The `WebSocket` class over custom transports, with the Web IDL interface of the browser's. */
import { checkClientOptions } from "../connection/options.ts";
import { advice, checkOptions, requireKind, type OptionTable } from "../core/options.ts";
import { entriesOf, headersFrom } from "../handshake/headReader.ts";
import { webSocketTable, type Dial, type WebSocketOptions } from "../stream/dial.ts";
import { discard } from "../stream/discard.ts";
import { baseURL } from "../stream/environment.ts";
import {
  clampToUnsignedShort,
  requireArgument,
  requireClosable,
  toPayload,
  toProtocols,
  toText,
} from "../stream/webIDL.ts";
import { parseProtocols, parseWebSocketURL } from "../stream/webSocketURL.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { ignore } from "../transports/ignore.ts";
import { requireTransport } from "../transports/requireTransport.ts";
import { ClientSocket, ReadyState } from "./clientSocket.ts";
import { EventHandlers } from "./eventHandlers.ts";

/**
 * A socket over a custom transport: the browser's interface, and two additions that libraries expect.
 *
 * @see {@link webSocketOver}
 */
export interface WebSocketOver extends WebSocket {
  /**
   * Sends a message. Calls `callback` when the transport has accepted it, or with the reason why it never will. Other
   * arguments are ignored.
   */
  send(data: string | BufferSource | Blob, callback?: (error?: unknown) => void): void;
  send(data: string | BufferSource | Blob, options: unknown, callback?: (error?: unknown) => void): void;
  /** Ends the connection at once, without a closing handshake. Fires `error`, then `close` with 1006. */
  terminate(): void;
}

/**
 * The constructor's third argument, as in `ws`. Other members are ignored.
 *
 * @see {@link createWebSocketClass}
 */
export interface WebSocketInit {
  /** Headers to add to the request. They override the class's headers. */
  readonly headers?: HeadersInit | undefined;
}

/** What {@link createWebSocketClass} returns. Assignable to `typeof WebSocket`. */
export interface WebSocketConstructor {
  readonly prototype: WebSocketOver;
  new (url: string | URL, protocols?: string | string[], init?: WebSocketInit | null): WebSocketOver;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
}

/** The options of {@link webSocketOver}. */
export interface WebSocketOverOptions extends WebSocketOptions {
  /** The URL to request, and the value of `url`; `"ws://localhost/"` by default. */
  readonly url?: string | URL | undefined;
  /** The subprotocols to offer. */
  readonly protocols?: string | string[] | undefined;
}

const overTable: OptionTable<WebSocketOverOptions> = {
  ...webSocketTable,
  url: "a string or an object",
  protocols: "a string or an object",
};

/**
 * Makes a class to use in place of the browser's `WebSocket`. Each object calls `dial` for its transport. If a library
 * wants a function instead, pass `(url, protocols) => new Class(url, protocols)`.
 *
 * If the connection fails, `error` and `close` events have a `cause`: a `WebSocketError`. If the server refused the
 * connection, its `rejection` holds the answer.
 *
 * @example
 * ```ts
 * import { accept } from "websocket-over/stream";
 * import { pipe } from "websocket-over/pipe";
 * import { createWebSocketClass } from "websocket-over/websocket";
 *
 * const WebSocket = createWebSocketClass((url, protocols) => {
 *   console.log(url.href, protocols.join()); // → wss://example.com/ v1
 *   const [near, far] = pipe();
 *   void accept(far).then((request) => request.accept({ subprotocol: "v1" }));
 *   return near;
 * });
 * const socket = new WebSocket("https://example.com/", "v1");
 * socket.onopen = () => {
 *   console.log(socket.protocol); // → v1
 *   socket.close();
 * };
 * ```
 */
export function createWebSocketClass(dial: Dial, given: WebSocketOptions = {}): WebSocketConstructor {
  const where = "createWebSocketClass()";
  requireKind(`${where} takes dial,`, dial, "a function", advice({ readable: "use webSocketOver()" }));
  const checked = checkOptions(where, given, webSocketTable);
  const options = checked.headers === undefined ? checked : { ...checked, headers: entriesOf(checked.headers) };
  checkClientOptions(options);
  return defineClass((init) => {
    const given = (init as WebSocketInit | null | undefined)?.headers;
    if (given === undefined) return { dial, options };
    const headers = headersFrom(options.headers ?? []);
    headersFrom(given).forEach((value, name) => headers.set(name, value));
    return { dial, options: { ...options, headers } };
  });
}

/**
 * Makes a `WebSocket` over an existing or pending transport. Like any other it is CONNECTING until the handshake is
 * over.
 *
 * @example
 * ```ts
 * import { accept } from "websocket-over/stream";
 * import { pipe } from "websocket-over/pipe";
 * import { webSocketOver } from "websocket-over/websocket";
 *
 * const [near, far] = pipe();
 * void accept(far).then(async (request) => (await request.accept()).send("hello"));
 * const socket = webSocketOver(near);
 * socket.onmessage = ({ data }) => {
 *   console.log(data); // → hello
 *   socket.close();
 * };
 * ```
 */
export function webSocketOver(
  transport: ByteTransport | PromiseLike<ByteTransport>,
  options: WebSocketOverOptions = {},
): WebSocketOver {
  const where = "webSocketOver()";
  if (!("then" in Object(transport))) requireTransport(where, transport as ByteTransport);
  try {
    const { url = "ws://localhost/", protocols, ...rest } = checkOptions(where, options, overTable);
    const plan: Plan = { dial: () => transport, options: rest };
    existing ??= defineClass((init) => init as Plan);
    return new existing(url, protocols, plan as object);
  } catch (error) {
    Promise.resolve(transport).then((given) => discard(given, error), ignore);
    throw error;
  }
}

/** The class behind `webSocketOver`. */
let existing: WebSocketConstructor | undefined;

/** How one object gets its connection. */
interface Plan {
  readonly dial: Dial;
  readonly options: WebSocketOptions;
}

/** `plan` receives the constructor's third argument. */
function defineClass(plan: (init: unknown) => Plan): WebSocketConstructor {
  class WebSocket extends EventTarget {
    readonly #socket: ClientSocket;
    readonly #handlers: EventHandlers;

    constructor(url: unknown, protocols: unknown = [], init?: unknown) {
      requireArgument("a WebSocket needs a URL", arguments.length);
      const parsed = parseWebSocketURL(toText(url), baseURL());
      const offered = parseProtocols(toProtocols(protocols));
      super();
      const { dial, options } = plan(init);
      this.#handlers = new EventHandlers(this);
      this.#socket = new ClientSocket(this, parsed, offered, dial, options);
    }

    get url(): string {
      return this.#socket.url;
    }

    get readyState(): ReadyState {
      return this.#socket.readyState;
    }

    get bufferedAmount(): number {
      return this.#socket.bufferedAmount;
    }

    get extensions(): string {
      return this.#socket.extensions;
    }

    get protocol(): string {
      return this.#socket.protocol;
    }

    get binaryType(): BinaryType {
      return this.#socket.binaryType;
    }

    set binaryType(value: unknown) {
      const socket = this.#socket; // `TypeError` for a foreign `this`, before the argument is converted
      const type = toText(value);
      // Web IDL: setting an enumeration attribute to an invalid value does nothing.
      if (type === "blob" || type === "arraybuffer") socket.binaryType = type;
    }

    get onopen(): unknown {
      return this.#handlers.get("open");
    }

    set onopen(handler: unknown) {
      this.#handlers.set("open", handler);
    }

    get onerror(): unknown {
      return this.#handlers.get("error");
    }

    set onerror(handler: unknown) {
      this.#handlers.set("error", handler);
    }

    get onclose(): unknown {
      return this.#handlers.get("close");
    }

    set onclose(handler: unknown) {
      this.#handlers.set("close", handler);
    }

    get onmessage(): unknown {
      return this.#handlers.get("message");
    }

    set onmessage(handler: unknown) {
      this.#handlers.set("message", handler);
    }

    close(...[code, reason]: unknown[]): void {
      const socket = this.#socket;
      const number = code === undefined ? undefined : clampToUnsignedShort(code);
      const text = reason === undefined ? undefined : toText(reason).toWellFormed();
      requireClosable(number, text);
      socket.close(number, text);
    }

    send(data: unknown, ...more: unknown[]): void {
      const socket = this.#socket;
      requireArgument("send() needs an argument", arguments.length);
      const callback = more.length === 0 ? undefined : more.find((argument) => typeof argument === "function");
      socket.send(toPayload(data), callback as ((error?: unknown) => void) | undefined);
    }

    terminate(): void {
      this.#socket.terminate();
    }
  }

  const { prototype } = WebSocket;
  for (const name of Object.getOwnPropertyNames(prototype)) {
    if (name !== "constructor") Object.defineProperty(prototype, name, { enumerable: true });
  }
  for (const [name, value] of Object.entries(ReadyState)) {
    for (const object of [WebSocket, prototype]) Object.defineProperty(object, name, { value, enumerable: true });
  }
  Object.defineProperty(prototype, Symbol.toStringTag, { value: "WebSocket", configurable: true });
  return WebSocket as unknown as WebSocketConstructor;
}
