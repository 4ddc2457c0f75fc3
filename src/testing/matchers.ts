/** Matchers for what a test's server has received, as one plain object for `expect.extend`. */
import { viewOf } from "../core/bytes.ts";
import { checkOptions, type OptionTable } from "../core/options.ts";
import { redactURL } from "../inspect/secrets.ts";
import { describeReceived, describeTrace } from "./describe.ts";
import { matches } from "./equality.ts";
import { toBytes } from "./frame.ts";
import { realTimeout } from "./realTime.ts";
import type { Received } from "./receivedLog.ts";
import { ServerSocket } from "./serverSocket.ts";

/** The options of all {@link matchers}. */
export interface ReceiveOptions {
  /** How long to wait, in milliseconds of real time. By default Playwright's own timeout; 1 second elsewhere. */
  readonly timeout?: number | undefined;
  /**
   * By default only the next item that no expectation has taken may match. With `false`, any item that has arrived or
   * will arrive may.
   */
  readonly inOrder?: boolean | undefined;
}

/** The options of `toReceiveJSON()`; see {@link matchers}. */
export interface ReceiveJSONOptions extends ReceiveOptions {
  /** With `true`, received objects may have more properties than expected. */
  readonly partial?: boolean | undefined;
}

const receiveTable: OptionTable<ReceiveOptions> = { timeout: "a number", inOrder: "a boolean" };

const receiveJSONTable: OptionTable<ReceiveJSONOptions> = { ...receiveTable, partial: "a boolean" };

/** The part of the runner's state that is used. Playwright and Vitest provide more. */
interface MatcherState {
  readonly isNot?: boolean;
  readonly timeout?: number;
}

interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

type MatcherOf<Arguments extends unknown[]> = (
  this: MatcherState,
  socket: ServerSocket,
  ...given: Arguments
) => Promise<MatcherResult>;

/**
 * The type of {@link matchers}.
 *
 * Each matcher waits for an item and takes it, so that the next expectation looks at later ones. Messages form one
 * sequence; pings, pongs and the Close form others. With `not`, nothing is taken, and the matcher waits for the whole
 * timeout unless the result is clear earlier.
 */
export type WebSocketMatchers = {
  /** A text message: equal to a string, or matched by a regular expression or an asymmetric matcher. */
  readonly toReceiveText: MatcherOf<[expected: unknown, options?: ReceiveOptions]>;
  /** A binary message of these bytes. */
  readonly toReceiveBytes: MatcherOf<[expected: BufferSource, options?: ReceiveOptions]>;
  /** A text message that is JSON of this value, which may contain asymmetric matchers. */
  readonly toReceiveJSON: MatcherOf<[expected: unknown, options?: ReceiveJSONOptions]>;
  /** A Ping, with this payload if given. */
  readonly toReceivePing: MatcherOf<[payload?: string | BufferSource, options?: ReceiveOptions]>;
  readonly toReceivePong: MatcherOf<[payload?: string | BufferSource, options?: ReceiveOptions]>;
  /** A Close, with this code and reason if given. A Close without a code has 1005. */
  readonly toReceiveClose: MatcherOf<[code?: number, reason?: unknown, options?: ReceiveOptions]>;
};

/**
 * The matchers as called on `expect(socket)`.
 *
 * @see {@link matchers}
 */
export type WebSocketAssertions = {
  [Name in keyof WebSocketMatchers]: WebSocketMatchers[Name] extends MatcherOf<infer Arguments>
    ? (...given: Arguments) => Promise<void>
    : never;
};

/** What one expectation looks for. */
interface Wanted {
  readonly matcher: string;
  readonly expected: string;
  /** The types that form its sequence. */
  readonly types: readonly Received["type"][];
  readonly fits: (item: Received) => boolean;
}

const DEFAULT_TIMEOUT_MS = 1000;
const MESSAGES = ["text", "bytes"] as const;

/**
 * Matchers for `expect.extend()` of Vitest, Jest, Playwright, or the package `expect`.
 *
 * @example
 * ```ts
 * import { expect } from "expect"; // Jest's, here without a test runner
 * import { matchers, webSocketServer, type WebSocketAssertions } from "websocket-over/testing";
 *
 * declare module "expect" {
 *   interface Matchers<R extends void | Promise<void>, T> extends WebSocketAssertions {}
 * }
 * expect.extend(matchers);
 * await using server = webSocketServer();
 * const client = new server.WebSocket("wss://chat.example/"); // in the code under test
 * client.onopen = () => client.send('{"type":"join","room":"lobby"}');
 * const socket = await (await server.request()).accept();
 * await expect(socket).toReceiveJSON({ type: "join" }, { partial: true });
 * const late = expect(socket).toReceiveText("bye", { timeout: 50 });
 * await late.catch((error: Error) => console.log(error.message.split("\n")[0]));
 * // → expect(socket).toReceiveText(), on wss://chat.example/
 * ```
 */
