/** One end of a conversation, in the page or in a worker: executes commands, and reports as plain data. */
import type {
  AgreedExtension,
  ConnectionClosed,
  ConnectionRequested,
  ConnectionState,
  WSEvent,
} from "../../src/index.ts";
import { permessageDeflate } from "../../src/deflate/index.ts";
import { recordVector, type Vector, type VectorRecording } from "../../src/inspect/index.ts";
import type { ByteTransport } from "../../src/transports/pipe.ts";
import { stoppable } from "../network/stoppable.ts";
import { startClient } from "../programs/client.ts";
import { startServer } from "../programs/server.ts";
import { perform, signalOf, type Command } from "./command.ts";
import { eventFacts, type Fact } from "./eventFacts.ts";
import { measuredExtension, type MessageSize } from "./measuredExtension.ts";
import { refusalOf } from "./refusal.ts";
import { follow, signalsOf, type Transition } from "./transition.ts";

/** The resource that the client requests. */
export interface ClientWishes {
  readonly resource: string;
  readonly subprotocols: readonly string[];
  /** Whether it offers permessage-deflate. The server accepts it. */
  readonly compression: boolean;
}

/** What an end does automatically. It can be changed at any time. */
export interface Behaviour {
  readonly acceptsAtOnce: boolean;
  readonly echoes: boolean;
  /** `false`: it does not read incoming bytes. */
  readonly reads: boolean;
}

/** The peer's violation, if that ended the connection. */
export interface Fault {
  readonly message: string;
  readonly code: string;
  readonly section: string | undefined;
  /** The HTTP status for it, if the opening handshake broke the rule. */
  readonly status: number | undefined;
}

/** How the connection ended. */
export interface Closed {
  readonly code: number;
  readonly sentCode: number | undefined;
  readonly fault: Fault | undefined;
}

export type Report =
  | {
      readonly type: "event";
      /** Since the epoch, in milliseconds: the same clock in every worker. */
      readonly epochMs: number;
      readonly event: WSEvent["type"];
      readonly facts: readonly Fact[];
      readonly state: ConnectionState;
      readonly transition: Transition | undefined;
      readonly extensions?: readonly AgreedExtension[] | undefined;
      readonly subprotocols?: readonly string[] | undefined;
      readonly closed?: Closed;
    }
  | { readonly type: "acted"; readonly state: ConnectionState; readonly transition: Transition | undefined }
  /** Queued bytes in the connection, because the transport does not accept them. */
  | { readonly type: "waiting"; readonly bytes: number };

export interface End {
  /** Executes them in order until one is refused: returns the reason, or `undefined`. */
  perform(commands: readonly Command[]): string | undefined;
  behave(behaviour: Behaviour): void;
  /** The recorded steps of the connection, for a replay. */
  vector(): Vector;
}

export type EndOptions =
  | {
      readonly role: "client";
      readonly wishes: ClientWishes;
      /** For `Host` and `Origin`. */
      readonly host: string;
      readonly origin: string | undefined;
      readonly behaviour: Behaviour;
    }
  | { readonly role: "server"; readonly behaviour: Behaviour };

/** Long enough for a user who plays the server, or who releases bytes one by one. */
const PATIENCE_MS = 600_000;
/** Small enough that exceeding it does not take long. */
const limits = { maxMessageBytes: 4 * 1024 * 1024 };
/** The largest vector: nobody reads a longer one. */
const MAX_VECTOR_BYTES = 1024 * 1024;
/** How often the queued amounts are reported, in milliseconds. */
const WAITING_MS = 50;

/** Starts at once. Throws what the connection throws for invalid options. */
export function startEnd(transport: ByteTransport, options: EndOptions, report: (report: Report) => void): End {
  let { behaviour } = options;
  let before: ConnectionState = "connecting";
  let request: ConnectionRequested | undefined;
  let size: MessageSize | undefined;
  let telling: ReturnType<typeof setTimeout> | undefined;
  let recording: VectorRecording;
  let told = 0;

  const tellWaiting = (): void => {
    telling ??= setTimeout(() => {
      telling = undefined;
      const bytes = program.connection.bufferedAmount;
      if (bytes !== told) report({ type: "waiting", bytes: (told = bytes) });
    }, WAITING_MS);
  };
  const { transport: line, setReading } = stoppable(transport, tellWaiting);
  setReading(behaviour.reads);

  function show(event: WSEvent, state: ConnectionState): void {
    if (event.type === "connectionRequested") request = event;
    const isEnd = (event.type === "textReceived" || event.type === "bytesReceived") && event.messageFinished;
    const signals = signalsOf(event, before);
    // A server that accepts automatically was connecting when it was last seen.
    const accepted = options.role === "server" && signals[0] === "establish";
    const transition = follow(before, accepted ? ["accept"] : signals);
    before = state;
    report({
      type: "event",
      epochMs: performance.timeOrigin + performance.now(),
      event: event.type,
      facts: eventFacts(event, isEnd ? size : undefined),
      state,
      transition,
      ...(event.type === "connectionEstablished" && { extensions: event.extensions }),
      ...(event.type === "connectionRequested" && { subprotocols: event.subprotocols }),
      ...(event.type === "connectionClosed" && { closed: closedFacts(event) }),
    });
  }

  const deflate = measuredExtension(permessageDeflate(), (one) => (size = one));
  const timing = { handshakeTimeoutMs: PATIENCE_MS, messageTimeoutMs: Infinity, closeTimeoutMs: PATIENCE_MS };
  const program = start();
  function start(): ReturnType<typeof startClient> {
    if (options.role === "client") {
      const { resource, subprotocols, compression } = options.wishes;
      const extensions = compression ? [deflate] : [];
      const { host, origin } = options;
      const wishes = { host, resource, subprotocols, ...(origin !== undefined && { origin }), extensions };
      const all = { ...wishes, ...timing, limits };
      return startClient(line, all, show, (connection) => {
        recording = recordVector(connection, all, { maxBytes: MAX_VECTOR_BYTES });
      });
    }
    const all = { extensions: [deflate], ...timing, limits };
    return startServer(line, {
      show,
      options: all,
      observe: (connection) => (recording = recordVector(connection, all, { maxBytes: MAX_VECTOR_BYTES })),
      acceptsAtOnce: () => behaviour.acceptsAtOnce,
      echoes: () => behaviour.echoes,
    });
  }

  return {
    perform(commands) {
      const { connection, turn } = program;
      let last: Transition | undefined;
      const refusal = refusalOf(() => {
        for (const command of commands) {
          const from = connection.state;
          perform(connection, request, command);
          last = follow(from, [
            signalOf[command.do],
            ...(command.do === "reject" ? (["finishRejection"] as const) : []),
          ]);
        }
      });
      if (last !== undefined) before = last.to;
      if (last !== undefined) report({ type: "acted", state: connection.state, transition: last });
      turn();
      tellWaiting();
      return refusal;
    },
    behave(next) {
      behaviour = next;
      setReading(next.reads);
    },
    vector: () => recording.vector(),
  };
}

function closedFacts({ code, sent, error }: ConnectionClosed): Closed {
  const fault = error && {
    message: error.message,
    code: error.code,
    section: error.section,
    status: error.status,
  };
  return { code, sentCode: sent?.code, fault };
}
