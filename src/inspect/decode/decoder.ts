/** Captured bytes of both directions → records. The handshake determines how to read the frames. */
import { EMPTY } from "../../core/bytes.ts";
import type { AgreedExtension, Extension } from "../../core/extension.ts";
import { checkOptions, passOn, refuse, requireCount, type OptionTable } from "../../core/options.ts";
import { parseExtensions } from "../../handshake/headerGrammar.ts";
import { agreeBeforehand, requireExtensions } from "../../handshake/negotiation.ts";
import { HeadDecoder } from "./headDecoder.ts";
import { aside } from "../aside.ts";
import { fieldValue, offeredIn } from "./headRules.ts";
import type { HeadRecord, TraceRecord } from "../record.ts";
import type { Role } from "../role.ts";
import { keyOf, StreamDecoder, type Conversation } from "./streamDecoder.ts";

/** The options of a {@link Decoder} and of {@link decode}. */
export interface DecoderOptions {
  /**
   * `"http1"`: the streams start with the heads of the opening handshake. `"none"`: they start with frames. By default
   * the first byte of each stream decides.
   */
  readonly handshake?: "http1" | "none" | undefined;
  /**
   * The extensions to decode with, such as `permessageDeflate()`. Without the right one, the payload of a compressed
   * message is shown as it is.
   */
  readonly extensions?: readonly Extension[] | undefined;
  /** The agreed extensions, if the bytes contain no handshake. By default `extensions`, as each agrees with itself. */
  readonly agreed?: readonly AgreedExtension[] | undefined;
  /** `false`: clients need not mask. */
  readonly masking?: boolean | undefined;
  /** The end at which the bytes were captured: what it sends is `"sent"`. `"client"` by default. */
  readonly observer?: Role | undefined;
  /** Maximum kept of each payload, and of what it decodes to, in bytes; 64 KiB by default. The rest is only counted. */
  readonly maxPayloadBytes?: number | undefined;
  /**
   * Largest message to decode, in bytes; 16 MiB by default. Decoding stops at this limit, and with context takeover
   * also for all later messages of that direction.
   */
  readonly maxInflatedBytes?: number | undefined;
  /** Longest head, in bytes; 64 KiB by default. Bytes after a longer head are not decoded. */
  readonly maxHeadBytes?: number | undefined;
  /** Called with each record when it starts and whenever it changes. An error becomes an unhandled rejection. */
  readonly onRecord?: ((record: TraceRecord) => void) | undefined;
}

const decodeTable: OptionTable<Omit<DecoderOptions, "onRecord">> = {
  handshake: "a string",
  extensions: "an object",
  agreed: "an object",
  masking: "a boolean",
  observer: "a string",
  maxPayloadBytes: "a number",
  maxInflatedBytes: "a number",
  maxHeadBytes: "a number",
};

const decoderTable: OptionTable<DecoderOptions> = { ...decodeTable, onRecord: "a function" };

/** Where a stream starts; `"unknown"` if its first byte decides. */
type Beginning = "head" | "frames" | "unknown";

/**
 * Decodes bytes as they arrive, split in any way. Never throws because of their content: it reads on as far as
 * possible, and reports broken rules in `violations`. Keeps only unfinished records; the caller keeps the others.
 *
 * @example
 * ```ts
 * import { Decoder } from "websocket-over/inspect";
 *
 * const decoder = new Decoder({
 *   onRecord(record) {
 *     if (record.kind === "frame" && record.complete) console.log(record.sender, record.violations.map(({ code }) => code));
 *   },
 * });
 * decoder.receive("client", Uint8Array.of(0x81)); // as the bytes come
 * decoder.receive("client", Uint8Array.of(0x02, 0x68, 0x69)); // → client [ 'maskMissing' ]
 * ```
 */
export class Decoder {
  readonly #streams: Readonly<Record<Role, StreamDecoder>>;
  #chunks = 0;

