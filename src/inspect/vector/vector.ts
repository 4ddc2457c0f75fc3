/**
 * A vector: everything that happened to one connection, step by step, as plain JSON. Enough to replay it bit for bit.
 */
import type { ConnectionOptions } from "../../connection/options.ts";
import { durations, type Duration } from "../../core/deadlines.ts";
import type { ExtensionParameters } from "../../core/extension.ts";
import { entriesOf } from "../../handshake/headReader.ts";
import type { PlainEvent } from "../plainEvent.ts";
import type { Role } from "../role.ts";

export const VECTOR_FORMAT = "websocket-over vector";
export const VECTOR_VERSION = 1;

/** Replaces an argument that should have been bytes but was not: the call threw. */
export const NOT_BYTES = "not bytes";

export type HeaderList = readonly (readonly [name: string, value: string])[];
/** JSON has no `Infinity`. */
type JSONNumber = number | "Infinity";

/** A recording of one connection as JSON, for {@link replay}. All bytes are in hexadecimal. */
export interface Vector {
  readonly format: typeof VECTOR_FORMAT;
  readonly version: typeof VECTOR_VERSION;
  readonly role: Role;
  readonly options: VectorOptions;
  /** The random bytes that the connection drew, in order, as seen on the wire: keys and masks. */
  readonly random: string;
  readonly steps: readonly VectorStep[];
  /** The recording reached its limit before the connection ended; later steps are missing. */
  readonly truncated?: true;
  /** Payloads or handshake headers have been overwritten. The vector can be read but not replayed. */
  readonly redacted?: true;
}

/**
 * The connection options that affect its behaviour.
 *
 * @see {@link replay}
 */
export interface VectorOptions extends Readonly<Partial<Record<Duration, JSONNumber>>> {
  readonly handshake?: "http1" | "none";
  readonly host?: string;
  readonly resource?: string;
  readonly origin?: string;
  readonly subprotocols?: readonly string[];
  readonly subprotocol?: string;
  readonly headers?: HeaderList;
  /** The name of each extension, and what it offers or has agreed on. To replay, pass the extensions. */
  readonly extensions?: readonly { readonly name: string; readonly parameters: readonly ExtensionParameters[] }[];
  readonly limits?: Readonly<Record<string, JSONNumber>>;
  readonly masking?: boolean;
  readonly autoPong?: boolean;
  readonly keepalive?: { readonly intervalMs: JSONNumber; readonly timeoutMs: JSONNumber };
}

/** What was thrown: its name and, for a protocol error, its code. */
export interface Thrown {
  readonly name: string;
  readonly code?: string;
}

interface Call {
  readonly throws?: Thrown;
}

/**
 * A call or a read. Steps with a result contain it.
 *
 * @see {@link replay}
 */
export type VectorStep =
  | (Call & { readonly do: "receiveBytes"; readonly bytes: string | null })
  | (Call & {
      readonly do: "receiveRequest";
      readonly method: string;
      readonly target: string;
      readonly headers: HeaderList;
    })
  | (Call & { readonly do: "events"; readonly event: PlainEvent | null })
  | (Call & { readonly do: "bytesToSend"; readonly amount?: number; readonly bytes: string })
  | (Call & { readonly do: "chunksToSend"; readonly chunks: readonly string[] })
  | (Call & {
      readonly do: "sendData";
      readonly text?: string;
      readonly bytes?: string;
      readonly final: boolean;
      readonly compress?: boolean;
    })
  | (Call & { readonly do: "ping" | "pong"; readonly bytes?: string })
  | (Call & { readonly do: "close"; readonly code?: number; readonly reason?: string })
  /** Answers the latest request event. */
  | (Call & { readonly do: "accept"; readonly subprotocol?: string; readonly headers?: HeaderList })
  | (Call & {
      readonly do: "reject";
      readonly status?: number;
      readonly headers?: HeaderList;
      readonly text?: string;
      readonly bytes?: string;
      readonly streamed?: boolean;
    })
  | (Call & {
      readonly do: "sendRejectionData";
      readonly text?: string;
      readonly bytes?: string;
      readonly finished: boolean;
    })
  | (Call & { readonly do: "advanceTime"; readonly nowMs: number })
  /** Only in older vectors, from when reading it started timers. Compared, but no longer recorded. */
  | (Call & { readonly do: "nextDeadlineMs"; readonly nextDeadlineMs: number | null });

const PLAIN_OPTIONS = ["handshake", "host", "resource", "origin", "subprotocols", "subprotocol", "masking", "autoPong"];

/** The options in JSON. Leaves out functions and anything else that JSON can't hold. */
export function writeOptions(options: ConnectionOptions): VectorOptions {
  const plain: Record<string, unknown> = {};
  for (const name of PLAIN_OPTIONS) {
    const value = (options as Record<string, unknown>)[name];
    if (value !== undefined) plain[name] = value;
  }
  for (const name of durations) if (options[name] !== undefined) plain[name] = toJSONNumber(options[name]);
  const { headers, extensions, limits, keepalive } = options;
  if (headers !== undefined) plain.headers = entriesOf(headers);
  if (limits !== undefined) plain.limits = mapNumbers(limits, toJSONNumber);
  if (keepalive !== undefined) plain.keepalive = mapNumbers({ ...keepalive }, toJSONNumber);
  if (extensions !== undefined) {
    plain.extensions = extensions.map((extension) => ({
      name: extension.name,
      parameters: "offer" in extension ? extension.offer() : [extension.parameters],
    }));
  }
  return plain;
}

/** The options for a connection that replays the steps. */
export function readOptions(options: VectorOptions): ConnectionOptions {
  const { limits, keepalive, headers, extensions, ...plain } = options;
  void extensions;
  const timing: Partial<Record<Duration, number>> = {};
  for (const name of durations) if (plain[name] !== undefined) timing[name] = fromJSONNumber(plain[name]);
  return {
    ...(plain as Omit<typeof plain, Duration>),
    ...timing,
    ...(headers !== undefined && { headers: headers.map(([name, value]): [string, string] => [name, value]) }),
    ...(limits !== undefined && { limits: mapNumbers(limits, fromJSONNumber) }),
    ...(keepalive !== undefined && {
      keepalive: { intervalMs: fromJSONNumber(keepalive.intervalMs), timeoutMs: fromJSONNumber(keepalive.timeoutMs) },
    }),
  };
}

function mapNumbers<To>(values: object, map: (value: number & JSONNumber) => To): Record<string, To> {
  const entries = Object.entries(values) as [string, number | undefined][];
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, map(value)]])));
}

function toJSONNumber(value: number): JSONNumber {
  return value === Infinity ? "Infinity" : value;
}

function fromJSONNumber(value: JSONNumber): number {
  return value === "Infinity" ? Infinity : value;
}
