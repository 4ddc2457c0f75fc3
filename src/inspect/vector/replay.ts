/** Replays a vector on a new connection and reports every difference. */
import { WSConnection } from "../../connection/wsConnection.ts";
import type { Bytes } from "../../core/bytes.ts";
import { ProtocolError } from "../../core/errors.ts";
import { checkOptions, type OptionTable } from "../../core/options.ts";
import type { ConnectionRequested, WSEvent } from "../../core/events.ts";
import type { Extension, NegotiatedExtension } from "../../core/extension.ts";
import { fromHex, toHex } from "../hex.ts";
import { plainEvent } from "../plainEvent.ts";
import { NOT_BYTES, readOptions, VECTOR_FORMAT, VECTOR_VERSION, type Vector, type VectorStep } from "./vector.ts";

/** The options of {@link replay}. */
export interface ReplayOptions {
  /** New extensions with the same options as those of the recording: a vector has only their names. */
  readonly extensions?: readonly (Extension | NegotiatedExtension)[] | undefined;
}

const table: OptionTable<ReplayOptions> = { extensions: "an object" };

/**
 * Where the replay differs from the recording.
 *
 * @see {@link replay}
 */
export interface ReplayDifference {
  /** The index of the step. */
  readonly step: number;
  readonly do: VectorStep["do"];
  readonly expected: unknown;
  readonly actual: unknown;
}

/** What {@link replay} found. */
export interface Replay {
  /** The connection after the last step. */
  readonly connection: WSConnection;
  readonly events: readonly WSEvent[];
  /** Empty if the connection emitted and sent exactly what it did in the recording, bit for bit. */
  readonly differences: readonly ReplayDifference[];
}

/**
 * Replays every step on a new connection. Throws `TypeError` if `vector` is not a vector of this version or has been
 * redacted, or if an extension that it needs is missing.
 *
 * @example
 * ```ts
 * import { WSConnection } from "websocket-over";
 * import { recordVector, replay } from "websocket-over/inspect";
 *
 * const options = { handshake: "none" } as const;
 * const server = new WSConnection("server", options);
 * const recording = recordVector(server, options);
 * server.receiveBytes(Uint8Array.of(0x83, 0x80, 0, 0, 0, 0)); // an opcode that there is not
 * for (const event of server.events()) if (event.type === "connectionClosed") console.log(event.error?.code); // → reservedOpcode
 * const again = replay(JSON.parse(JSON.stringify(recording.vector())));
 * console.log(again.differences.length); // → 0
 * ```
 */
export function replay(vector: Vector, options: ReplayOptions = {}): Replay {
  requireVector(vector);
  checkOptions("replay()", options, table);
  const { extensions = [] } = options;
  for (const { name } of vector.options.extensions ?? []) {
    if (!extensions.some((extension) => extension.name === name)) {
      throw new TypeError(`the vector was recorded with the extension ${name}: give it in \`extensions\``);
    }
  }
  const random = bytesOf(vector.random, "random");
  let drawn = 0;
  const connection = new WSConnection(vector.role, {
    ...readOptions(vector.options),
    extensions,
    random: (bytes) => {
      bytes.fill(0);
      bytes.set(random.subarray(drawn, drawn + bytes.length));
      drawn += bytes.length;
    },
  });
  const events: WSEvent[] = [];
  const differences: ReplayDifference[] = [];
  const replayer = new Replayer(connection, events);
  for (const [i, step] of vector.steps.entries()) {
    const expected = comparable(toldBy(step));
    const actual = comparable(replayer.do(step, `step ${i}`));
    if (expected !== actual) {
      differences.push({ step: i, do: step.do, expected: JSON.parse(expected), actual: JSON.parse(actual) });
    }
  }
  return { connection, events, differences };
}

/** What the step threw or returned in the recording. */
function toldBy(step: VectorStep): unknown {
  if (step.throws !== undefined) return { throws: step.throws };
  switch (step.do) {
    case "events":
      return step.event;
    case "bytesToSend":
      return step.bytes;
    case "chunksToSend":
      // How the bytes are split into chunks does not matter.
      return step.chunks.join("");
    case "nextDeadlineMs":
      return step.nextDeadlineMs;
    default:
      return null;
  }
}

class Replayer {
  readonly #connection: WSConnection;
  readonly #events: WSEvent[];
  #request: ConnectionRequested | undefined;

