/** One end of a conversation where it runs, in the page or in a worker: takes commands, and reports as plain data. */
import type {
  AgreedExtension,
  Connection,
  ConnectionOptions,
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

/** What the client asks for. */
export interface ClientWishes {
  readonly resource: string;
  readonly subprotocols: readonly string[];
  /** Whether it offers permessage-deflate, which the server agrees to. */
  readonly compression: boolean;
}

/** What an end does by itself. It may be changed at any time. */
export interface Behaviour {
  readonly acceptsAtOnce: boolean;
  readonly echoes: boolean;
  /** `false`: it reads no more of what comes. */
  readonly reads: boolean;
}

/** What the peer did wrong, if that is why the connection ended. */
export interface Fault {
  readonly message: string;
  readonly code: string;
  readonly section: string | undefined;
  /** Of HTTP, where the opening handshake was broken. */
  readonly status: number | undefined;
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
      readonly closed?: {
        readonly code: number;
        readonly sentCode: number | undefined;
        readonly fault: Fault | undefined;
      };
    }
  | { readonly type: "acted"; readonly state: ConnectionState; readonly transition: Transition | undefined }
  /** Bytes that wait in the connection, since the transport does not take them. */
  | { readonly type: "waiting"; readonly bytes: number };

export interface End {
  /** One after the other, until one is refused: returns why, or `undefined`. */
  perform(commands: readonly Command[]): string | undefined;
  behave(behaviour: Behaviour): void;
  /** What has happened to the connection, to be replayed. */
  vector(): Vector;
}

export type EndOptions =
  | { readonly role: "client"; readonly wishes: ClientWishes; readonly origin: string; readonly behaviour: Behaviour }
  | { readonly role: "server"; readonly behaviour: Behaviour };

/** Long enough for a person who plays the server, or who lets bytes through one by one. */
const PATIENCE_MS = 600_000;
/** Small enough that what grows beyond it is not tedious to watch. */
const limits = { maxMessageBytes: 4 * 1024 * 1024 };
/** Where a vector ends: what is longer nobody reads. */
const MAX_VECTOR_BYTES = 1024 * 1024;
/** How often what waits is told of, in milliseconds. */
const WAITING_MS = 50;

interface ProgramHooks {
  readonly show: (event: WSEvent, state: ConnectionState) => void;
  readonly measured: (size: MessageSize) => void;
  readonly recorded: (recording: VectorRecording) => void;
  readonly behaviour: () => Behaviour;
}

/** Begins at once. Passes on what the connection throws at wishes that can't be. */
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
    // A server that accepts by itself was connecting when it was last seen.
    const accepted = options.role === "server" && signals[0] === "establish";
    const transition = follow(before, accepted ? ["accept"] : signals);
    before = state;
    report(eventReport(event, isEnd ? size : undefined, state, transition));
  }

  const program = startProgram(line, options, {
    show,
    measured: (one) => (size = one),
    recorded: (one) => (recording = one),
    behaviour: () => behaviour,
  });

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

/** Starts the client or the server, with a recording of its connection. */
function startProgram(
  line: ByteTransport,
  options: EndOptions,
  { show, measured, recorded, behaviour }: ProgramHooks,
): ReturnType<typeof startClient> {
  const deflate = measuredExtension(permessageDeflate(), measured);
  const timing = { handshakeTimeoutMs: PATIENCE_MS, messageTimeoutMs: Infinity, closeTimeoutMs: PATIENCE_MS };
  const observing =
    (all: ConnectionOptions) =>
    (connection: Connection): void =>
      recorded(recordVector(connection, all, { maxBytes: MAX_VECTOR_BYTES }));
  if (options.role === "client") {
    const { resource, subprotocols, compression } = options.wishes;
    const extensions = compression ? [deflate] : [];
    const wishes = { host: "server.example", resource, subprotocols, origin: options.origin, extensions };
    const all = { ...wishes, ...timing, limits };
    return startClient(line, all, show, observing(all));
  }
  const all = { extensions: [deflate], ...timing, limits };
  return startServer(line, {
    show,
    options: all,
    observe: observing(all),
    acceptsAtOnce: () => behaviour().acceptsAtOnce,
    echoes: () => behaviour().echoes,
  });
}

/** What is reported of an event. */
function eventReport(
  event: WSEvent,
  size: MessageSize | undefined,
  state: ConnectionState,
  transition: Transition | undefined,
): Report {
  return {
    type: "event",
    epochMs: performance.timeOrigin + performance.now(),
    event: event.type,
    facts: eventFacts(event, size),
    state,
    transition,
    ...(event.type === "connectionEstablished" && { extensions: event.extensions }),
    ...(event.type === "connectionRequested" && { subprotocols: event.subprotocols }),
    ...(event.type === "connectionClosed" && {
      closed: {
        code: event.code,
        sentCode: event.sent?.code,
        fault: event.error && {
          message: event.error.message,
          code: event.error.code,
          section: event.error.section,
          status: event.error.status,
        },
      },
    }),
  };
}
