/** The ways to exchange the peers' texts, each as a pair of text streams. */
import { requireKind } from "../core/options.ts";
import type { Message as SessionMessage } from "../stream/incomingMessages.ts";
import { ignore } from "../transports/ignore.ts";
import { listenTo, type Listenable } from "../transports/listeners.ts";

/**
 * A pair of streams of texts, for `meet`. What is written reaches the other peers' `readable`, whole. It may be lost,
 * repeated or late, and may come from anyone. A writer may hear itself.
 *
 * @see {@link meet}
 */
export interface Signals {
  readonly readable: ReadableStream<string>;
  readonly writable: WritableStream<string>;
}

/** Texts that may wait to be read. Further ones are dropped: they are repeated if they matter. */
const MOST_WAITING = 256;

/** What a carrier of texts needs to become signals. */
interface Carrier {
  readonly target: Listenable;
  readonly send: (text: string) => void;
  /** Ends the carrier. Called once. */
  readonly close: () => void;
  /** The events at which it has ended. */
  readonly ends?: readonly string[];
  /** Whether it has ended before. */
  readonly hasEnded?: boolean;
}

function signalsOver({ target, send, close, ends = [], hasEnded }: Carrier): Signals {
  let stop = ignore;
  let isOver = false;
  const finish = (): void => {
    if (isOver) return;
    isOver = true;
    stop();
    close();
  };
  return {
    readable: new ReadableStream(
      {
        start(controller) {
          const end = (): void => {
            if (isOver) return;
            finish();
            controller.close();
          };
          stop = listenTo(target, {
            message({ data }: MessageEvent<unknown>) {
              if (typeof data === "string" && (controller.desiredSize ?? 0) > 0) controller.enqueue(data);
            },
            ...Object.fromEntries(ends.map((event) => [event, end])),
          });
          if (hasEnded === true) end();
        },
        cancel: finish,
      },
      { highWaterMark: MOST_WAITING },
    ),
    writable: new WritableStream({ write: (text) => (isOver ? undefined : send(text)), close: finish, abort: finish }),
  };
}

/**
 * Signals between all pages and workers of one origin that use the same name. All of them hear everything. Ending a
 * direction closes the channel.
 *
 * @example In a page
 * ```ts
 * import { broadcastChannelSignals, meet } from "websocket-over/rendezvous";
 *
 * const secret = "a text that only your own tabs know";
 * const enter = () => meet(broadcastChannelSignals("lobby"), { secret }); // the same line in two tabs
 * const [here, there] = await Promise.all([enter(), enter()]);
 * console.log(here.fingerprint === there.fingerprint); // → true
 * here.close();
 * ```
 */
export function broadcastChannelSignals(name: string): Signals {
  requireKind("broadcastChannelSignals() takes a name,", name, "a string");
  const channel = new BroadcastChannel(name);
  return signalsOver({
    target: channel,
    send: (text) => channel.postMessage(text),
    close: () => channel.close(),
  });
}

/**
 * The part of a `MessagePort` or a `Worker` that is used.
 *
 * @see {@link portSignals}
 */
export interface SignalPort extends Listenable {
  postMessage(text: string): void;
  start?(): void;
  close?(): void;
}

/**
 * Signals over a port, to the holder of the other port. Ending a direction closes the port.
 *
 * @example In a page
 * ```ts
 * import { meet, portSignals } from "websocket-over/rendezvous";
 *
 * const { port1, port2 } = new MessageChannel(); // port2 goes to a frame, or to another tab by a shared worker
 * const [here, there] = await Promise.all([meet(portSignals(port1)), meet(portSignals(port2))]);
 * console.log(here.fingerprint === there.fingerprint); // → true
 * here.close();
 * ```
 */
export function portSignals(port: SignalPort): Signals {
  requireKind("portSignals() takes a port,", port, "{ postMessage, addEventListener }");
  const signals = signalsOver({
    target: port,
    send: (text) => port.postMessage(text),
    close: () => port.close?.(),
    ends: ["close"],
  });
  port.start?.();
  return signals;
}

/**
 * The part of a `WebSocket` that is used: the platform's, or one of this library.
 *
 * @see {@link webSocketSignals}
 */
export interface SignalSocket extends Listenable {
  readonly readyState: number;
  send(text: string): void;
  close(): void;
}

/**
 * Signals over a WebSocket whose server passes each text on to the others. It may still be connecting. Ending a
 * direction closes it.
 *
 * @example In a page
 * ```ts
 * import { meet, webSocketSignals } from "websocket-over/rendezvous";
 *
 * const enter = () => meet(webSocketSignals(new WebSocket("wss://relay.example/room-7"))); // the same line in two pages
 * const [here, there] = await Promise.all([enter(), enter()]);
 * console.log(here.fingerprint === there.fingerprint); // → true
 * here.close();
 * ```
 */
export function webSocketSignals(socket: SignalSocket): Signals {
  requireKind("webSocketSignals() takes a WebSocket,", socket, "{ readyState, send, close }");
  // 0 is CONNECTING. What is sent before the server listens is repeated.
  const send = (text: string): void => (socket.readyState === 1 ? socket.send(text) : undefined);
  return signalsOver({
    target: socket,
    send,
    close: () => socket.close(),
    ends: ["close", "error"],
    hasEnded: socket.readyState === 3, // CLOSED
  });
}

/**
 * The part of a `WebSocketSession` that is used.
 *
 * @see {@link sessionSignals}
 */
export interface SignalSession {
  readonly readable: ReadableStream<SessionMessage>;
  readonly writable: WritableStream<string | BufferSource>;
}

/**
 * Signals over a session whose other end passes each text on. Ending a direction closes the session.
 *
 * @example In a page
 * ```ts
 * import { pipe } from "websocket-over/pipe";
 * import { meet, sessionSignals } from "websocket-over/rendezvous";
 * import { accept, connect } from "websocket-over/stream";
 *
 * const [near, far] = pipe(); // any transport that both pages can reach
 * const answering = accept(far).then((request) => request.accept());
 * const [one, two] = await Promise.all([connect(near), answering]);
 * const [here, there] = await Promise.all([meet(sessionSignals(one)), meet(sessionSignals(two))]);
 * console.log(here.fingerprint === there.fingerprint); // → true
 * here.close();
 * ```
 */
export function sessionSignals(session: SignalSession): Signals {
  requireKind("sessionSignals() takes a session,", session, "{ readable, writable }");
  const texts = new TransformStream<SessionMessage, string>({
    transform(message, controller) {
      if (typeof message === "string") controller.enqueue(message);
    },
  });
  return { readable: session.readable.pipeThrough(texts), writable: session.writable };
}
