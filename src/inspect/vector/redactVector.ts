/** Redacts a vector before export. Each secret is replaced by the same number of characters. */
import { concat, latin1, type Bytes } from "../../core/bytes.ts";
import { decodeInto, Decoder } from "../decode/decoder.ts";
import { latin1Text } from "../decode/headDecoder.ts";
import { fromHex, toHex } from "../hex.ts";
import type { TraceRecord } from "../record.ts";
import { exported, Redactor, type Redaction } from "../redact.ts";
import { headOf } from "../requestHead.ts";
import type { Vector, VectorOptions, VectorStep } from "./vector.ts";

/** Headers that both ends evaluate: other values would change the course of the handshake. */
const OF_THE_HANDSHAKE = [
  "host",
  "upgrade",
  "connection",
  "content-length",
  "transfer-encoding",
  ...["key", "accept", "version", "protocol", "extensions"].map((name) => `sec-websocket-${name}`),
];

const FILLER = "x";
const FILLER_BYTE = 0x78;

/** By default secrets in heads are overwritten, and the vector can still be replayed. */
export function redactVector(vector: Vector, redaction?: Redaction): Vector {
  const redactor = new Redactor({ ...exported, ...redaction });
  const { secrets } = redactor;
  const payloads = redaction?.payload !== undefined;
  if (!secrets.any && !payloads) return vector;
  const streams = {
    sent: new Patch(bytesIn(vector.steps, "sent")),
    received: new Patch(bytesIn(vector.steps, "received")),
  };
  const records = recordsOf(vector, streams.sent.bytes, streams.received.bytes);
  for (const record of records) redactBytes(streams[record.direction], record, redactor, payloads);

  const steps = vector.steps.map((step): VectorStep => {
    const own = redactStep(step, redactor, payloads);
    if (own.throws !== undefined) return own;
    if (own.do === "receiveBytes" && own.bytes !== null) return { ...own, bytes: streams.received.next(own.bytes) };
    if (own.do === "bytesToSend") return { ...own, bytes: streams.sent.next(own.bytes) };
    if (own.do === "chunksToSend") return { ...own, chunks: own.chunks.map((chunk) => streams.sent.next(chunk)) };
    return own;
  });
  const changesHandshake = OF_THE_HANDSHAKE.some((name) => secrets.hides(name));
  return {
    ...vector,
    options: redactOptions(vector.options, redactor),
    steps,
    ...((payloads || changesHandshake) && { redacted: true as const }),
  };
}

/** Records of everything that was sent and received, with no limit on the length of heads. */
function recordsOf({ role, options, steps }: Vector, sent: Bytes, received: Bytes): TraceRecord[] {
  const records: TraceRecord[] = [];
  const request = steps.find((step) => step.do === "receiveRequest" && step.throws === undefined);
  const handshake = options.handshake ?? "http1";
  const beginning = handshake === "none" ? ("frames" as const) : ("head" as const);
  const decoder = new Decoder(
    {
      maxPayloadBytes: 0,
      maxHeadBytes: Infinity,
      observer: role,
      onRecord: (record) => (records[record.id] = record),
    },
    { client: request === undefined ? beginning : "frames", server: beginning },
  );
  if (request?.do === "receiveRequest")
    decoder.insertRequest(headOf({ ...request, headers: request.headers as [string, string][] }));
  decodeInto(decoder, role === "client" ? { client: sent, server: received } : { client: received, server: sent });
  return records;
}

function redactOptions(options: VectorOptions, { secrets }: Redactor): VectorOptions {
  const { headers, resource, origin, subprotocols, subprotocol } = options;
  return {
    ...options,
    ...(headers !== undefined && { headers: secrets.headers(headers) }),
    ...(resource !== undefined && { resource: secrets.text(resource) }),
    ...(origin !== undefined && { origin: secrets.value("origin", origin) }),
    ...(subprotocols !== undefined && { subprotocols: secrets.subprotocols(subprotocols) }),
    ...(subprotocol !== undefined && { subprotocol: secrets.subprotocols([subprotocol])[0]! }),
  };
}

/** The bytes of a stream. They are redacted as a whole, then read back in the original pieces. */
class Patch {
  readonly bytes: Bytes;
  #at = 0;

  constructor(pieces: readonly Bytes[]) {
    this.bytes = concat(pieces);
  }

  /** The next piece, with the same length as `piece`. */
  next(piece: string): string {
    const start = this.#at;
    this.#at += piece.length / 2;
    return toHex(this.bytes.subarray(start, this.#at));
  }
}

function redactBytes({ bytes }: Patch, record: TraceRecord, redactor: Redactor, payloads: boolean): void {
  const { offset, length } = record;
  if (record.kind === "head") {
    // A head that was parsed before is not in the bytes, but this records its subprotocols.
    const shown = redactor.secrets.head(latin1Text(record.bytes));
    if (length > 0) bytes.set(latin1(shown), offset);
  } else if (payloads) {
    const start = record.kind === "frame" ? record.header.length : 0;
    const key = record.kind === "frame" ? record.maskingKey : undefined;
    for (let i = start; i < length; i++) bytes[offset + i] = FILLER_BYTE ^ (key?.[(i - start) & 3] ?? 0);
  } else if (record.kind === "body") {
    redactor.hideInBody(record, bytes.subarray(offset, offset + length));
  }
}

function redactStep(step: VectorStep, redactor: Redactor, payloads: boolean): VectorStep {
  const redacted: Record<string, unknown> = { ...step };
  const { secrets } = redactor;
  if ("headers" in step && step.headers !== undefined) redacted.headers = secrets.headers(step.headers);
  if (step.do === "receiveRequest") redacted.target = secrets.text(step.target);
  if (step.do === "accept" && step.subprotocol !== undefined) {
    [redacted.subprotocol] = secrets.subprotocols([step.subprotocol]);
  }
  if (step.do === "events" && step.event !== null) {
    const event: Record<string, unknown> & { type: typeof step.event.type } = redactor.event(step.event);
    for (const name of payloads ? ["data", "payload"] : []) {
      const isText = event.type === "textReceived";
      if (typeof event[name] === "string") event[name] = filler(event[name], isText);
    }
    redacted.event = event;
  } else if (payloads && step.do !== "receiveBytes" && step.do !== "bytesToSend") {
    if ("text" in step && step.text !== undefined) redacted.text = filler(step.text, true);
    if ("bytes" in step && step.bytes !== undefined) redacted.bytes = filler(step.bytes, false);
    if ("reason" in step) redacted.reason = "";
  }
  return redacted as unknown as VectorStep;
}

/** Filler with the same number of characters, or of bytes. */
function filler(value: string, isText: boolean): string {
  return isText ? FILLER.repeat(value.length) : FILLER_BYTE.toString(16).repeat(value.length / 2);
}

function bytesIn(steps: readonly VectorStep[], direction: "sent" | "received"): Bytes[] {
  return steps.flatMap((step) => {
    if (step.throws !== undefined) return [];
    if (direction === "received") {
      return step.do === "receiveBytes" && step.bytes !== null ? [fromHex(step.bytes)!] : [];
    }
    if (step.do === "bytesToSend") return [fromHex(step.bytes)!];
    return step.do === "chunksToSend" ? step.chunks.map((chunk) => fromHex(chunk)!) : [];
  });
}
