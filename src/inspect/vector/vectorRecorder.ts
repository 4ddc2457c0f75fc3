/** Records what happens to a connection as a vector that can be replayed. */
import type { Connection } from "../../connection/connection.ts";
import type { ConnectionOptions } from "../../connection/options.ts";
import { concat, viewOf, type Bytes } from "../../core/bytes.ts";
import { ProtocolError } from "../../core/errors.ts";
import { checkOptions, type OptionTable } from "../../core/options.ts";
import { entriesOf } from "../../handshake/headReader.ts";
import { decode } from "../decode/decoder.ts";
import { fromBase64, fromHex, toHex } from "../hex.ts";
import { override, overrideEvents, type Methods } from "../override.ts";
import { requireConnection } from "../tap.ts";
import { plainEvent } from "../plainEvent.ts";
import { redactVector } from "./redactVector.ts";
import type { Role } from "../role.ts";
import type { Redaction } from "../redact.ts";
import {
  NOT_BYTES,
  VECTOR_FORMAT,
  VECTOR_VERSION,
  writeOptions,
  type Thrown,
  type Vector,
  type VectorOptions,
  type VectorStep,
} from "./vector.ts";

/** The options of {@link recordVector}. */
export interface VectorRecorderOptions {
  /** Where recording stops, in bytes on the wire in both directions; 16 MiB by default. */
  readonly maxBytes?: number | undefined;
}

const table: OptionTable<VectorRecorderOptions> = { maxBytes: "a number" };

/** What {@link recordVector} returns. */
export interface VectorRecording {
  /**
   * What has been recorded so far. By default secrets in heads are overwritten with the same number of characters, as
   * in every export, and the vector can still be replayed. If you redact payloads or headers of the handshake itself,
   * it can only be read. A function for payloads counts as `"length"`.
   */
  vector(redact?: Redaction): Vector;
  /** Stops recording. The existing steps stay. */
  stop(): void;
}

/** Cost of a step with few or no bytes. */
const STEP_BYTES = 32;

/**
 * Records every call, chunk, event and time of a new connection. Call it right after you create the connection, with
 * the same options (`onConnection` passes both). Throws `TypeError` if something has already happened to the
 * connection.
 *
 * @example
 * ```ts
 * import { recordVector, type VectorRecording } from "websocket-over/inspect";
 * import { pipe } from "websocket-over/pipe";
 * import { accept, connect } from "websocket-over/stream";
 *
 * let recording: VectorRecording | undefined;
 * const [near, far] = pipe();
 * const opening = accept(far, { onConnection: (connection, options) => (recording = recordVector(connection, options)) });
 * const session = connect(near);
 * await (await opening).accept();
 * await (await session).close();
 * const { role, steps } = recording!.vector(); // attach JSON.stringify() of it to a bug report
 * console.log(role, steps.some((step) => step.do === "accept")); // → server true
 * ```
 */
export function recordVector(
  connection: Connection,
  connectionOptions: ConnectionOptions = {},
  options: VectorRecorderOptions = {},
): VectorRecording {
  requireConnection("recordVector()", connection);
  checkOptions("recordVector()", options, table);
  const { type: role, state, bufferedAmount, unreadAmount } = connection;
  const began = connectionOptions.handshake === "none" ? "open" : "connecting";
  const requestIsGone = began === "connecting" && role === "client" && bufferedAmount === 0;
  if (state !== began || requestIsGone || unreadAmount > 0) {
    throw new TypeError("a vector must start with the connection: this one is already in use");
  }
  const recorder = new VectorRecorder(role, writeOptions(connectionOptions), options.maxBytes ?? 16 * 1024 * 1024);
  const undo = recorder.observe(connection);
  return {
    vector: (redact) => redactVector(recorder.vector, redact),
    stop: () => {
      for (const one of undo) one();
    },
  };
}

/** What is recorded of a call, from its arguments. */
type Describe<Name extends keyof Methods> = (...args: Parameters<Methods[Name]>) => VectorStep;

/** Adds to it what the call returned. */
type Tell<Name extends keyof Methods> = (step: VectorStep, result: ReturnType<Methods[Name]>) => VectorStep;

type OnCall = <Name extends keyof Methods>(name: Name, describe: Describe<Name>, tell?: Tell<Name>) => () => void;

class VectorRecorder {
  readonly #role: Role;
  readonly #options: VectorOptions;
  readonly #maxBytes: number;
  readonly #steps: VectorStep[] = [];
  #bytes = 0;
  #full = false;

  constructor(role: Role, options: VectorOptions, maxBytes: number) {
    this.#role = role;
    this.#options = options;
    this.#maxBytes = maxBytes;
  }