  constructor(connection: WSConnection, events: WSEvent[]) {
    this.#connection = connection;
    this.#events = events;
  }

  do(step: VectorStep, where: string): unknown {
    try {
      return this.#do(step, where) ?? null;
    } catch (error) {
      if (error instanceof InvalidVector) throw error;
      const { name } = error as Error;
      return { throws: error instanceof ProtocolError ? { name, code: error.code } : { name } };
    }
  }

  #do(step: VectorStep, where: string): unknown {
    const connection = this.#connection;
    switch (step.do) {
      case "receiveBytes":
        connection.receiveBytes(step.bytes === null ? null : (dataOf(step, where) as Bytes));
        return undefined;
      case "receiveRequest":
        connection.receiveRequest({ ...step, headers: pairs(step.headers) });
        return undefined;
      case "events":
        return this.#pull();
      case "bytesToSend":
        return toHex(connection.bytesToSend(step.amount));
      case "chunksToSend":
        return connection
          .chunksToSend()
          .map((chunk) => toHex(chunk))
          .join("");
      case "sendData":
        connection.sendData(
          dataOf(step, where) as string,
          step.final,
          step.compress === undefined ? {} : { compress: step.compress },
        );
        return undefined;
      case "ping":
      case "pong":
        connection[step.do](step.bytes === undefined ? undefined : (dataOf(step, where) as Bytes));
        return undefined;
      case "close":
        connection.close(step.code, step.reason);
        return undefined;
      case "accept":
        connection.accept(this.#request!, {
          subprotocol: step.subprotocol,
          ...(step.headers !== undefined && { headers: pairs(step.headers) }),
        });
        return undefined;
      case "reject":
        connection.reject(this.#request!, {
          ...(step.status !== undefined && { status: step.status }),
          ...(step.headers !== undefined && { headers: pairs(step.headers) }),
          ...((step.text ?? step.bytes) !== undefined && { body: dataOf(step, where) as string }),
          ...(step.streamed !== undefined && { streamed: step.streamed }),
        });
        return undefined;
      case "sendRejectionData":
        connection.sendRejectionData(dataOf(step, where) as string, step.finished);
        return undefined;
      case "advanceTime":
        connection.advanceTime(step.nowMs);
        return undefined;
      case "nextDeadlineMs":
        return connection.nextDeadlineMs;
      default:
        throw new InvalidVector(`${where}: unknown step ${JSON.stringify((step as { do: unknown }).do)}`);
    }
  }

  #pull(): unknown {
    const event = this.#connection.events().next().value as WSEvent | undefined;
    if (event === undefined) return null;
    this.#events.push(event);
    if (event.type === "connectionRequested") this.#request = event;
    return plainEvent(event, toHex);
  }
}

class InvalidVector extends TypeError {
  override readonly name = "TypeError";
}

function requireVector(vector: Vector): void {
  const given: Partial<Record<keyof Vector, unknown>> = typeof vector === "object" && vector !== null ? vector : {};
  if (given.format !== VECTOR_FORMAT) throw new InvalidVector("replay() takes a vector, as JSON.parse() returns it");
  if (given.version !== VECTOR_VERSION) throw new InvalidVector(`unsupported vector version ${String(given.version)}`);
  if (given.redacted === true) throw new InvalidVector("a redacted vector can be read, but not replayed");
  if (!Array.isArray(given.steps) || typeof given.options !== "object" || given.options === null) {
    throw new InvalidVector("the vector has no steps or no options");
  }
}

function bytesOf(text: unknown, where: string): Bytes {
  const bytes = typeof text === "string" ? fromHex(text) : undefined;
  if (bytes === undefined) throw new InvalidVector(`${where}: bytes must be hexadecimal`);
  return bytes;
}

/** The argument of a call: text or bytes, or `undefined` for an invalid argument that made it throw. */
function dataOf(step: { text?: string; bytes?: string | null; throws?: unknown }, where: string): unknown {
  if (step.text !== undefined) return step.text;
  return step.bytes === NOT_BYTES && step.throws !== undefined ? undefined : bytesOf(step.bytes, where);
}

function pairs(headers: readonly (readonly [string, string])[]): [string, string][] {
  if (typeof headers !== "object") throw new InvalidVector("headers must be a list");
  return headers.map(([name, value]) => [name, value]);
}

/** As JSON, the format of the vector. */
function comparable(value: unknown): string {
  return JSON.stringify(value ?? null);
}
