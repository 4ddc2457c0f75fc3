/** One client and one server over one pipe, and everything that is seen of them, as signals. */
import { signal, type ReadonlySignal } from "@preact/signals";
import type {
  AgreedExtension,
  ConnectionRequested,
  ConnectionState,
  ConnectionType,
  Extension,
  WSConnection,
  WSEvent,
} from "../src/index.ts";
import { permessageDeflate } from "../src/deflate/index.ts";
import { pipe } from "../src/transports/pipe.ts";
import { BoundedLog } from "./boundedLog.ts";
import { eventFacts, type Fact } from "./eventFacts.ts";
import { sampleOf, type Sample } from "./format.ts";
import { measuredExtension, type MessageSize } from "./measuredExtension.ts";
import { startClient } from "./programs/client.ts";
import { startServer } from "./programs/server.ts";
import { tappedTransport } from "./tappedTransport.ts";

export interface LoggedEvent {
  readonly atMs: number;
  readonly type: WSEvent["type"];
  readonly facts: readonly Fact[];
}

export interface WireEntry {
  readonly atMs: number;
  readonly from: ConnectionType;
  /** `null`: the end of this direction. */
  readonly chunk: Sample | null;
}

export interface Side {
  readonly role: ConnectionType;
  readonly state: ReadonlySignal<ConnectionState>;
  /** What was agreed on. */
  readonly extensions: ReadonlySignal<readonly AgreedExtension[]>;
  readonly log: BoundedLog<LoggedEvent>;
  /** Does something with the connection, and sends what that queued. Passes on what the connection throws. */
  readonly act: (what: (connection: WSConnection) => void) => void;
}

export interface Conversation {
  readonly client: Side;
  readonly server: Side;
  /** What the client asked for, once it has reached the server. */
  readonly request: ReadonlySignal<ConnectionRequested | undefined>;
  readonly wire: BoundedLog<WireEntry>;
  /** Ends the pipe under both, if they have not ended themselves. */
  readonly abandon: () => void;
}

export interface Wishes {
  readonly resource: string;
  readonly subprotocols: readonly string[];
  /** Whether the client offers permessage-deflate, which the server agrees to. */
  readonly compression: boolean;
  /** Asked when the time comes. */
  readonly acceptsAtOnce: () => boolean;
  readonly echoes: () => boolean;
}

/** Long enough for a person who plays the server to make up their mind. */
const HANDSHAKE_TIMEOUT_MS = 300_000;
/** Enough for a usual request. */
const MAX_CHUNK_BYTES = 1024;

/** Begins at once. Passes on what the connection throws at wishes that can't be. */
export function startConversation(wishes: Wishes): Conversation {
  const startedMs = performance.now();
  const elapsedMs = (): number => performance.now() - startedMs;
  const [clientEnd, serverEnd] = pipe();
  const wire = new BoundedLog<WireEntry>();
  const tapFor = (from: ConnectionType) => (chunk: Uint8Array | null) =>
    wire.append({ atMs: elapsedMs(), from, chunk: chunk && sampleOf(chunk, MAX_CHUNK_BYTES) });

  const request = signal<ConnectionRequested | undefined>();
  const clientView = watch("client", elapsedMs);
  const serverView = watch("server", elapsedMs);

  const client = startClient(
    tappedTransport(clientEnd, tapFor("client")),
    {
      host: "server.example",
      resource: wishes.resource,
      subprotocols: wishes.subprotocols,
      origin: location.origin,
      extensions: wishes.compression ? [clientView.deflate] : [],
      handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS,
    },
    clientView.show,
  );
  const server = startServer(tappedTransport(serverEnd, tapFor("server")), {
    show(event, state) {
      if (event.type === "connectionRequested") request.value = event;
      serverView.show(event, state);
    },
    extensions: [serverView.deflate],
    acceptsAtOnce: wishes.acceptsAtOnce,
    echoes: wishes.echoes,
  });
  return {
    client: clientView.sideOf(client),
    server: serverView.sideOf(server),
    request,
    wire,
    abandon: () => clientEnd.close?.(),
  };
}

interface Watch {
  /** Tells the view what it brings. */
  readonly deflate: Extension;
  readonly show: (event: WSEvent, state: ConnectionState) => void;
  readonly sideOf: (program: { readonly connection: WSConnection; readonly turn: () => void }) => Side;
}

function watch(role: ConnectionType, elapsedMs: () => number): Watch {
  const state = signal<ConnectionState>("connecting");
  const extensions = signal<readonly AgreedExtension[]>([]);
  const log = new BoundedLog<LoggedEvent>();
  let size: MessageSize | undefined;
  return {
    deflate: measuredExtension(permessageDeflate(), (told) => (size = told)),
    show(event, newState) {
      const isEnd = (event.type === "textReceived" || event.type === "bytesReceived") && event.messageFinished;
      log.append({ atMs: elapsedMs(), type: event.type, facts: eventFacts(event, isEnd ? size : undefined) });
      if (event.type === "connectionEstablished") extensions.value = event.extensions;
      state.value = newState;
    },
    sideOf: ({ connection, turn }) => ({
      role,
      state,
      extensions,
      log,
      act(what) {
        what(connection);
        turn();
        state.value = connection.state;
      },
    }),
  };
}