  /** Throws `RangeError` if a limit is invalid. `beginnings` sets where each stream starts; `options` by default. */
  constructor(options: DecoderOptions = {}, beginnings?: Readonly<Record<Role, Beginning>>) {
    checkOptions("new Decoder()", options, decoderTable);
    const { handshake, extensions = [], agreed, onRecord } = options;
    requireExtensions(extensions);
    const limits = {
      maxHeadBytes: options.maxHeadBytes ?? 64 * 1024,
      maxPayloadBytes: options.maxPayloadBytes ?? 64 * 1024,
      maxInflatedBytes: options.maxInflatedBytes ?? 16 * 1024 * 1024,
    };
    for (const [name, value] of Object.entries(limits)) requireCount(name, value);
    const conversation: Conversation = {
      observer: options.observer ?? "client",
      masking: options.masking ?? true,
      extensions,
      limits,
      agreement: agreed === undefined ? undefined : { extensions: agreed },
      requestKey: undefined,
      offered: undefined,
      nextId: 0,
      tell: (record) => {
        if (onRecord !== undefined) aside(() => onRecord(record));
      },
      headComplete: (head) => learn(conversation, head),
      beginsOpen: () => (conversation.agreement ??= { extensions: agreeBeforehand("server", extensions) }),
    };
    const beginning = handshake === undefined ? "unknown" : handshake === "none" ? "frames" : "head";
    const begin = (sender: Role): StreamDecoder =>
      new StreamDecoder(conversation, sender, beginnings?.[sender] ?? beginning);
    this.#streams = { client: begin("client"), server: begin("server") };
  }

  /** Number of bytes that `sender` has sent. */
  lengthOf(sender: Role): number {
    return this.#streams[sender].length;
  }

  /** Takes the next chunk that `sender` has sent. Does not modify it. `timeMs` is the time of arrival, on any clock. */
  receive(sender: Role, bytes: Uint8Array, timeMs = 0): void {
    if (!(bytes instanceof Uint8Array)) throw new TypeError("a decoder takes Uint8Arrays");
    // Node's `Buffer` is a `Uint8Array` whose `slice` does not copy.
    const chunk = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#streams[sender].receive(chunk, { chunk: this.#chunks++, timeMs });
  }

  /** Takes the head of a request that was parsed before the capture, so that the stream does not contain it. */
  insertRequest(head: Uint8Array<ArrayBuffer>, timeMs = 0): void {
    this.#streams.client.insertHead(head, timeMs);
  }
}

/**
 * Decodes all that each end has sent, into records in this order: the heads, the server's frames, the client's.
 *
 * @example
 * ```ts
 * import { decode } from "websocket-over/inspect";
 *
 * const bytes = Uint8Array.of(0x81, 0x82, 1, 1, 1, 1, 0x69, 0x68); // from a log, a file, a packet
 * for (const record of decode({ client: bytes })) {
 *   if (record.kind === "frame") console.log(record.opcode, new TextDecoder().decode(record.payload)); // → 1 hi
 * }
 * ```
 */
export function decode(
  streams: { readonly client?: Uint8Array | undefined; readonly server?: Uint8Array | undefined },
  options: Omit<DecoderOptions, "onRecord"> = {},
): TraceRecord[] {
  checkStreams(streams);
  const checked = checkOptions("decode()", options, decodeTable);
  const records: TraceRecord[] = [];
  const onRecord = (record: TraceRecord): void => void (records[record.id] = record);
  decodeInto(new Decoder(passOn({ ...checked, onRecord })), streams);
  return records;
}

/** Throws `TypeError` if `streams` does not have the bytes of each end. */
function checkStreams(streams: object): void {
  if (streams instanceof Uint8Array) refuse("decode() takes { client, server }, the bytes of each end", streams);
  checkOptions("decode()", streams, { client: "an object", server: "an object" });
  for (const [name, bytes] of Object.entries(streams) as [string, unknown][]) {
    if (bytes !== undefined && !(bytes instanceof Uint8Array)) refuse(`decode(): ${name} must be a Uint8Array`, bytes);
  }
}

/** Feeds a decoder with what each end has sent, in that order. */
export function decodeInto(
  decoder: Decoder,
  {
    client = EMPTY,
    server = EMPTY,
  }: { readonly client?: Uint8Array | undefined; readonly server?: Uint8Array | undefined },
): void {
  // The response refers to the request, and the client's frames depend on the response.
  const at = new HeadDecoder(client.length).take(client);
  if (at > 0) decoder.receive("client", client.subarray(0, at));
  if (server.length > 0) decoder.receive("server", server);
  if (at < client.length) decoder.receive("client", client.subarray(at));
}

function learn(conversation: Conversation, head: HeadRecord): void {
  if (head.message === "request") {
    conversation.requestKey = keyOf(head);
    conversation.offered = offeredIn(head);
  } else if (head.status === 101) {
    const value = fieldValue(head, "sec-websocket-extensions") ?? "";
    conversation.agreement = { extensions: parseExtensions(value) ?? [], offers: conversation.offered?.extensions };
  }
}
