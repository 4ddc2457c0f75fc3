/** The ways to exchange the peers' texts, each as a pair of text streams. */
import { requireKind } from "../core/options.ts";
import type { Message as SessionMessage } from "../stream/incomingMessages.ts";
import { ignore } from "../transports/ignore.ts";
import { listenTo, type Listenable } from "../transports/listeners.ts";

/**
 * A pair of streams of texts, for `meet`. What is written reaches the other peers' `readable`, whole. It may be lost,
 * repeated or late, and may come from anyone. A writer may hear itself.
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
}

function signalsOver({ target, send, close, ends = [] }: Carrier): Signals {
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

/** The part of a `MessagePort` or a `Worker` that is used. */
export interface SignalPort extends Listenable {
  postMessage(text: string): void;
  start?(): void;
  close?(): void;
}

/** Signals over a port, to the holder of the other port. Ending a direction closes the port. */
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

/** The part of a `WebSocket` that is used: the platform's, or one of this library. */
export interface SignalSocket extends Listenable {
  readonly readyState: number;
  send(text: string): void;
  close(): void;
}

/**
 * Signals over a WebSocket whose server passes each text on to the others. It may still be connecting. Ending a
 * direction closes it.
 */
export function webSocketSignals(socket: SignalSocket): Signals {
  requireKind("webSocketSignals() takes a WebSocket,", socket, "{ readyState, send, close }");
  // 0 is CONNECTING. What is sent before the server listens is repeated.
  const send = (text: string): void => (socket.readyState === 1 ? socket.send(text) : undefined);
  return signalsOver({ target: socket, send, close: () => socket.close(), ends: ["close", "error"] });
}

/** The part of a `WebSocketSession` that is used. */
export interface SignalSession {
  readonly readable: ReadableStream<SessionMessage>;
  readonly writable: WritableStream<string | BufferSource>;
}

/** Signals over a session whose other end passes each text on. Ending a direction closes the session. */
export function sessionSignals(session: SignalSession): Signals {
  requireKind("sessionSignals() takes a session,", session, "{ readable, writable }");
  const texts = new TransformStream<SessionMessage, string>({
    transform(message, controller) {
      if (typeof message === "string") controller.enqueue(message);
    },
  });
  return { readable: session.readable.pipeThrough(texts), writable: session.writable };
}