export const matchers: WebSocketMatchers = {
  toReceiveText(socket, expected, options) {
    const fits = (item: Received): boolean =>
      item.type === "text" &&
      (expected instanceof RegExp ? new RegExp(expected).test(item.data) : matches(item.data, expected));
    return receive(this, socket, options, {
      matcher: "toReceiveText",
      expected: show(expected),
      types: MESSAGES,
      fits,
    });
  },

  async toReceiveBytes(socket, expected, options) {
    const bytes = viewOf(expected);
    const fits = (item: Received): boolean => item.type === "bytes" && areEqual(item.data, bytes);
    const shown = describeReceived({ type: "bytes", data: new Uint8Array(bytes) });
    return receive(this, socket, options, { matcher: "toReceiveBytes", expected: shown, types: MESSAGES, fits });
  },

  async toReceiveJSON(socket, expected, { partial = false, ...options } = {}) {
    checkOptions("toReceiveJSON()", { partial }, receiveJSONTable);
    const fits = (item: Received): boolean => {
      const value = item.type === "text" ? parseJSON(item.data) : undefined;
      return value !== undefined && matches(value, expected, partial);
    };
    const shown = `JSON ${show(expected)}${partial ? " or more" : ""}`;
    return receive(this, socket, options, { matcher: "toReceiveJSON", expected: shown, types: MESSAGES, fits });
  },

  async toReceivePing(socket, payload, options) {
    return receive(this, socket, options, control("ping", payload));
  },

  async toReceivePong(socket, payload, options) {
    return receive(this, socket, options, control("pong", payload));
  },

  toReceiveClose(socket, code, reason, options) {
    const fits = (item: Received): boolean =>
      item.type === "close" &&
      (code === undefined || item.code === code) &&
      (reason === undefined || (reason instanceof RegExp ? reason.test(item.reason) : matches(item.reason, reason)));
    const shown = [
      "a Close",
      ...(code === undefined ? [] : [String(code)]),
      ...(reason === undefined ? [] : [show(reason)]),
    ];
    return receive(this, socket, options, {
      matcher: "toReceiveClose",
      expected: shown.join(" "),
      types: ["close"],
      fits,
    });
  },
};

function control(type: "ping" | "pong", payload: string | BufferSource | undefined): Wanted {
  const bytes = payload === undefined ? undefined : toBytes(payload);
  return {
    matcher: type === "ping" ? "toReceivePing" : "toReceivePong",
    expected: bytes === undefined ? `a ${type}` : describeReceived({ type, data: new Uint8Array(bytes) }),
    types: [type],
    fits: (item) => item.type === type && (bytes === undefined || areEqual(item.data, bytes)),
  };
}

async function receive(
  state: MatcherState,
  socket: unknown,
  options: ReceiveOptions = {},
  wanted: Wanted,
): Promise<MatcherResult> {
  if (!(socket instanceof ServerSocket)) {
    throw new TypeError(`${wanted.matcher} takes the socket that a request's accept() returns`);
  }
  checkOptions(`${wanted.matcher}()`, options, receiveTable);
  const { received } = socket;
  const { timeout = state.timeout ?? DEFAULT_TIMEOUT_MS, inOrder = true } = options;
  const patience = realTimeout(timeout);
  let late = false;
  void patience.passed.then(() => (late = true));
  for (;;) {
    const waiting = received.untaken(wanted.types);
    const found = (inOrder ? waiting.slice(0, 1) : waiting).find(wanted.fits);
    const isDecided = found !== undefined || (inOrder && waiting.length > 0);
    if (!isDecided && !late && received.ending === undefined) {
      await received.change(patience.passed);
      continue;
    }
    patience.cancel();
    if (found !== undefined && state.isNot !== true) received.take(found);
    const actual = found ?? (inOrder ? waiting[0] : undefined);
    const nothing = received.ending ?? `nothing in ${timeout} ms`;
    return { pass: found !== undefined, message: () => explain(state, socket, wanted, inOrder, actual, nothing) };
  }
}

function explain(
  { isNot = false }: MatcherState,
  socket: ServerSocket,
  { matcher, expected, types }: Wanted,
  inOrder: boolean,
  actual: Received | undefined,
  nothing: string,
): string {
  const next = inOrder ? "the next " : "any ";
  const what = types === MESSAGES ? "message" : types[0];
  return [
    `expect(socket)${isNot ? ".not" : ""}.${matcher}(), on ${redactURL(socket.url)}`,
    "",
    `Expected ${isNot ? "not " : ""}as ${next}${String(what)}: ${expected}`,
    `Received: ${actual === undefined ? nothing : describeReceived(actual)}`,
    "",
    describeTrace(socket.trace),
  ].join("\n");
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Returns `undefined` if the text is not JSON; no JSON value is `undefined`. */
function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Asymmetric matchers describe themselves, in either runner's way. */
function show(value: unknown): string {
  if (value instanceof RegExp) return String(value);
  return (
    JSON.stringify(value, (_, inner: unknown) => {
      const { toAsymmetricMatcher } = (inner ?? {}) as { toAsymmetricMatcher?: () => string };
      return typeof toAsymmetricMatcher === "function" ? toAsymmetricMatcher.call(inner) : inner;
    }) ?? String(value)
  );
}