  get vector(): Vector {
    return {
      format: VECTOR_FORMAT,
      version: VECTOR_VERSION,
      role: this.#role,
      options: this.#options,
      random: toHex(randomIn(this.#role, this.#options, this.#steps)),
      steps: [...this.#steps],
      ...(this.#full && { truncated: true as const }),
    };
  }

  observe(connection: Connection): (() => void)[] {
    const on: OnCall = (name, describe, tell) => override(connection, name, this.#observed(describe, tell));
    return [
      on("receiveBytes", (data) => ({ do: "receiveBytes", bytes: data === null ? null : hexOf(data) })),
      on("receiveRequest", ({ method, target, headers }) => {
        return { do: "receiveRequest", method, target, headers: entriesOf(headers) };
      }),
      on(
        "bytesToSend",
        (amount) => ({ do: "bytesToSend", ...(amount !== undefined && { amount }), bytes: "" }),
        (step, result) => ({ ...step, bytes: toHex(result) }) as VectorStep,
      ),
      on(
        "chunksToSend",
        () => ({ do: "chunksToSend", chunks: [] }),
        (_, result) => ({ do: "chunksToSend", chunks: result.map((chunk) => toHex(chunk)) }),
      ),
      on("sendData", (data, final = true, { compress } = {}) => {
        return { do: "sendData", ...dataOf(data), final, ...(compress !== undefined && { compress }) };
      }),
      on("ping", (payload) => ({ do: "ping", ...(payload !== undefined && { bytes: hexOf(payload) }) })),
      on("pong", (payload) => ({ do: "pong", ...(payload !== undefined && { bytes: hexOf(payload) }) })),
      on("close", (code, reason) => {
        return { do: "close", ...(code !== undefined && { code }), ...(reason !== undefined && { reason }) };
      }),
      on("accept", (_, { subprotocol, headers } = {}) => ({
        do: "accept",
        ...(subprotocol !== undefined && { subprotocol }),
        ...(headers !== undefined && { headers: entriesOf(headers) }),
      })),
      on("reject", (_, { status, headers, body, streamed } = {}) => ({
        do: "reject",
        ...(status !== undefined && { status }),
        ...(headers !== undefined && { headers: entriesOf(headers) }),
        ...(body !== undefined && dataOf(body)),
        ...(streamed !== undefined && { streamed }),
      })),
      on("sendRejectionData", (data, finished = false) => ({ do: "sendRejectionData", ...dataOf(data), finished })),
      on("advanceTime", (nowMs) => ({ do: "advanceTime", nowMs })),
      overrideEvents(connection, (event) => {
        this.#add({ do: "events", event: event === undefined ? null : plainEvent(event, toHex) });
      }),
    ];
  }

  /** Wraps a method so that each call adds its step. */
  #observed<Name extends keyof Methods>(
    describe: Describe<Name>,
    tell: Tell<Name> | undefined,
  ): (original: Methods[Name]) => Methods[Name] {
    return (original) => {
      const call = original as unknown as (...args: Parameters<Methods[Name]>) => ReturnType<Methods[Name]>;
      const observed = (...args: Parameters<Methods[Name]>): ReturnType<Methods[Name]> => {
        // Describe before the call, which may change the bytes passed to it.
        const step = describe(...args);
        let result: ReturnType<Methods[Name]>;
        try {
          result = call(...args);
        } catch (error) {
          this.#add({ ...step, throws: thrown(error) });
          throw error;
        }
        this.#add(tell === undefined ? step : tell(step, result));
        return result;
      };
      return observed as unknown as Methods[Name];
    };
  }

  #add(step: VectorStep): void {
    if (this.#full) return;
    const last = this.#steps.at(-1);
    // Skip repeated reads that return nothing: they change nothing.
    if (last !== undefined && isIdle(step) && last.do === step.do && isIdle(last)) return;
    this.#bytes += STEP_BYTES + bytesIn(step);
    this.#full = this.#bytes > this.#maxBytes;
    if (!this.#full) this.#steps.push(step);
  }
}

function isIdle(step: VectorStep): boolean {
  return (
    (step.do === "events" && step.event === null) ||
    (step.do === "bytesToSend" && step.bytes === "" && step.throws === undefined) ||
    (step.do === "chunksToSend" && step.chunks.length === 0)
  );
}

function bytesIn(step: VectorStep): number {
  switch (step.do) {
    case "receiveBytes":
    case "bytesToSend":
    case "ping":
    case "pong":
      return (step.bytes?.length ?? 0) / 2;
    case "chunksToSend":
      return step.chunks.reduce((sum, chunk) => sum + chunk.length / 2, 0);
    case "sendData":
    case "reject":
    case "sendRejectionData":
      return step.text?.length ?? (step.bytes?.length ?? 0) / 2;
    case "events":
      return typeof step.event?.data === "string" ? step.event.data.length : 0;
    default:
      return 0;
  }
}

function hexOf(data: unknown): string {
  try {
    return toHex(viewOf(data));
  } catch {
    return NOT_BYTES;
  }
}

function dataOf(data: unknown): { text: string } | { bytes: string } {
  return typeof data === "string" ? { text: data } : { bytes: hexOf(data) };
}

function thrown(error: unknown): Thrown {
  if (error instanceof ProtocolError) return { name: error.name, code: error.code };
  return { name: error instanceof Error ? error.name : typeof error };
}

/** The request's key and the masks, taken from the bytes sent. */
function randomIn(role: Role, options: VectorOptions, steps: readonly VectorStep[]): Bytes {
  const sent = concat(sentIn(steps));
  if (role === "server" || sent.length === 0) return new Uint8Array(0);
  const records = decode({ client: sent }, { handshake: options.handshake ?? "http1", maxPayloadBytes: 0 });
  return concat(
    records.flatMap((record) => {
      if (record.kind === "frame") return record.maskingKey === undefined ? [] : [record.maskingKey];
      const key = record.kind === "head" ? record.fields.find((field) => field.key === "sec-websocket-key") : undefined;
      return key === undefined ? [] : [fromBase64(key.value) ?? new Uint8Array(0)];
    }),
  );
}

function sentIn(steps: readonly VectorStep[]): Bytes[] {
  return steps.flatMap((step) => {
    if (step.do === "bytesToSend") return [fromHex(step.bytes)!];
    return step.do === "chunksToSend" ? step.chunks.map((chunk) => fromHex(chunk)!) : [];
  });
}
