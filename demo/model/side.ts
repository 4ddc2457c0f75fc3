/** One end of a conversation as the page sees it: signals that follow its reports, and functions that command it. */
import { batch, effect, signal, type ReadonlySignal } from "@preact/signals";
import type { AgreedExtension, ConnectionState, WSEvent } from "../../src/index.ts";
import type { Role, Vector } from "../../src/inspect/index.ts";
import type { ByteTransport } from "../../src/transports/pipe.ts";
import { BoundedLog } from "./boundedLog.ts";
import type { Command } from "./command.ts";
import { startEnd, type Behaviour, type Closed, type EndOptions, type Report } from "./end.ts";
import type { Fact } from "./eventFacts.ts";
import type { FromWorker, ToWorker } from "./serverWorker.ts";
import type { Transition } from "./transition.ts";

export interface LoggedEvent {
  readonly atMs: number;
  readonly type: WSEvent["type"];
  readonly facts: readonly Fact[];
}

export interface RequestFacts {
  readonly facts: readonly Fact[];
  readonly subprotocols: readonly string[];
}

export interface Side {
  readonly role: Role;
  readonly state: ReadonlySignal<ConnectionState>;
  readonly transition: ReadonlySignal<Transition | undefined>;
  /** The negotiated subprotocol and extensions. */
  readonly extensions: ReadonlySignal<readonly AgreedExtension[]>;
  /** Server: the client's request. */
  readonly request: ReadonlySignal<RequestFacts | undefined>;
  /** How it ended; `undefined` before. */
  readonly closed: ReadonlySignal<Closed | undefined>;
  /** Bytes that its connection could not send yet. */
  readonly waitingBytes: ReadonlySignal<number>;
  readonly log: BoundedLog<LoggedEvent>;
  /** Resolves to the reason of the first refused command, or `undefined`. */
  perform(...commands: Command[]): Promise<string | undefined>;
  /** The recorded steps of its connection, for a replay. */
  vector(): Promise<Vector>;
}

/** How to reach it, wherever it runs. */
type Handle = Pick<Side, "vector"> & { perform(commands: Command[]): Promise<string | undefined> };

export interface RunningSide {
  readonly side: Side;
  /** Stops following the controls. */
  readonly stop: () => void;
}

/** `sinceMs` converts a time since the epoch to one since the start of the conversation. */
export function startSide(
  transport: ByteTransport,
  options: EndOptions,
  behaviour: ReadonlySignal<Behaviour>,
  sinceMs: (epochMs: number) => number,
): RunningSide {
  const { take, side } = sideOf(options.role, sinceMs, {
    perform: (commands) => Promise.resolve(end.perform(commands)),
    vector: () => Promise.resolve(end.vector()),
  });
  const end = startEnd(transport, options, take);
  return { side, stop: effect(() => end.behave(behaviour.value)) };
}

/** The server, in a worker. */
export function startSideIn(
  { worker, port }: { readonly worker: Worker; readonly port: MessagePort },
  behaviour: ReadonlySignal<Behaviour>,
  sinceMs: (epochMs: number) => number,
): RunningSide {
  const tell = (message: ToWorker, transfer: Transferable[] = []): void => worker.postMessage(message, transfer);
  const refusals = new Map<number, (refusal: string | undefined) => void>();
  const vectors = new Map<number, (vector: Vector) => void>();
  let calls = 0;
  const { take, side } = sideOf("server", sinceMs, {
    perform(commands) {
      const id = calls++;
      tell({ type: "perform", id, commands });
      return new Promise((resolve) => refusals.set(id, resolve));
    },
    vector() {
      const id = calls++;
      tell({ type: "vector", id });
      return new Promise((resolve) => vectors.set(id, resolve));
    },
  });
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    if (data.type === "report") take(data.report);
    else if (data.type === "vector") vectors.get(data.id)?.(data.vector);
    else refusals.get(data.id)?.(data.refusal);
  };
  tell({ type: "start", port, behaviour: behaviour.peek() }, [port]);
  return { side, stop: effect(() => tell({ type: "behave", behaviour: behaviour.value })) };
}

function sideOf(
  role: Role,
  sinceMs: (epochMs: number) => number,
  handle: Handle,
): { readonly take: (report: Report) => void; readonly side: Side } {
  const state = signal<ConnectionState>("connecting");
  const transition = signal<Transition | undefined>();
  const extensions = signal<readonly AgreedExtension[]>([]);
  const request = signal<RequestFacts | undefined>();
  const closed = signal<Closed | undefined>();
  const waitingBytes = signal(0);
  const log = new BoundedLog<LoggedEvent>();
  const take = (report: Report): void => {
    if (report.type === "waiting") {
      waitingBytes.value = report.bytes;
      return;
    }
    batch(() => {
      state.value = report.state;
      if (report.transition !== undefined) transition.value = report.transition;
      if (report.type === "event") takeEvent(report);
    });
  };
  const takeEvent = (report: Extract<Report, { type: "event" }>): void => {
    log.append({ atMs: sinceMs(report.epochMs), type: report.event, facts: report.facts });
    if (report.extensions !== undefined) extensions.value = report.extensions;
    if (report.subprotocols !== undefined) request.value = { facts: report.facts, subprotocols: report.subprotocols };
    if (report.closed !== undefined) closed.value = report.closed;
  };
  const side: Side = {
    role,
    state,
    transition,
    extensions,
    request,
    closed,
    waitingBytes,
    log,
    perform: (...commands) => handle.perform(commands),
    vector: () => handle.vector(),
  };
  return { take, side };
}
