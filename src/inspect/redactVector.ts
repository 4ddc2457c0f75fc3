/** What is taken out of a vector before it leaves: the same number of characters stands in the place of each secret. */
import { concat, type Bytes } from "../core/bytes.ts";
import { decode } from "./decoder.ts";
import { fromHex, toHex } from "./hex.ts";
import type { TraceRecord } from "./record.ts";
import { redactEvent, redactHeaders, type Redaction } from "./redact.ts";
import { other, type Role } from "./role.ts";
import type { HeaderList, Vector, VectorStep } from "./vector.ts";

/** Headers that both ends read: with others in their place the handshake would go another way. */
const OF_THE_HANDSHAKE = /^(host|upgrade|connection|content-length|transfer-encoding|sec-websocket-.*)$/;

const FILLER = "x";
const FILLER_BYTE = 0x78;

export function redactVector(vector: Vector, { headers = [], payload }: Redaction): Vector {
  const secrets = new Set(headers.map((name) => name.toLowerCase()));
  const payloads = payload !== undefined;
  if (secrets.size === 0 && !payloads) return vector;
  const streams = {
    sent: new Patch(bytesIn(vector.steps, "sent")),
    received: new Patch(bytesIn(vector.steps, "received")),
  };
  const otherRole: Role = other(vector.role);
  const records = decode(
    { [vector.role]: streams.sent.bytes, [otherRole]: streams.received.bytes },
    { handshake: vector.options.handshake ?? "http1", maxPayloadBytes: 0, observer: vector.role },
  );
  for (const record of records) redactBytes(streams[record.direction], record, secrets, payloads);

  const list = (given: HeaderList): HeaderList => redactHeaders(given, secrets);
  const steps = vector.steps.map((step): VectorStep => {
    const own = redactStep(step, list, secrets, payloads);
    if (own.throws !== undefined) return own;
    if (own.do === "receiveBytes" && own.bytes !== null) return { ...own, bytes: streams.received.next(own.bytes) };
    if (own.do === "bytesToSend") return { ...own, bytes: streams.sent.next(own.bytes) };
    if (own.do === "chunksToSend") return { ...own, chunks: own.chunks.map((chunk) => streams.sent.next(chunk)) };
    return own;
  });
  const { options } = vector;
  const changesHandshake = [...secrets].some((name) => OF_THE_HANDSHAKE.test(name));
  return {
    ...vector,
    options: options.headers === undefined ? options : { ...options, headers: list(options.headers) },
    steps,
    ...((payloads || changesHandshake) && { redacted: true as const }),
  };
}

/** A stream that is read once to be changed, and once in the pieces that it came in. */
class Patch {
  readonly bytes: Bytes;
  #at = 0;

  constructor(pieces: readonly Bytes[]) {
    this.bytes = concat(pieces);
  }

  /** The next piece, which is as long as this one. */
  next(piece: string): string {
    const start = this.#at;
    this.#at += piece.length / 2;
    return toHex(this.bytes.subarray(start, this.#at));
  }
}

function redactBytes({ bytes }: Patch, record: TraceRecord, secrets: ReadonlySet<string>, payloads: boolean): void {
  const { offset, length } = record;
  if (record.kind === "head") {
    for (const { key, value, valueStart } of record.fields) {
      if (!secrets.has(key)) continue;
      bytes.fill(FILLER_BYTE, offset + valueStart, offset + valueStart + value.length);
    }
  } else if (payloads) {
    const start = record.kind === "frame" ? record.header.length : 0;
    const key = record.kind === "frame" ? record.maskingKey : undefined;
    for (let i = start; i < length; i++) bytes[offset + i] = FILLER_BYTE ^ (key?.[(i - start) & 3] ?? 0);
  }
}

function redactStep(
  step: VectorStep,
  list: (headers: HeaderList) => HeaderList,
  secrets: ReadonlySet<string>,
  payloads: boolean,
): VectorStep {
  const redacted: Record<string, unknown> = { ...step };
  if ("headers" in step && step.headers !== undefined) redacted.headers = list(step.headers);
  if (step.do === "events" && step.event !== null) {
    const event: Record<string, unknown> & { type: typeof step.event.type } = {
      ...redactEvent(step.event, secrets, payloads),
    };
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

/** As many characters of text, or as many bytes. */
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
